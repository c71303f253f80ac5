package io.github.clip4j.core.parallel;

import io.github.clip4j.core.kernel.KernelForm;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A fixed team of threads that runs one task at a time, each member a fixed share of it.
///
/// [#run(Task)] calls the task once per worker index, index 0 on the calling thread, and returns when all are done. Which share an index
/// gets depends only on the number of threads (see [#share(int, int, int)]), never on timing. A team that is busy with another caller's
/// task is not waited for: the caller then runs every share itself. Kernels promise the same bits for any split, so no result depends on
/// it.
///
/// Between tasks a member spins for some microseconds, because the next layer follows at once in a forward pass, then sleeps. A member that
/// sleeps holds nothing of the tasks that it ran.
public final class Workers implements AutoCloseable {
    /// One thread: the caller's own.
    public static final Workers SERIAL = new Workers(1);

    /// Some 20–50 µs on current hardware: longer than the gap between two layers, far shorter than a scheduler's time slice.
    private static final int SPINS = 2_000;

    /// The multiply-adds that a small model computes with the scalar kernels: about ten images of clip-tiny.
    private static final long SCALAR_PRODUCTS = 300_000_000;

    /// The share of a task that belongs to one worker.
    @FunctionalInterface
    public interface Task {
        /// Computes a share.
        ///
        /// @param worker the member that computes it, 0 to the size of the team; 0 is the caller
        void run(int worker);
    }

    private final int threads;
    private final KernelForm form;
    private final Workers alone;
    private final Thread[] helpers;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicInteger generation = new AtomicInteger();
    private volatile boolean closing; // no new task for the team
    private volatile boolean closed; // no task is running either: its threads end
    private @Nullable Task task; // published by the write of generation
    private volatile @Nullable Thread caller;
    private volatile boolean interrupted; // the caller was, while it waited

    /// Starts a team.
    ///
    /// @param threads its size, the caller included
    public Workers(int threads) {
        this(threads, KernelForm.VECTOR);
    }

    /// Starts a team for a model so small that its process may end before the vector kernels are compiled: it computes its first products
    /// with the scalar kernels, which have the same bits.
    ///
    /// @param threads the size of the team, the caller included
    /// @return the team
    public static Workers scalarAtFirst(int threads) {
        return new Workers(threads, KernelForm.scalarAtFirst(SCALAR_PRODUCTS));
    }

