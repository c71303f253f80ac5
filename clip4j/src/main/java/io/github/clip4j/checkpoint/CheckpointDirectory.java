package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.PositionInterpolation;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A published checkpoint: a directory with the files of a Hugging Face repository, in transformers' or in open_clip's form, or a file of weights
/// alone.
///
/// ```
/// config.json                         the model's extents; or open_clip_config.json; without either they follow from the weights
/// model.safetensors                   the weights; or model.safetensors.index.json and the shards it lists; model.npz; a directory weights/ with one
///                                     NAME.npy a tensor; open_clip_model.safetensors; pytorch_model.bin; open_clip_pytorch_model.bin; or the
///                                     only .safetensors, .npz, .pt or .bin file there
/// tokenizer.json                      the vocabulary; or vocab.json and merges.txt; or bpe_simple_vocab_16e6.txt.gz. Without it the model still
///                                     serves pictures
/// preprocessor_config.json            how pictures are prepared; without it as OpenAI does, at the model's size
/// ```
///
/// How tensors are named and stored is seen from the weights themselves ([LayoutMapper]).
public final class CheckpointDirectory {
    private static final List<String> FORMS = List.of("model.safetensors", "model.safetensors.index.json", "model.npz", "weights");
    private static final List<String> OTHER_FORMS = List.of("open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin");
    private static final List<String> SUFFIXES = List.of(".safetensors", ".npz", ".pt", ".bin", ".pth");

    private final Path path;
    private final Path directory;
    private final @Nullable ClipConfigFile hfConfig;
    private final @Nullable OpenClipConfigFile openClipConfig;

    private CheckpointDirectory(Path path, Path directory, @Nullable ClipConfigFile hfConfig, @Nullable OpenClipConfigFile openClipConfig) {
        this.path = path;
        this.directory = directory;
        this.hfConfig = hfConfig;
        this.openClipConfig = openClipConfig;
    }

