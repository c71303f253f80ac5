package io.github.clip4j.core.format.safetensors;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A checkpoint split over several safetensors files, listed by `model.safetensors.index.json`:
/// `{"metadata": {…}, "weight_map": {"tensor name": "model-00001-of-00002.safetensors", …}}`.
public final class ShardedSafetensors implements WeightSource {
    private static final float[] NO_BUFFER = {};

    private final String location;
    private final Map<String, SafetensorsFile> shards;
    private final Map<String, String> shardOf;
    private final SortedMap<String, TensorInfo> tensors;

    private ShardedSafetensors(
            String location, Map<String, SafetensorsFile> shards, Map<String, String> shardOf, SortedMap<String, TensorInfo> tensors) {
        this.location = location;
        this.shards = shards;
        this.shardOf = shardOf;
        this.tensors = tensors;
    }

    /// Opens an index and every shard it names.
    ///
    /// @throws WeightFormatException when a shard is malformed or missing, or index and shards disagree; all disagreements are listed
    public static ShardedSafetensors open(Path index) throws IOException {
        Path directory = Optional.ofNullable(index.toAbsolutePath().getParent()).orElse(index);
        return open(Folder.of(directory), String.valueOf(index.getFileName()));
    }

    /// The same for the index `location` of a folder, in which the shards are too.
    public static ShardedSafetensors open(Folder folder, String location) throws IOException {
        JsonFields root;
        try (ByteSource index = folder.open(location)) {
            root = StrictJson.readObject(index);
        }
        JsonFields map = root.object("weight_map").orElseThrow(() -> root.wrong("weight_map", "an object", "nothing"));
        Map<String, String> shardOf = new TreeMap<>();
        for (String tensor : map.names()) {
            String file = map.string(tensor).orElseThrow(() -> map.wrong(tensor, "a file name", "null"));
            if (file.isEmpty() || file.contains("/") || file.contains("\\") || file.contains(":") || file.contains("\0")
                    || file.matches("\\.\\.?")) {
                throw map.wrong(tensor, "the name of a file beside the index", "'" + file + "'");
            }
            shardOf.put(tensor, file);
        }
        Map<String, SafetensorsFile> shards = new TreeMap<>();
        try {
            for (String file : shardOf.values()) {
                if (!shards.containsKey(file)) {
                    if (!folder.has(file)) {
                        throw new WeightFormatException("%s: expected the shard %s beside it, got no such file".formatted(location, file));
                    }
                    shards.put(file, SafetensorsFile.open(folder.open(file)));
                }
            }
            return new ShardedSafetensors(location, shards, shardOf, merge(location, shards, shardOf));
        } catch (IOException | RuntimeException e) {
            closeAll(shards);
            throw e;
        }
    }

    private static SortedMap<String, TensorInfo> merge(
            String location, Map<String, SafetensorsFile> shards, Map<String, String> shardOf) throws WeightFormatException {
        SortedMap<String, TensorInfo> tensors = new TreeMap<>();
        List<String> findings = new ArrayList<>();
        shards.forEach((file, shard) -> shard.tensors().forEach((name, info) -> {
            if (file.equals(shardOf.get(name))) {
                tensors.put(name, info);
            } else {
                findings.add("%s holds %s, which the index does not place there".formatted(file, name));
            }
        }));
        shardOf.forEach((name, file) -> {
            if (!tensors.containsKey(name)) {
                findings.add("%s lacks %s, which the index places there".formatted(file, name));
            }
        });
        if (!findings.isEmpty()) {
            throw new WeightFormatException("%s: expected index and shards to agree, got %d findings:%n  %s"
                    .formatted(location, findings.size(), String.join(System.lineSeparator() + "  ", findings)));
        }
        return Collections.unmodifiableSortedMap(tensors);
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return tensors;
    }

    @Override
    public float[] read(String name) throws IOException {
        return read(name, NO_BUFFER);
    }

    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        TensorInfo.require(this, name);
        return Objects.requireNonNull(shards.get(shardOf.get(name))).read(name, first, count, buffer);
    }

    @Override
    public void close() throws IOException {
        closeAll(shards);
    }

    private static void closeAll(Map<String, SafetensorsFile> shards) throws IOException {
        for (SafetensorsFile shard : shards.values()) {
            shard.close();
        }
    }
}