    /// Starts a team whose work is done with the kernels of `form`; for the tests of this module.
    ///
    /// @param threads the size of the team, the caller included
    /// @param form which form of the kernels it computes with
    @SuppressWarnings("exports")
    public Workers(int threads, KernelForm form) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
        }
        this.threads = threads;
        this.form = form;
        this.alone = threads == 1 ? this : form == KernelForm.VECTOR ? SERIAL : new Workers(1, form);
        this.helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.length; i++) {
            int worker = i + 1;
            helpers[i] = Thread.ofPlatform()
                    .daemon()
                    .inheritInheritableThreadLocals(false) // what they hold would live as long as the team
                    .name("clip4j-worker-" + worker)
                    .unstarted(() -> serve(worker));
        }
        for (Thread helper : helpers) {
            helper.start();
        }
    }

    /// {@return the size of the team, the caller included}
    public int threads() {
        return threads;
    }

    /// Uses the vector kernels from now on.
    public void vectorsFromNow() {
        form.vectorsFromNow();
    }

    /// {@return which form of the kernels the team's work is done with; for the operations of this module}
    @SuppressWarnings("exports")
    public KernelForm form() {
        return form;
    }

    /// {@return the caller's own thread, for work of this team's model: with the same form of the kernels}
    public Workers alone() {
        return alone;
    }

    /// Runs `task` for every worker index and returns when all are done; what the task wrote is then visible to the caller.
    ///
    /// A `RuntimeException` or `Error` of any share is thrown here once all shares have ended.
    ///
    /// @param task called once on each member, with the member's number
    public void run(Task task) {
        if (helpers.length == 0 || closing || !busy.compareAndSet(false, true)) {
            for (int worker = 0; worker < threads; worker++) {
                task.run(worker);
            }
            return;
        }
        Throwable thrown;
        try {
            this.task = task;
            failure.set(null);
            interrupted = false;
            caller = Thread.currentThread();
            pending.set(helpers.length);
            generation.incrementAndGet();
            for (Thread helper : helpers) {
                LockSupport.unpark(helper);
            }
            runShare(task, 0);
            awaitHelpers();
            thrown = failure.getAndSet(null);
        } finally {
            caller = null;
            this.task = null;
            busy.set(false);
            endIfClosing();
        }
        switch (thrown) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }

    private void awaitHelpers() {
        for (int spins = 0; pending.get() > 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
                if (Thread.interrupted()) { // park returns at once while the flag is set; restored below
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Throws when the thread that this work is for has been interrupted; long tasks call it now and then. The interrupt status stays set.
    ///
    /// @throws CancellationException when it has
    public void requireNotInterrupted() {
        Thread current = Thread.currentThread();
        boolean stop = current.isInterrupted();
        if (isHelper(current)) {
            Thread waiting = caller;
            stop = interrupted || (waiting != null && waiting.isInterrupted());
        }
        if (stop) {
            throw new CancellationException("interrupted: the work was given up");
        }
    }

    private void serve(int worker) {
        for (int seen = 0; awaitTask(seen); seen++) {
            runTask(worker);
        }
    }

    /// Waits for the task after the one that was seen last. Members see every task, so generations are counted by one.
    ///
    /// @return false when there will be none
    private boolean awaitTask(int seen) {
        for (int spins = 0; generation.get() == seen; spins++) {
            if (closed) {
                return generation.get() != seen;
            }
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        return true;
    }

    /// A method of its own: the frame of a thread that sleeps would keep the task, and with it the model.
    private void runTask(int worker) {
        Task current = task;
        if (current != null) {
            runShare(current, worker);
        }
        Thread waiting = caller;
        if (pending.decrementAndGet() == 0) {
            LockSupport.unpark(waiting);
        }
    }

    private void runShare(Task current, int worker) {
        try {
            current.run(worker);
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    /// {@return the start of share `worker` when `n` units are split over `workers` as evenly as can be; `share(n, workers, workers)` is
    /// `n`}
    ///
    /// @param n the units, at least 0
    /// @param workers the number of shares
    /// @param worker the share, 0 to `workers`
    public static int share(int n, int workers, int worker) {
        return (int) ((long) n * worker / workers);
    }

    private boolean isHelper(Thread thread) {
        for (Thread helper : helpers) {
            if (helper == thread) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether the calling thread is a member of the team that runs a share of a task now}
    public boolean isRunning() {
        Thread current = Thread.currentThread();
        return current == caller || isHelper(current);
    }

    /// Lets the team's threads end, and does not wait for it. A task that is running is finished first; later tasks run on their caller
    /// alone.
    public void shutdown() {
        closing = true;
        endIfClosing();
    }

    /// Ends the threads unless a task is running, which then does this at its end.
    private void endIfClosing() {
        if (closing && busy.compareAndSet(false, true)) { // busy stays set
            closed = true;
            for (Thread helper : helpers) {
                LockSupport.unpark(helper);
            }
        }
    }

    /// Waits until the team's threads have ended after [#shutdown()].
    ///
    /// @param limit how long to wait at most
    /// @return whether they have ended
    /// @throws InterruptedException when the thread is interrupted while it waits
    public boolean awaitTermination(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + saturatedNanos(limit);
        for (Thread helper : helpers) {
            if (!helper.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                return false;
            }
        }
        return true;
    }

    private static long saturatedNanos(Duration limit) {
        long longest = Long.MAX_VALUE / 2;
        return limit.compareTo(Duration.ofNanos(longest)) > 0 ? longest : limit.toNanos();
    }

    /// Ends the team's threads and waits for it, asleep. A task that is running is finished first; later tasks run on their caller alone.
    ///
    /// From within a task it does not wait, because it would wait for itself. Closing twice is harmless. An interrupt does not end the
    /// waiting, and the thread's interrupt status stays set.
    @Override
    public void close() {
        shutdown();
        boolean interruptedHere = false;
        for (boolean ended = isRunning(); !ended; ) {
            try {
                ended = awaitTermination(ChronoUnit.FOREVER.getDuration());
            } catch (InterruptedException e) {
                interruptedHere = true;
            }
        }
        if (interruptedHere) {
            Thread.currentThread().interrupt();
        }
    }
}
