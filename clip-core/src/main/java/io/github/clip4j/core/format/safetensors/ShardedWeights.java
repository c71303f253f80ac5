package io.github.clip4j.core.format.safetensors;

import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// A checkpoint split over several files, listed by `model.safetensors.index.json` or `pytorch_model.bin.index.json`:
/// `{"metadata": {…}, "weight_map": {"tensor name": "model-00001-of-00002.safetensors", …}}`.
public final class ShardedWeights implements WeightSource {
    private static final float[] NO_BUFFER = {};
    private static final int ENTRY_BYTES = 200;
    private static final int LISTED = 100;

    private final String location;
    private final Map<String, WeightSource> shards;
    private final Map<String, String> shardOf;
    private final SortedMap<String, TensorInfo> tensors;

    private ShardedWeights(
            String location, Map<String, WeightSource> shards, Map<String, String> shardOf, SortedMap<String, TensorInfo> tensors) {
        this.location = location;
        this.shards = shards;
        this.shardOf = shardOf;
        this.tensors = tensors;
    }

    /// Opens a shard.
    public interface Opener {
        /// Opens the file `name` of a folder.
        WeightSource open(Folder folder, String name) throws IOException;
    }

    /// Opens the index `location` of a folder, and every shard it names, which are in the same folder.
    ///
    /// @throws WeightFormatException when a shard is malformed or missing, or index and shards disagree; the first disagreements are listed
    public static ShardedWeights open(Folder folder, String location, Opener opener) throws IOException {
        JsonFields root;
        Budget budget;
        try (ByteSource index = folder.open(location)) {
            root = StrictJson.readObject(index);
            budget = Budget.of(index);
        }
        JsonFields map = root.object("weight_map").orElseThrow(() -> new WeightFormatException(
                "%s: expected weights, or an index of shards with a weight_map, got other JSON".formatted(location)));
        Map<String, String> shardOf = new TreeMap<>();
        for (String tensor : map.names()) {
            budget.take(ENTRY_BYTES + 2L * tensor.length());
            String file = map.string(tensor).orElseThrow(() -> map.wrong(tensor, "a file name", "null"));
            if (file.isEmpty() || file.contains("/") || file.contains("\\") || file.contains(":") || file.contains("\0")
                    || file.matches("\\.\\.?")) {
                throw map.wrong(tensor, "the name of a file beside the index", "'" + Excerpt.of(file) + "'");
            }
            shardOf.put(tensor, file);
        }
        Map<String, WeightSource> shards = new TreeMap<>();
        try {
            for (String file : shardOf.values()) {
                if (!shards.containsKey(file)) {
                    if (!folder.has(file)) {
                        throw new WeightFormatException(
                                "%s: expected the shard %s beside it, got no such file".formatted(location, Excerpt.of(file)));
                    }
                    shards.put(file, opener.open(folder, file));
                }
            }
            return new ShardedWeights(location, shards, shardOf, merge(location, shards, shardOf));
        } catch (IOException | RuntimeException e) {
            closeAll(shards);
            throw e;
        }
    }

    private static SortedMap<String, TensorInfo> merge(
            String location, Map<String, WeightSource> shards, Map<String, String> shardOf) throws WeightFormatException {
        SortedMap<String, TensorInfo> tensors = new TreeMap<>();
        List<Supplier<String>> findings = new ArrayList<>();
        shards.forEach((file, shard) -> shard.tensors().forEach((name, info) -> {
            if (file.equals(shardOf.get(name))) {
                tensors.put(name, info);
            } else {
                findings.add(() -> "%s holds %s, which the index does not place there".formatted(Excerpt.of(file), Excerpt.of(name)));
            }
        }));
        shardOf.forEach((name, file) -> {
            if (!tensors.containsKey(name)) {
                findings.add(() -> "%s lacks %s, which the index places there".formatted(Excerpt.of(file), Excerpt.of(name)));
            }
        });
        if (!findings.isEmpty()) {
            String line = System.lineSeparator() + "  ";
            String listed = findings.stream().limit(LISTED).map(Supplier::get).collect(Collectors.joining(line));
            throw new WeightFormatException("%s: expected index and shards to agree, got %d findings:%s%s%s".formatted(
                    location, findings.size(), line, listed, findings.size() > LISTED ? line + "…" : ""));
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

    private static void closeAll(Map<String, WeightSource> shards) throws IOException {
        for (WeightSource shard : shards.values()) {
            shard.close();
        }
    }
}
