package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.tiny.TinyClip;
import io.github.clip4j.tokenizer.LanguageException;
import io.github.clip4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The options that choose a model and how it runs.
final class ModelOptions {
    /// Said whenever a command runs without `--model`.
    private static final String DEMONSTRATION =
            "clip: no --model, so the built-in demonstration model answers: it knows drawn shapes, letters and digits only; for "
                    + "photographs: "
                    + "clip fetch openai/clip-vit-base-patch32, then --model openai/clip-vit-base-patch32";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = ModelPath.DESCRIPTION + "; the embedded demonstration model unless given")
    private @Nullable String model;

    @Option(names = "--threads", paramLabel = "N", description = "threads that encode; all processors unless given")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description =
                    "the reference implementation to agree with: hf (Hugging Face, images with Pillow), hf-torchvision (images as "
                            + "transformers 5 does by default), openai, open_clip or immich; the one that the files belong to unless given")
    private @Nullable String profile;

    @Mixin
    private Given given = new Given();

    @Option(names = "--image-size", paramLabel = "PIXELS", description =
            "the edge of images, when it is not the one that the model was trained on")
    private @Nullable Integer imageSize;

    @Option(names = "--language", paramLabel = "CODE", description =
            "the language of the texts, for NLLB-CLIP: eng_Latn, fra_Latn, zho_Hans …; the one that the files say unless given")
    private @Nullable String language;

    @Mixin
    private WeightOptions weights = new WeightOptions();

    /// The profile that was asked for.
    Optional<Profile> profile() {
        if (profile == null) {
            return Optional.empty();
        }
        return Optional.of(Profile.ofId(profile)
                .orElseThrow(() ->
                        new ParameterException(spec.commandLine(), "--profile: expected " + Profile.ids() + ", got '" + profile + "'")));
    }

    /// Which model of a file that holds several.
    static final class Part {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        @Option(names = "--part", paramLabel = "NAME", description =
                "the keys, with dots between them, that lead to the CLIP in a file that holds several, such as ema; . for the top level")
        private @Nullable String part;

        /// Opens a checkpoint, with the part that was chosen.
        Checkpoint open(Path path) throws IOException {
            Checkpoint checkpoint = Checkpoint.open(path);
            return part == null ? checkpoint : checkpoint.choose(part);
        }

        /// Says in a line what of the file is not used.
        void sayLeftOut(Checkpoint checkpoint) throws IOException {
            checkpoint.leftOut().ifPresent(line -> spec.commandLine().getErr().println("clip: " + line));
        }
    }

    /// What a checkpoint may leave for its user to say.
    static final class Given {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private Part part = new Part();

        /// Opens a checkpoint, and says in a line what of it is not used.
        Checkpoint open(Path path) throws IOException {
            Checkpoint checkpoint = part.open(path);
            try {
                part.sayLeftOut(checkpoint);
                return checkpoint;
            } catch (IOException | RuntimeException e) {
                checkpoint.close();
                throw e;
            }
        }

        @Option(names = "--activation", paramLabel = "NAME", description =
                "of a checkpoint that does not say it: quick_gelu, gelu or gelu_pytorch_tanh")
        private @Nullable String activation;

        Optional<Activation> activation() {
            if (activation == null) {
                return Optional.empty();
            }
            return Optional.of(Activation.ofConfigName(activation)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "--activation: expected quick_gelu, gelu or gelu_pytorch_tanh, got '" + activation + "'")));
        }
    }

    /// The edge of images that was asked for.
    Optional<Integer> imageSize() {
        if (imageSize != null && imageSize < 1) {
            throw new ParameterException(spec.commandLine(), "--image-size: expected at least 1 pixel, got " + imageSize);
        }
        return Optional.ofNullable(imageSize);
    }

    boolean isGiven() {
        return model != null;
    }

    /// The directory or file that `--model` names. Nothing is downloaded.
    Path directory() throws IOException {
        if (model == null) {
            throw new ParameterException(spec.commandLine(), "--model is missing: a directory with config.json and model.safetensors");
        }
        return ModelPath.of(model);
    }

    /// The checkpoint that `--model` names, open.
    Checkpoint checkpoint() throws IOException {
        return given.open(directory());
    }

    int threads() {
        try {
            return ClipOptions.defaults().withThreads(threads).threads();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
        }
    }

    private ClipOptions options(boolean truncate) {
        ClipOptions options = ClipOptions.defaults().withThreads(threads()).withWeights(weights.type());
        options = profile().map(options::withProfile).orElse(options);
        options = given.activation().map(options::withActivation).orElse(options);
        options = truncate ? options.withTruncation(true) : options;
        options = language == null ? options : options.withLanguage(language);
        return imageSize().map(options::withImageSize).orElse(options);
    }

    Clip load() throws IOException {
        return load(false);
    }

    /// Where the model can be loaded from again, from any folder: an absolute path, or the name of a repository; empty for the
    /// built-in one.
    String source() throws IOException {
        if (model == null) {
            return "";
        }
        Path path = FileNames.path(model);
        return Files.exists(path) ? path.toAbsolutePath().normalize().toString() : model;
    }

    /// Takes the model and the profile of an index, unless the user has named others.
    ///
    /// @param indexed whose source is as [#source()] gave it
    void orElse(IndexModel indexed) {
        if (model == null) {
            model = indexed.source().isEmpty() ? null : indexed.source();
            profile = profile == null ? indexed.profile() : profile;
        }
    }

    /// The same for an index that may not be there yet.
    void orElseOf(Path folder) throws IOException {
        if (EmbeddingIndex.isIndex(folder)) {
            orElse(EmbeddingIndex.modelOf(folder));
        }
    }

    /// @param truncate whether texts that are too long are cut, whatever the profile does
    Clip load(boolean truncate) throws IOException {
        try {
            return load(options(truncate));
        } catch (LanguageException e) {
            throw wrongLanguage(e);
        }
    }

    private ParameterException wrongLanguage(LanguageException e) {
        return new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }

    /// A tokenizer with the language that was asked for.
    Tokenizer inLanguage(Tokenizer tokenizer) {
        try {
            return language == null ? tokenizer : tokenizer.withLanguage(language);
        } catch (LanguageException e) {
            throw wrongLanguage(e);
        }
    }

    private Clip load(ClipOptions options) throws IOException {
        if (model == null) {
            spec.commandLine().getErr().println(DEMONSTRATION);
            return TinyClip.load(options);
        }
        try (Checkpoint checkpoint = checkpoint()) {
            return Clip.load(checkpoint, options);
        }
    }
}