    /// Reads the config of a directory, or of the directory that a file of weights is in. Where both kinds of config are there, Hugging Face's is
    /// taken, unless it describes another library's model or its weights are not there.
    ///
    /// @throws NoSuchFileException when there is nothing at `path`
    /// @throws WeightFormatException when a config is malformed, or describes another kind of model
    public static CheckpointDirectory open(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path + ": expected a checkpoint directory or a file of weights, got nothing there");
        }
        boolean isFile = !Files.isDirectory(path);
        Path directory = isFile ? Optional.ofNullable(path.toAbsolutePath().getParent()).orElse(path) : path;
        Path hf = directory.resolve("config.json");
        Path openClip = directory.resolve("open_clip_config.json");
        boolean hasOpenClip = Files.isRegularFile(openClip) && (!isFile || String.valueOf(path.getFileName()).startsWith("open_clip"));
        boolean hasHfWeights = isFile || Stream.concat(FORMS.stream(), Stream.of("pytorch_model.bin")).anyMatch(form -> Files.exists(directory.resolve(form)));
        if (Files.isRegularFile(hf) && !(hasOpenClip && (isFile || !hasHfWeights || !ClipConfigFile.isOfTransformers(hf)))) {
            return new CheckpointDirectory(path, directory, ClipConfigFile.read(hf), null);
        }
        return new CheckpointDirectory(path, directory, null, hasOpenClip ? OpenClipConfigFile.read(openClip) : null);
    }

    /// The directory's own name, or the file's.
    public String name() {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /// Where each value of the config came from ([ClipConfigFile#origins()]); empty when there is no such file.
    public Map<String, String> origins() {
        return hfConfig == null ? Map.of() : hfConfig.origins();
    }

    /// The name of the config file, or "the weights".
    public String configFile() {
        return hfConfig != null ? "config.json" : openClipConfig != null ? "open_clip_config.json" : "the weights' shapes";
    }

    /// Opens the weights under Hugging Face's names, whatever the file calls them.
    ///
    /// @throws WeightFormatException when there are none, several forms of them, or those of another kind of model
    public CanonicalWeights openWeights() throws IOException {
        WeightSource source = WeightFile.open(weightsPath());
        try {
            return LayoutMapper.map(source);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private Path weightsPath() throws IOException {
        if (!Files.isDirectory(path)) {
            return path;
        }
        if (openClipConfig != null && Files.exists(directory.resolve("open_clip_model.safetensors"))) {
            return directory.resolve("open_clip_model.safetensors");
        }
        List<String> there = FORMS.stream().filter(form -> Files.exists(directory.resolve(form))).toList();
        if (there.size() > 1) {
            throw new WeightFormatException("%s: expected one form of weights, got several: %s".formatted(name(), String.join(", ", there)));
        }
        for (String form : there.isEmpty() ? OTHER_FORMS : there) {
            if (Files.exists(directory.resolve(form))) {
                return directory.resolve(form);
            }
        }
        List<Path> candidates;
        try (Stream<Path> files = Files.list(directory)) {
            candidates = files.filter(file -> SUFFIXES.stream().anyMatch(suffix -> file.toString().endsWith(suffix))).toList();
        }
        if (candidates.size() != 1) {
            throw new WeightFormatException("%s: expected model.safetensors, or weights in another form that the documentation of CheckpointDirectory lists, got %s"
                    .formatted(name(), candidates.isEmpty() ? "none" : candidates.size() + " files of weights"));
        }
        return candidates.getFirst();
    }

    /// The model's config: the file's, with the towers and projections that the weights have; or what the weights' shapes say.
    ///
    /// @param activation which to take whatever the file says, or null
    /// @throws WeightFormatException when no file says the activation, and the checkpoint is none whose activation is known
    public ClipConfig config(CanonicalWeights weights, @Nullable Activation activation) throws IOException {
        ClipConfig config;
        if (hfConfig != null) {
            config = ConfigInference.reconcile(hfConfig.config(), weights);
        } else if (openClipConfig != null) {
            config = ConfigInference.reconcile(openClipConfig.config(), weights);
        } else {
            return ConfigInference.infer(weights, activation != null ? activation : knownActivation());
        }
        return activation == null ? config : config.withActivation(activation);
    }

    private Activation knownActivation() throws IOException {
        Path file = weightsPath();
        Optional<Activation> known = KnownActivations.ofName(name());
        if (known.isEmpty() && Files.isRegularFile(file)) {
            known = KnownActivations.ofContent(file);
        }
        return known.orElseThrow(() -> new WeightFormatException(
                "%s: expected a config that says the activation, got none, and weights look the same with any; was it trained with quick_gelu (OpenAI, MetaCLIP, DFN) or gelu (LAION, DataComp)? Say so with --activation or ClipOptions"
                        .formatted(name())));
    }

    /// The reference implementation that this checkpoint's files belong to.
    public TokenizerProfile profile(CheckpointLayout layout) {
        if (hfConfig != null) {
            return TokenizerProfile.HF;
        }
        return switch (layout) {
            case HUGGING_FACE -> TokenizerProfile.HF;
            case OPENAI -> openClipConfig == null ? TokenizerProfile.OPENAI : TokenizerProfile.OPEN_CLIP;
            case OPEN_CLIP -> TokenizerProfile.OPEN_CLIP;
        };
    }

    /// How a profile resamples position embeddings for pictures of another size.
    public static PositionInterpolation interpolation(TokenizerProfile profile) {
        return profile == TokenizerProfile.HF ? PositionInterpolation.HUGGING_FACE : PositionInterpolation.OPEN_CLIP;
    }

    /// The order in which a profile prepares pictures.
    public static ClipPreprocess.Convention convention(TokenizerProfile profile) {
        return profile == TokenizerProfile.HF ? ClipPreprocess.Convention.HUGGING_FACE : ClipPreprocess.Convention.OPENAI;
    }

    /// The vocabulary, or empty when the directory has none.
    public Optional<Vocabulary> vocabulary() throws IOException {
        return Vocabulary.isIn(directory) ? Optional.of(Vocabulary.read(directory)) : Optional.empty();
    }

    /// How pictures are prepared for the image encoder, in the profile's order.
    ///
    /// @throws WeightFormatException when the pictures would not fit the encoder
    public ClipPreprocess preprocess(VisionConfig vision, TokenizerProfile profile) throws IOException {
        Path file = directory.resolve("preprocessor_config.json");
        ClipPreprocess preprocess = openClipConfig != null
                ? openClipConfig.preprocess()
                : hfConfig != null && Files.isRegularFile(file) ? PreprocessConfigFile.read(file) : ClipPreprocess.huggingFace(vision.imageSize());
        int size = vision.imageSize();
        boolean fits = preprocess.cropWidth() > 0
                ? preprocess.cropWidth() == size && preprocess.cropHeight() == size
                : preprocess.resize().equals(new ResizeTo.Exactly(size, size));
        if (!fits) {
            throw new WeightFormatException("preprocessor_config.json: expected pictures of %d × %d for this model, got %s and a crop of %d × %d"
                    .formatted(size, size, preprocess.resize(), preprocess.cropWidth(), preprocess.cropHeight()));
        }
        return preprocess.withConvention(convention(profile));
    }
}
