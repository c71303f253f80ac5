package io.github.clip4j;

/// How a model runs. The results do not depend on it.
///
/// @param threads the threads that encode, the caller's included
public record ClipOptions(int threads) {
    public ClipOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
        }
    }

    /// One thread for each processor.
    public static ClipOptions defaults() {
        return new ClipOptions(Runtime.getRuntime().availableProcessors());
    }

    /// These options with `threads` threads.
    public ClipOptions withThreads(int threads) {
        return new ClipOptions(threads);
    }
}
