package io.github.clip4j.hub;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The files of a repository that a CLIP checkpoint is made of.
final class CheckpointDownload {
    /// Small files, downloaded where the repository has them.
    private static final List<String> SMALL = List.of(
            "config.json", "open_clip_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json",
            "merges.txt", "special_tokens_map.json", "added_tokens.json");

    private static final String INDEX = "model.safetensors.index.json";

    private CheckpointDownload() {}

    /// Downloads a checkpoint: its configs, its vocabulary, and one form of its weights, safetensors before PyTorch's own.
    ///
    /// @return the directory, which `Clip.load` reads
    /// @throws HubException when a file cannot be downloaded, or the repository holds no weights that can be read
    static Path fetch(HubClient client, String repository, String revision, HubProgress progress) throws IOException {
        Path directory = null;
        for (String name : SMALL) {
            Optional<Path> file = client.download(repository, revision, name, progress);
            directory = file.map(Path::getParent).orElse(directory);
        }
        if (directory == null) {
            throw new HubException(
                    "%s: expected config.json or open_clip_config.json, got neither; is it a CLIP checkpoint?".formatted(repository));
        }
        boolean huggingFace = Files.exists(directory.resolve("config.json"))
                && StrictJson.readObject(directory.resolve("config.json")).has("model_type");
        if (huggingFace && client.download(repository, revision, "model.safetensors", progress).isPresent()) {
            return directory;
        }
        Optional<Path> index = huggingFace ? client.download(repository, revision, INDEX, progress) : Optional.empty();
        if (index.isPresent()) {
            for (String shard : shards(index.get())) {
                if (client.download(repository, revision, HubCache.requireFile(shard), progress).isEmpty()) {
                    throw new HubException("%s: expected the shard %s that %s lists, got none".formatted(repository, shard, INDEX));
                }
            }
            return directory;
        }
        for (String name
                : List.of("open_clip_model.safetensors", "model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin")) {
            boolean openClip = name.startsWith("open_clip");
            if (openClip && !Files.exists(directory.resolve("open_clip_config.json"))) {
                continue;
            }
            if (client.download(repository, revision, name, progress).isPresent()) {
                return directory;
            }
        }
        throw new HubException(
                ("%s@%s: expected weights (model.safetensors, open_clip_model.safetensors, pytorch_model.bin), got none; another "
                        + "revision may have them: --revision refs/pr/N")
                .formatted(repository, revision));
    }

    private static Set<String> shards(Path index) throws IOException {
        Set<String> shards = new TreeSet<>();
        JsonFields map = StrictJson.readObject(index)
                .object("weight_map")
                .orElseThrow(() -> new HubException(INDEX + ": expected a weight_map, got none"));
        for (String tensor : map.names()) {
            shards.add(map.string(tensor).orElseThrow(() -> map.wrong(tensor, "the name of a file", "null")));
        }
        return shards;
    }
}
