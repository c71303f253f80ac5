package io.github.clip4j.nn;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Scratch that waits for the next forward pass. As much is kept as there are threads; what a burst of callers makes beyond that is left to
/// the garbage collector when its pass ends. Thread-safe; taking and giving back allocate nothing.
public final class ScratchPool<S extends ScratchPool.Sized> {
    /// What a pool keeps.
    public interface Sized {
        /// The memory that it takes, in bytes.
        long bytes();
    }

    private final ArrayBlockingQueue<S> waiting;
    private final AtomicLong bytes = new AtomicLong();

    /// @param kept how many wait at most
    public ScratchPool(int kept) {
        this.waiting = new ArrayBlockingQueue<>(kept);
    }

    /// One that waits, or null when none does. It may be too small: then [#replace] it.
    public @Nullable S poll() {
        return waiting.poll();
    }

    /// Counts new scratch, and what it replaces no more.
    ///
    /// @param old what [#poll()] returned
    /// @return the new scratch
    public S replace(@Nullable S old, S made) {
        bytes.addAndGet(made.bytes() - (old == null ? 0 : old.bytes()));
        return made;
    }

    /// Gives scratch back after a pass.
    public void give(S scratch) {
        if (!waiting.offer(scratch)) {
            bytes.addAndGet(-scratch.bytes());
        }
    }

    /// The memory of all scratch that waits or is in use, in bytes.
    public long bytes() {
        return bytes.get();
    }
}
