package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.checkpoint.CheckpointDirectory;
import io.github.clip4j.core.Activation;
import io.github.clip4j.tiny.TinyClip;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.hub.HubCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
            "clip: no --model, so the built-in demonstration model answers: it knows drawn shapes, letters and digits only; for photographs: clip fetch openai/clip-vit-base-patch32, then --model openai/clip-vit-base-patch32";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "a checkpoint directory (config.json, model.safetensors, …), a file of weights, or REPO or REPO@REVISION that `clip fetch` downloaded; the embedded demonstration model unless given")
    private @Nullable String model;

    @Option(names = "--threads", paramLabel = "N", description = "threads that encode; all processors unless given")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "the reference implementation to agree with: hf (Hugging Face), openai or open_clip; the one that the files belong to unless given")
    private @Nullable String profile;

    @Mixin
    private Given given = new Given();

    @Option(names = "--image-size", paramLabel = "PIXELS", description = "the edge of pictures, when it is not the one that the model was trained on")
    private int imageSize;

    @Mixin
    private WeightOptions weights = new WeightOptions();

    /// The profile that was asked for, or null.
    @Nullable TokenizerProfile profile() {
        if (profile == null) {
            return null;
        }
        return TokenizerProfile.ofId(profile)
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "--profile: expected " + TokenizerProfile.ids() + ", got '" + profile + "'"));
    }

    TokenizerProfile profileOr(TokenizerProfile other) {
        TokenizerProfile given = profile();
        return given == null ? other : given;
    }

    /// What a checkpoint may leave for its user to say.
    static final class Given {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        @Option(names = "--activation", paramLabel = "NAME", description = "of a checkpoint that does not say it: quick_gelu, gelu or gelu_pytorch_tanh")
        private @Nullable String activation;

        @Nullable Activation activation() {
            if (activation == null) {
                return null;
            }
            return Activation.ofConfigName(activation)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "--activation: expected quick_gelu, gelu or gelu_pytorch_tanh, got '" + activation + "'"));
        }
    }

    int imageSize() {
        if (imageSize < 0) {
            throw new ParameterException(spec.commandLine(), "--image-size: expected at least 1 pixel, got " + imageSize);
        }
        return imageSize;
    }

    boolean isGiven() {
        return model != null;
    }

    /// The directory or file that `--model` names. Nothing is downloaded.
    Path directory() throws IOException {
        if (model == null) {
            throw new ParameterException(spec.commandLine(), "--model is missing: a directory with config.json and model.safetensors");
        }
        return path(model);
    }

    /// The directory or file that `model` names.
    static Path path(String model) throws IOException {
        Path path = Path.of(model);
        int at = model.indexOf('@');
        String repository = at < 0 ? model : model.substring(0, at);
        if (Files.exists(path) || !repository.contains("/") || !HubCache.isRepository(repository)) {
            return path;
        }
        String revision = at < 0 ? "main" : model.substring(at + 1);
        return new HubCache(FetchCommand.settings(System.getenv()).cache())
                .find(repository, revision)
                .orElseThrow(() -> new NoSuchFileException(
                        "%s: expected a checkpoint directory, or a repository in the cache, got neither; download it with: clip fetch %s%s"
                                .formatted(model, repository, at < 0 ? "" : " --revision " + revision)));
    }

    CheckpointDirectory checkpoint() throws IOException {
        return CheckpointDirectory.open(directory());
    }

    int threads() {
        if (threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads: expected at least 1, got " + threads);
        }
        return threads;
    }

    private ClipOptions options() {
        ClipOptions options = ClipOptions.defaults().withThreads(threads()).withWeights(weights.type());
        TokenizerProfile chosen = profile();
        Activation activation = given.activation();
        options = chosen == null ? options : options.withProfile(chosen);
        options = activation == null ? options : options.withActivation(activation);
        return imageSize() == 0 ? options : options.withImageSize(imageSize());
    }

    Clip load() throws IOException {
        ClipOptions options = options();
        if (model == null) {
            spec.commandLine().getErr().println(DEMONSTRATION);
            return TinyClip.load(options);
        }
        return Clip.load(directory(), options);
    }
}
