package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.safetensors.ShardedSafetensors;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// A checkpoint in the layout of Hugging Face repositories.
///
/// ```
/// config.json                         the model's extents
/// model.safetensors                   its weights; or model.safetensors.index.json and the shards it lists;
///                                     or model.npz; or a directory weights/ with one NAME.npy a tensor
/// tokenizer.json                      the vocabulary; or vocab.json and merges.txt. Without it the model still serves pictures
/// preprocessor_config.json            how pictures are prepared; without it as OpenAI does, at the model's size
/// ```
public final class CheckpointDirectory {
    private final Path directory;
    private final ClipConfigFile config;

    private CheckpointDirectory(Path directory, ClipConfigFile config) {
        this.directory = directory;
        this.config = config;
    }

    /// Reads the directory's config.
    ///
    /// @throws NoSuchFileException when there is no such directory
    /// @throws WeightFormatException when it holds no config, or a malformed one
    public static CheckpointDirectory open(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new NoSuchFileException(directory + ": expected a checkpoint directory, got "
                    + (Files.exists(directory) ? "a file" : "nothing there"));
        }
        Path config = directory.resolve("config.json");
        if (!Files.isRegularFile(config)) {
            throw new WeightFormatException("%s: expected a checkpoint directory with config.json and model.safetensors, got no config.json"
                    .formatted(directory));
        }
        return new CheckpointDirectory(directory, ClipConfigFile.read(config));
    }

    /// The directory's own name.
    public String name() {
        return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
    }

    public ClipConfigFile config() {
        return config;
    }

    /// Opens the weights, of which there must be one form.
    public WeightSource openWeights() throws IOException {
        Path single = directory.resolve("model.safetensors");
        Path index = directory.resolve("model.safetensors.index.json");
        Path npz = directory.resolve("model.npz");
        Path arrays = directory.resolve("weights");
        if (Stream.of(single, index, npz, arrays).filter(Files::exists).count() > 1) {
            throw new WeightFormatException(
                    "%s: expected one form of weights, got several of model.safetensors, its index, model.npz and weights/".formatted(name()));
        }
        if (Files.exists(single)) {
            return SafetensorsFile.open(single);
        }
        if (Files.exists(index)) {
            return ShardedSafetensors.open(index);
        }
        if (Files.exists(npz)) {
            return NpyWeights.openArchive(npz);
        }
        if (Files.isDirectory(arrays)) {
            return NpyWeights.openDirectory(arrays);
        }
        throw new WeightFormatException(
                "%s: expected model.safetensors, model.safetensors.index.json, model.npz or weights/, got none".formatted(name()));
    }

    /// The vocabulary, or empty when the directory has none.
    public Optional<Vocabulary> vocabulary() throws IOException {
        return Vocabulary.isIn(directory) ? Optional.of(Vocabulary.read(directory)) : Optional.empty();
    }

    /// How pictures are prepared for the image encoder.
    ///
    /// @throws WeightFormatException when the pictures would not fit the encoder
    public ClipPreprocess preprocess(VisionConfig vision) throws IOException {
        Path file = directory.resolve("preprocessor_config.json");
        if (!Files.isRegularFile(file)) {
            return ClipPreprocess.huggingFace(vision.imageSize());
        }
        ClipPreprocess preprocess = PreprocessConfigFile.read(file);
        int size = vision.imageSize();
        boolean fits = preprocess.cropWidth() > 0
                ? preprocess.cropWidth() == size && preprocess.cropHeight() == size
                : preprocess.resize().equals(new ClipPreprocess.ResizeTo.Exactly(size, size));
        if (!fits) {
            throw new WeightFormatException("preprocessor_config.json: expected pictures of %d × %d for this model, got %s and a crop of %d × %d"
                    .formatted(size, size, preprocess.resize(), preprocess.cropWidth(), preprocess.cropHeight()));
        }
        return preprocess;
    }
}
