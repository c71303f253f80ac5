package io.github.clip4j.tools;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.nn.ParameterNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/// Writes a checkpoint of any readable layout in Hugging Face's.
///
/// The new directory is written beside its name, read again and compared value by value, and only then renamed.
public final class CheckpointConverter {
    /// Files that may be beside the weights and are copied as they are.
    private static final List<String> TOKENIZER_FILES = List.of(
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt",
                    "bpe_simple_vocab_16e6.txt.gz", "spiece.model", "tokenizer.model");

    /// The form that weights are written in.
    public enum Format {
        /// `model.safetensors`
        SAFETENSORS,
        /// A directory `weights/` with one npy file a tensor.
        NPY
    }

    private final Checkpoint checkpoint;
    private final Format format;
    private final DType dtype;

    private CheckpointConverter(Checkpoint checkpoint, Format format, DType dtype) {
        this.checkpoint = checkpoint;
        this.format = format;
        this.dtype = dtype;
    }

    /// Converts a checkpoint, which stays open.
    ///
    /// @param checkpoint only read; it stays open
    /// @param target the directory to write, which must not exist
    /// @param format of the weights' file
    /// @param dtype F32, F16 or BF16; npy has no BF16
    /// @param activation for a checkpoint that does not say it, else empty
    /// @throws FileAlreadyExistsException when the target exists
    /// @throws WeightFormatException when the source cannot be read, or a value does not fit the type
    public static void convert(Checkpoint checkpoint, Path target, Format format, DType dtype, Optional<Activation> activation)
            throws IOException {
        if (format == Format.NPY && dtype == DType.BF16) {
            throw new IllegalArgumentException("npy files have no bfloat16: write float32 or float16, or safetensors");
        }
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target + ": expected a directory that does not exist yet; nothing is overwritten");
        }
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(target + ": expected the path of a directory");
        }
        Files.createDirectories(parent);
        // with usual permissions, unlike a temporary one
        Path temporary = Files.createDirectory(parent.resolve(".clip4j-convert-" + UUID.randomUUID()));
        try {
            new CheckpointConverter(checkpoint, format, dtype).write(temporary, activation);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(temporary);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            List<Path> files;
            try (Stream<Path> walk = Files.walk(directory)) {
                files = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private void write(Path directory, Optional<Activation> activation) throws IOException {
        WeightSource weights = checkpoint.weights();
        ClipConfig config = checkpoint.config(activation);
        checkpoint.check();
        if (config.hasBothTowers() && !weights.tensors().containsKey(ParameterNames.LOGIT_SCALE)) {
            throw new WeightFormatException("%s: %s: missing; transformers would make one up in a model of both encoders"
                    .formatted(weights.location(), ParameterNames.LOGIT_SCALE));
        }
        write(directory.resolve("config.json"), HfConfigWriter.config(config).getBytes(StandardCharsets.UTF_8));
        Optional<ClipPreprocess> preprocess = checkpoint.preprocessing(Profile.HF);
        if (preprocess.isPresent()) {
            write(
                    directory.resolve("preprocessor_config.json"),
                    HfConfigWriter.preprocess(preprocess.get()).getBytes(StandardCharsets.UTF_8));
        }
        for (Map.Entry<String, byte[]> file : checkpoint.files(TOKENIZER_FILES).entrySet()) {
            write(directory.resolve(file.getKey()), file.getValue());
        }
        writeWeights(weights, directory);
        verify(config, weights, directory);
    }

    private static void write(Path file, byte[] content) throws IOException {
        OutputFile.write(file, out -> out.write(content));
    }

    private static List<TensorInfo> parameters(WeightSource weights) {
        return weights.tensors().values().stream().filter(info -> !ParameterNames.isBuffer(info.name())).toList();
    }

    private void writeWeights(WeightSource weights, Path directory) throws IOException {
        if (format == Format.SAFETENSORS) {
            SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
            for (TensorInfo info : parameters(weights)) {
                writer.add(info.name(), dtype, shape(info, weights), () -> checked(info, weights.read(info.name())));
            }
            writer.write(directory.resolve("model.safetensors"));
            return;
        }
        Path arrays = Files.createDirectory(directory.resolve("weights"));
        for (TensorInfo info : parameters(weights)) {
            float[] values = checked(info, weights.read(info.name()));
            Path file = arrays.resolve(info.name() + ".npy");
            if (dtype == DType.F16) {
                NpyWriter.writeHalfFloats(file, values, shape(info, weights));
            } else {
                NpyWriter.writeFloats(file, values, shape(info, weights));
            }
        }
    }

    /// A scale is stored as `[]` or `[1]`; Hugging Face's is `[]` in CLIP and `[1]` in SigLIP.
    private Shape shape(TensorInfo info, WeightSource weights) {
        boolean scale = info.name().equals(ParameterNames.LOGIT_SCALE) || info.name().equals(ParameterNames.LOGIT_BIAS);
        boolean siglip = weights.tensors().containsKey(ParameterNames.ATTENTION_POOL + ".probe");
        return scale ? (format == Format.NPY || siglip ? Shape.of(1) : Shape.of()) : info.shape();
    }

    /// Refuses finite values that the type has no finite neighbour of.
    private float[] checked(TensorInfo info, float[] values) throws WeightFormatException {
        for (int i = 0; i < values.length; i++) {
            if (Float.isFinite(values[i]) && !Float.isFinite(rounded(values[i]))) {
                throw new WeightFormatException("%s in %s: the value %s at index %d is beyond %s"
                        .formatted(info.name(), info.file(), values[i], i, dtype));
            }
        }
        return values;
    }

    private float rounded(float value) {
        return switch (dtype) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> DType.bfloat16ToFloat(DType.floatToBfloat16(value));
            default -> value;
        };
    }

    /// Reads what was written as any user would, and compares it with the source.
    private void verify(ClipConfig config, WeightSource weights, Path directory) throws IOException {
        try (Checkpoint written = Checkpoint.open(directory)) {
            written.check();
            if (!HfConfigWriter.config(written.config()).equals(HfConfigWriter.config(config))) {
                throw new WeightFormatException("%s: the written config reads as another: expected %s, got %s"
                        .formatted(directory.getFileName(), config, written.config()));
            }
            WeightSource copies = written.weights();
            for (TensorInfo info : parameters(weights)) {
                float[] expected = weights.read(info.name());
                float[] got = copies.read(info.name());
                for (int i = 0; i < expected.length; i++) {
                    if (Float.floatToIntBits(rounded(expected[i])) != Float.floatToIntBits(got[i])) {
                        throw new WeightFormatException("%s: written wrongly at index %d: expected %s, got %s"
                                .formatted(info.name(), i, rounded(expected[i]), got[i]));
                    }
                }
            }
        }
    }
}
