package io.github.clip4j;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Activation;
import io.github.clip4j.tokenizer.TokenizerProfile;
import org.jspecify.annotations.Nullable;

/// How a model is loaded and run. The number of threads does not change results; the other options say what a checkpoint's files do not, or
/// ask for something else than they say.
///
/// @param threads the threads that prepare and encode
/// @param profile the reference implementation to agree with in tokenizing texts and preparing pictures; null for the one that the files
///     belong to
/// @param activation of both towers' MLPs; null for the checkpoint's
/// @param imageSize the edge of pictures, pixels, for which position embeddings are resampled; 0 for the checkpoint's
/// @param weights how the weights of linear layers are kept in memory: F32; or F16 or BF16, which take half of it and lose nothing when the
///     checkpoint was published so. Results are computed in float32 whichever it is
/// @param maxConcurrent the forward passes that run side by side, see [#withMaxConcurrent(int)]
public record ClipOptions(
        int threads, @Nullable TokenizerProfile profile, @Nullable Activation activation, int imageSize, DType weights, int maxConcurrent) {
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
        if (maxConcurrent < 1) {
            throw new IllegalArgumentException("max concurrent: expected at least 1, got " + maxConcurrent);
        }
    }

    /// One thread for each processor, and what the checkpoint says.
    public static ClipOptions defaults() {
        return new ClipOptions(Runtime.getRuntime().availableProcessors(), null, null, 0, DType.F32, 1);
    }

    /// These options with `threads` threads.
    public ClipOptions withThreads(int threads) {
        return new ClipOptions(threads, profile, activation, imageSize, weights, maxConcurrent);
    }

    /// These options with another profile.
    public ClipOptions withProfile(TokenizerProfile profile) {
        return new ClipOptions(threads, profile, activation, imageSize, weights, maxConcurrent);
    }

    /// These options with another activation.
    public ClipOptions withActivation(Activation activation) {
        return new ClipOptions(threads, profile, activation, imageSize, weights, maxConcurrent);
    }

    /// These options for pictures of another size.
    public ClipOptions withImageSize(int imageSize) {
        return new ClipOptions(threads, profile, activation, imageSize, weights, maxConcurrent);
    }

    /// These options with the weights kept as F32, F16 or BF16.
    public ClipOptions withWeights(DType weights) {
        return new ClipOptions(threads, profile, activation, imageSize, weights, maxConcurrent);
    }

    /// These options with up to `maxConcurrent` forward passes side by side; 1 unless set.
    ///
    /// Calls beyond that wait, in their order, and what has gathered when a pass ends is encoded together in the next: one pass at a time
    /// is the fastest for all together, because all threads compute it. A second pass runs on a thread of its own beside the team. It lets
    /// a short call begin while a long one is computed, makes both slower, and takes the scratch of one thread more
    /// ([Clip#scratchBytes()]).
    public ClipOptions withMaxConcurrent(int maxConcurrent) {
        return new ClipOptions(threads, profile, activation, imageSize, weights, maxConcurrent);
    }
}
