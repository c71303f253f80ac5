package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.ForeignFile;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.safetensors.ShardedWeights;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds the weights in a folder, and opens them in any file format, which is known by its content, not by its name.
final class WeightFile {
    private static final String OPEN_CLIP = "open_clip_model.safetensors";
    private static final List<String> FORMS = List.of("model.safetensors", "model.safetensors.index.json", "model.npz", "weights");
    private static final List<String> OF_TRANSFORMERS = List.of("pytorch_model.bin", "pytorch_model.bin.index.json");
    private static final List<String> OTHER_FORMS = List.of(
            OPEN_CLIP, "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin");
    private static final List<String> SUFFIXES = List.of(".safetensors", ".npz", ".pt", ".bin", ".pth", ".ckpt");

    /// What training programs save beside the weights.
    private static final Pattern OF_TRAINING =
            Pattern.compile("(training_args|optimizer|scheduler|scaler|rng_state.*|random_states.*)\\.(bin|pt|pth|ckpt|safetensors)");

    /// The ends of names of what is often published in place of, or beside, weights that are read.
    private static final List<String> FOREIGN_SUFFIXES =
            List.of(".onnx", ".h5", ".keras", ".msgpack", ".gguf", ".pb", ".tflite", ".xml", ".pdparams", ".tar", ".gz");

    private static final int LISTED = 5;

    private WeightFile() {}

    private static boolean exists(Folder folder, String form) {
        return folder.has(form) || folder.hasFolder(form);
    }

    /// Whether a folder has weights under a name that belongs to transformers.
    static boolean isOfTransformers(Folder folder) {
        return Stream.concat(FORMS.stream(), OF_TRANSFORMERS.stream()).anyMatch(form -> exists(folder, form));
    }

    /// The file of weights, or the folder of npy files.
    ///
    /// @param openClip whether open_clip's config describes the model
    /// @param name of the checkpoint, for messages
    /// @throws WeightFormatException when there is none, or several
    static String find(Folder folder, boolean openClip, String name) throws IOException {
        if (openClip && folder.has(OPEN_CLIP)) {
            return OPEN_CLIP;
        }
        List<String> there = FORMS.stream().filter(form -> exists(folder, form)).toList();
        if (there.size() > 1) {
            throw new WeightFormatException("%s: expected one form of weights, got several: %s".formatted(name, String.join(", ", there)));
        }
        Optional<String> form = Stream.concat(there.stream(), OTHER_FORMS.stream()).filter(each -> exists(folder, each)).findFirst();
        if (form.isPresent()) {
            return form.get();
        }
        List<String> candidates = folder.files().stream()
                .filter(file -> SUFFIXES.stream().anyMatch(file::endsWith) && !OF_TRAINING.matcher(file).matches())
                .toList();
        if (candidates.size() != 1) {
            throw new WeightFormatException(
                    "%s: expected model.safetensors, or weights in another form that the documentation of Checkpoint lists, got %s"
                            .formatted(name, candidates.isEmpty() ? "none" + foreign(folder) : several(candidates)));
        }
        return candidates.getFirst();
    }

    private static String several(List<String> candidates) {
        String names = String.join(", ", candidates.stream().limit(LISTED).map(Excerpt::of).toList());
        return "%d files of weights: %s%s; name one of them, or add the index that lists them".formatted(
                candidates.size(), names, candidates.size() > LISTED ? ", …" : "");
    }

    /// What is there in place of weights.
    private static String foreign(Folder folder) throws IOException {
        if (folder.has("adapter_config.json")) {
            return "; adapter_config.json belongs to a LoRA adapter, which changes another model's weights: merge it into that model first";
        }
        for (String file : folder.files()) {
            if (FOREIGN_SUFFIXES.stream().anyMatch(file::endsWith)) {
                try (ByteSource source = folder.open(file)) {
                    Optional<ForeignFile> kind = ForeignFile.of(source);
                    if (kind.isPresent()) {
                        return "; " + kind.get().refusal(file).getMessage();
                    }
                }
            }
        }
        return "";
    }

    /// Opens a file, or a folder of `.npy` files.
    ///
    /// @throws WeightFormatException when it is of no known format, or malformed
    static WeightSource open(Folder folder, String name) throws IOException {
        if (folder.hasFolder(name)) {
            return NpyWeights.openFolder(folder.folder(name));
        }
        ByteSource source = folder.open(name);
        try {
            byte[] start = source.start(1);
            if (start.length > 0 && start[0] == '{' && !SafetensorsFile.looksLikeOne(source)) {
                source.close();
                return ShardedWeights.open(folder, name, WeightFile::shard);
            }
            return openOne(source);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    /// A shard is not an index of others: two that name each other would have no end.
    private static WeightSource shard(Folder folder, String name) throws IOException {
        ByteSource source = folder.open(name);
        try {
            return openOne(source);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private static WeightSource openOne(ByteSource source) throws IOException {
        if (TorchFile.looksLikeOne(source)) {
            return isNpz(source) ? NpyWeights.openArchive(source) : TorchFile.open(source);
        }
        return SafetensorsFile.open(source);
    }

    /// Both are zip archives; NumPy's holds arrays and no pickle of PyTorch's.
    private static boolean isNpz(ByteSource source) throws IOException {
        if (!ZipDirectory.isZip(source.start(4))) {
            return false;
        }
        try {
            ZipDirectory zip = ZipDirectory.read(source);
            return zip.entries().stream().anyMatch(entry -> entry.name().endsWith(".npy"))
                    && zip.entries().stream().noneMatch(entry -> entry.name().endsWith("/data.pkl"));
        } catch (WeightFormatException e) {
            return source.name().endsWith(".npz"); // either reader will say what is wrong with it
        }
    }
}
