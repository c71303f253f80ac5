package io.github.clip4j;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.Objects;
import java.util.OptionalInt;

/// Makes a [Clip] of what a checkpoint says and what the options ask for.
final class ClipLoader {
    private ClipLoader() {}

    /// Reads the model; meanwhile the kernels are warmed up. A failure leaves no thread behind.
    ///
    /// @return a model whose threads are not started yet
    static Clip load(Checkpoint checkpoint, ClipOptions options) throws IOException {
        Objects.requireNonNull(checkpoint, "checkpoint is null");
        Objects.requireNonNull(options, "options is null");
        KernelWarmUp warmUp = KernelWarmUp.start(checkpoint.weights());
        try {
            return read(checkpoint, options);
        } finally {
            warmUp.stop();
        }
    }

    private static Clip read(Checkpoint checkpoint, ClipOptions options) throws IOException {
        Profile profile = options.profile().isPresent() ? options.profile().get() : checkpoint.profile();
        Tokenizer tokenizer = checkpoint.tokenizer(profile)
                .map(t -> t.withTruncation(options.truncation().orElse(t.truncates())))
                .map(t -> options.language().map(t::withLanguage).orElse(t))
                .orElse(null);
        Workers workers = KernelWarmUp.workers(checkpoint.weights(), options.threads());
        try {
            ClipConfig config = checkpoint.config(options.activation());
            OptionalInt imageSize = options.imageSize();
            ImagePreparation images = ImagePreparation.of(checkpoint, profile, imageSize);
            ClipModel model =
                    ClipModel.load(config, checkpoint.weights(), workers, imageSize, profile.interpolation(), options.weights());
            PassQueue queue = new PassQueue(checkpoint.name(), workers, options.maxConcurrent());
            return new Clip(checkpoint.name(), model, tokenizer, images, workers, queue);
        } catch (IOException | RuntimeException | Error e) {
            workers.close();
            throw e;
        }
    }
}
