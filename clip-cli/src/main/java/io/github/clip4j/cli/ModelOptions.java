package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.checkpoint.CheckpointDirectory;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.tokenizer.TokenizerProfile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The options that choose a model and how it runs.
final class ModelOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--model", paramLabel = "DIR", description = "a checkpoint directory: config.json, model.safetensors, …")
    private @Nullable Path model;

    @Option(names = "--threads", paramLabel = "N", description = "threads that encode; all processors unless given")
    private int threads = Runtime.getRuntime().availableProcessors();

    /// The options that choose whose behaviour is followed.
    static final class Profile {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        @Option(
                names = "--profile",
                paramLabel = "NAME",
                defaultValue = "hf",
                description = "the reference implementation to agree with: hf (Hugging Face; the default), openai or open_clip")
        private String name = "hf";

        ClipPreprocess.Convention preprocessing() {
            return tokenizer() == TokenizerProfile.HF ? ClipPreprocess.Convention.HUGGING_FACE : ClipPreprocess.Convention.OPENAI;
        }

        TokenizerProfile tokenizer() {
            return TokenizerProfile.ofId(name)
                    .orElseThrow(() -> new ParameterException(spec.commandLine(), "--profile: expected " + TokenizerProfile.ids() + ", got '" + name + "'"));
        }
    }

    boolean isGiven() {
        return model != null;
    }

    Path directory() {
        if (model == null) {
            throw new ParameterException(spec.commandLine(), "--model DIR is missing: a directory with config.json and model.safetensors");
        }
        return model;
    }

    CheckpointDirectory checkpoint() throws IOException {
        return CheckpointDirectory.open(directory());
    }

    Clip load() throws IOException {
        if (threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads: expected at least 1, got " + threads);
        }
        return Clip.load(directory(), ClipOptions.defaults().withThreads(threads));
    }
}
