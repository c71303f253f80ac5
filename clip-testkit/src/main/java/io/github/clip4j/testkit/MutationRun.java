package io.github.clip4j.testkit;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// Reads many damaged inputs and watches what each costs. An input must be read, or refused with the documented exception; it may use 2
/// seconds of processor time, and allocate as many bytes as its size allows.
///
/// How many there are follows from the system property `clip.mutations` (a quick number without it), for at most
/// `clip.mutations.seconds`, and which ones from `clip.seed`. A failure names the seed and the number of the input, and keeps the input in
/// `target`.
///
/// @param <T> what is read: bytes or a text
public final class MutationRun<T> {
    private static final long MAX_CPU_NANOS = 2_000_000_000L;
    /// Of a machine that is busy: an input that waits for something uses no processor time.
    private static final long MAX_WALL_NANOS = 60_000_000_000L;
    private static final long DEFAULT_SEED = 42;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /// Makes an input, the same one for the same numbers of `random`.
    public interface Maker<T> {
        /// A valid input in which something has been changed.
        T next(SplittableRandom random) throws IOException;
    }

    /// Reads an input.
    public interface Reader<T> {
        /// Reads `input`, or throws the documented exception.
        void read(T input) throws Exception;
    }

    private final String name;
    private final Class<? extends Exception> refusal;
    private final ToLongFunction<T> maxAllocated;
    private final Function<T, byte[]> kept;

    private volatile long number = -1;
    private volatile long startedNanos;
    private volatile long startedCpu;

    private MutationRun(
            String name, Class<? extends Exception> refusal, ToLongFunction<T> maxAllocated, Function<T, byte[]> kept) {
        this.name = name;
        this.refusal = refusal;
        this.maxAllocated = maxAllocated;
        this.kept = kept;
    }

    /// Of files.
    ///
    /// @param name of the format, for messages and the kept file
    /// @param refusal the documented exception
    /// @param maxAllocated how many bytes the reader may allocate for a file, such as [#bound]
    public static MutationRun<byte[]> ofBytes(String name, Class<? extends Exception> refusal, ToLongFunction<byte[]> maxAllocated) {
        return new MutationRun<>(name, refusal, maxAllocated, bytes -> bytes);
    }

    /// Of texts.
    ///
    /// @param name of the kind of text, for messages and the kept file
    /// @param refusal the documented exception
    /// @param maxAllocated how many bytes the reader may allocate for a text
    public static MutationRun<String> ofTexts(String name, Class<? extends Exception> refusal, ToLongFunction<String> maxAllocated) {
        return new MutationRun<>(name, refusal, maxAllocated, text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /// Eight times a file of `size` bytes and 64 MB.
    public static long bound(long size) {
        return 8 * size + (64L << 20);
    }

    /// The system property `clip.mutations`, or `quick`.
    public static long count(long quick) {
        return Long.getLong("clip.mutations", quick);
    }

    /// Reads [#count] inputs and prints one line: how many there were, how many were refused, and what the dearest cost.
    ///
    /// @param quick how many without the system property
    /// @param leastRefused the share of inputs that must be refused: a reader that refuses none has not looked
    public void survive(long quick, double leastRefused, Maker<T> maker, Reader<T> reader) throws InterruptedException {
        long seed = Long.getLong("clip.seed", DEFAULT_SEED);
        long count = count(quick);
        Worker worker = new Worker(seed, count, maker, reader);
        Thread thread = new Thread(null, worker, "mutations of " + name, 0);
        thread.setDaemon(true);
        thread.start();
        while (thread.isAlive()) {
            thread.join(100);
            requireProgress(thread, seed);
        }
        if (worker.failure != null) {
            throw worker.failure;
        }
        System.out.printf(Locale.ROOT, "%s: %,d mutations with -Dclip.seed=%d, %,d refused; at most %,d ms and %,d bytes%n",
                name, worker.read, seed, worker.refused, worker.mostCpu / 1_000_000, worker.mostAllocated);
        if (worker.refused < leastRefused * worker.read) {
            throw new AssertionError("%s: expected at least %.0f %% of %d mutations to be refused, got %d; -Dclip.seed=%d"
                    .formatted(name, 100 * leastRefused, worker.read, worker.refused, seed));
        }
    }

    private void requireProgress(Thread thread, long seed) {
        long at = number;
        long cpu = THREADS.getThreadCpuTime(thread.threadId()) - startedCpu;
        long wall = System.nanoTime() - startedNanos;
        if (at >= 0 && at == number && thread.isAlive() && (cpu > 2 * MAX_CPU_NANOS || wall > MAX_WALL_NANOS)) {
            AssertionError hang = new AssertionError(
                    "%s: mutation %d with -Dclip.seed=%d has no end: %,d ms of processor time, %,d ms in all"
                            .formatted(name, at, seed, cpu / 1_000_000, wall / 1_000_000));
            hang.setStackTrace(thread.getStackTrace());
            throw hang;
        }
    }

    private final class Worker implements Runnable {
        private final long seed;
        private final long count;
        private final Maker<T> maker;
        private final Reader<T> reader;
        private long read;
        private long refused;
        private long mostCpu;
        private long mostAllocated;
        private volatile @Nullable AssertionError failure;

        Worker(long seed, long count, Maker<T> maker, Reader<T> reader) {
            this.seed = seed;
            this.count = count;
            this.maker = maker;
            this.reader = reader;
        }

        @Override
        public void run() {
            long seconds = Long.getLong("clip.mutations.seconds", Integer.MAX_VALUE);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            for (long i = 0; i < count && System.nanoTime() - end < 0; i++) {
                read = i + 1;
                T input;
                try {
                    input = maker.next(new SplittableRandom(seed * 1_000_003 + i));
                } catch (IOException | RuntimeException e) {
                    failure = new AssertionError("%s: mutation %d cannot be made; -Dclip.seed=%d".formatted(name, i, seed), e);
                    return;
                }
                try {
                    read(i, input);
                } catch (Throwable e) { // also an Error of the reader, which is what this looks for
                    failure = new AssertionError("%s: mutation %d with -Dclip.seed=%d, kept in %s: %s".formatted(
                            name, i, seed, keep(input), e), e);
                    return;
                }
            }
        }

        private void read(long i, T input) throws Exception {
            startedNanos = System.nanoTime();
            startedCpu = THREADS.getCurrentThreadCpuTime();
            long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
            number = i;
            try {
                reader.read(input);
            } catch (Exception e) {
                if (!refusal.isInstance(e)) {
                    throw e;
                }
                refused++;
            } finally {
                number = -1;
            }
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
            long cpu = THREADS.getCurrentThreadCpuTime() - startedCpu;
            mostCpu = Math.max(mostCpu, cpu);
            mostAllocated = Math.max(mostAllocated, allocated);
            long most = maxAllocated.applyAsLong(input);
            if (allocated > most) {
                throw new AssertionError("expected at most %,d bytes to be allocated, got %,d".formatted(most, allocated));
            }
            if (cpu > MAX_CPU_NANOS) {
                throw new AssertionError("expected at most 2 s of processor time, got %,d ms".formatted(cpu / 1_000_000));
            }
        }

        private String keep(T input) {
            try {
                return Files.write(Path.of("target", "mutation-" + name.replaceAll("[^A-Za-z0-9]+", "-")), kept.apply(input)).toString();
            } catch (IOException | RuntimeException e) {
                return "no file (" + e + ")";
            }
        }
    }
}
