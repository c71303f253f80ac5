package io.github.clip4j.hub;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The files of a repository that a checkpoint is made of: those of its top, and those of the folders that `modules.json` of
/// sentence-transformers leads to.
final class CheckpointDownload {
    private static final String CONFIG = "config.json";
    private static final String OPEN_CLIP_CONFIG = "open_clip_config.json";
    private static final String MODULES = "modules.json";

    /// Small files, downloaded where the repository has them.
    private static final List<String> SMALL = List.of(
            CONFIG, OPEN_CLIP_CONFIG, "preprocessor_config.json", "processor_config.json", MODULES, "config_sentence_transformers.json",
            "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json",
            "added_tokens.json");

    /// Vocabularies for a repository without `tokenizer.json`.
    private static final List<String> VOCABULARIES = List.of("spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "vocab.txt");

    /// Modules of sentence-transformers that have weights; the others have a config alone.
    private static final Set<String> WITH_WEIGHTS = Set.of("CLIPModel", "Transformer", "Dense");

    private final HubClient client;
    private final String repository;
    private final String revision;
    private final HubProgress progress;
    private @Nullable Path directory;

    private CheckpointDownload(HubClient client, String repository, String revision, HubProgress progress) {
        this.client = client;
        this.repository = repository;
        this.revision = revision;
        this.progress = progress;
    }

    /// Downloads a checkpoint: its configs, its vocabulary, and one form of its weights, safetensors before PyTorch's own.
    ///
    /// @return the directory, which `Clip.load` reads
    /// @throws HubException when a file cannot be downloaded, or the repository holds no weights that can be read
    static Path fetch(HubClient client, String repository, String revision, HubProgress progress) throws IOException {
        return new CheckpointDownload(client, repository, revision, progress).fetch();
    }

    private Path fetch() throws IOException {
        small("");
        Path top = directory;
        if (top == null) {
            throw new HubException(
                    "%s: expected config.json or open_clip_config.json, got neither; is it a CLIP checkpoint?".formatted(repository));
        }
        boolean hasWeights = false;
        if (Files.exists(top.resolve(MODULES)) && !Files.exists(top.resolve(OPEN_CLIP_CONFIG))) {
            for (JsonFields module : StrictJson.readObjects(top.resolve(MODULES))) {
                String path = module.string("path").orElse("");
                String type = module.string("type").orElse("");
                if (!path.isEmpty()) {
                    small(HubCache.requireFile(path) + "/");
                    hasWeights |= WITH_WEIGHTS.contains(type.substring(type.lastIndexOf('.') + 1)) && weights(path + "/");
                }
            }
        }
        boolean elsewhere = hasWeights && !Files.exists(top.resolve(CONFIG));
        if (!elsewhere && !weights("")) {
            throw new HubException(
                    ("%s@%s: expected weights (model.safetensors, open_clip_model.safetensors, pytorch_model.bin), got none; another "
                            + "revision may have them: --revision refs/pr/N")
                    .formatted(repository, revision));
        }
        return top;
    }

    /// Configs and vocabulary of a folder.
    ///
    /// @param folder with a slash behind it; empty for the top
    private void small(String folder) throws IOException {
        for (String name : SMALL) {
            download(folder + name);
        }
        if (directory != null && !Files.exists(directory.resolve(folder + "tokenizer.json"))) {
            for (String name : VOCABULARIES) {
                download(folder + name);
            }
        }
    }

    /// One form of a folder's weights.
    ///
    /// @return whether there is one that can be read
    private boolean weights(String folder) throws IOException {
        Path top = Objects.requireNonNull(directory);
        Path config = top.resolve(folder + CONFIG);
        boolean openClip = Files.exists(top.resolve(folder + OPEN_CLIP_CONFIG));
        boolean huggingFace = Files.exists(config) && StrictJson.readObject(config).has("model_type");
        return (huggingFace && (single(folder + "model.safetensors") || sharded(folder, "model.safetensors.index.json")))
                || (openClip && single(folder + "open_clip_model.safetensors"))
                || (!huggingFace && single(folder + "model.safetensors"))
                || single(folder + "pytorch_model.bin")
                || (huggingFace && sharded(folder, "pytorch_model.bin.index.json"))
                || (openClip && single(folder + "open_clip_pytorch_model.bin"));
    }

    private boolean single(String name) throws IOException {
        return download(name).isPresent();
    }

    private boolean sharded(String folder, String index) throws IOException {
        Optional<Path> file = download(folder + index);
        if (file.isEmpty()) {
            return false;
        }
        for (String shard : shards(file.get(), index)) {
            if (download(folder + HubCache.requireFile(shard)).isEmpty()) {
                throw new HubException("%s: expected the shard %s that %s lists, got none".formatted(repository, shard, index));
            }
        }
        return true;
    }

    private static Set<String> shards(Path index, String name) throws IOException {
        Set<String> shards = new TreeSet<>();
        JsonFields map = StrictJson.readObject(index)
                .object("weight_map")
                .orElseThrow(() -> new HubException(name + ": expected a weight_map, got none"));
        for (String tensor : map.names()) {
            shards.add(map.string(tensor).orElseThrow(() -> map.wrong(tensor, "the name of a file", "null")));
        }
        return shards;
    }

    /// @param name in the repository
    private Optional<Path> download(String name) throws IOException {
        Optional<Path> file = client.download(repository, revision, name, progress);
        if (file.isPresent() && directory == null) {
            Path top = file.get();
            for (int parts = Path.of(name).getNameCount(); parts > 0; parts--) {
                top = Objects.requireNonNull(top.getParent());
            }
            directory = top;
        }
        return file;
    }
}
