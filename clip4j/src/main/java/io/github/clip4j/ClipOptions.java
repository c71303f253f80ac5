package io.github.clip4j;

import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Activation;
import org.jspecify.annotations.Nullable;

/// How a model is loaded and run. The number of threads does not change results; the other options say what a checkpoint's files do not, or ask for
/// something else than they say.
///
/// @param threads the threads that encode, the caller's included
/// @param profile the reference implementation to agree with; null for the one that the files belong to
/// @param activation of both towers' MLPs; null for the checkpoint's
/// @param imageSize the edge of pictures, pixels, for which position embeddings are resampled; 0 for the checkpoint's
/// @param weights how the weights of linear layers are kept in memory: F32; or F16 or BF16, which take half of it and lose nothing when the checkpoint was
///     published so. Results are computed in float32 whichever it is
public record ClipOptions(int threads, @Nullable Profile profile, @Nullable Activation activation, int imageSize, DType weights) {
    public ClipOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
        }
        if (imageSize < 0) {
            throw new IllegalArgumentException("image size: expected at least 0, got " + imageSize);
        }
        if (weights != DType.F32 && weights != DType.F16 && weights != DType.BF16) {
            throw new IllegalArgumentException("weights: expected F32, F16 or BF16, got " + weights);
        }
    }

    /// One thread for each processor, and what the checkpoint says.
    public static ClipOptions defaults() {
        return new ClipOptions(Runtime.getRuntime().availableProcessors(), null, null, 0, DType.F32);
    }

    /// These options with `threads` threads.
    public ClipOptions withThreads(int threads) {
        return new ClipOptions(threads, profile, activation, imageSize, weights);
    }

    /// These options with another profile.
    public ClipOptions withProfile(Profile profile) {
        return new ClipOptions(threads, profile, activation, imageSize, weights);
    }

    /// These options with another activation.
    public ClipOptions withActivation(Activation activation) {
        return new ClipOptions(threads, profile, activation, imageSize, weights);
    }

    /// These options for pictures of another size.
    public ClipOptions withImageSize(int imageSize) {
        return new ClipOptions(threads, profile, activation, imageSize, weights);
    }

    /// These options with the weights kept as F32, F16 or BF16.
    public ClipOptions withWeights(DType weights) {
        return new ClipOptions(threads, profile, activation, imageSize, weights);
    }
}
