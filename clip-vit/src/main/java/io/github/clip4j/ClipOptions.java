package io.github.clip4j;

import io.github.clip4j.core.ops.Activation;
import io.github.clip4j.tokenizer.TokenizerProfile;
import org.jspecify.annotations.Nullable;

/// How a model is loaded and run. The number of threads does not change results; the other options say what a checkpoint's files do not, or ask for
/// something else than they say.
///
/// @param threads the threads that encode, the caller's included
/// @param profile the reference implementation to agree with in tokenizing texts and preparing pictures; null for the one that the files belong to
/// @param activation of both towers' MLPs; null for the checkpoint's
/// @param imageSize the edge of pictures, pixels, for which position embeddings are resampled; 0 for the checkpoint's
public record ClipOptions(int threads, @Nullable TokenizerProfile profile, @Nullable Activation activation, int imageSize) {
    public ClipOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
        }
        if (imageSize < 0) {
            throw new IllegalArgumentException("image size: expected at least 0, got " + imageSize);
        }
    }

    /// One thread for each processor, and what the checkpoint says.
    public static ClipOptions defaults() {
        return new ClipOptions(Runtime.getRuntime().availableProcessors(), null, null, 0);
    }

    /// These options with `threads` threads.
    public ClipOptions withThreads(int threads) {
        return new ClipOptions(threads, profile, activation, imageSize);
    }

    /// These options with another profile.
    public ClipOptions withProfile(TokenizerProfile profile) {
        return new ClipOptions(threads, profile, activation, imageSize);
    }

    /// These options with another activation.
    public ClipOptions withActivation(Activation activation) {
        return new ClipOptions(threads, profile, activation, imageSize);
    }

    /// These options for pictures of another size.
    public ClipOptions withImageSize(int imageSize) {
        return new ClipOptions(threads, profile, activation, imageSize);
    }
}
