package io.github.clip4j;

import io.github.clip4j.core.parallel.Workers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// The items that wait for a forward pass, and the threads that run the passes.
///
/// Callers put items in and sleep; a thread of the queue that is free takes what has gathered meanwhile, oldest first and of one tower, as
/// much as a pass holds, and runs the pass with the team. So no forward pass occupies a caller's thread or the carrier of a virtual one,
/// and callers that wait are encoded together (docs/adr/0013-calls-and-passes.md).
///
/// Its threads hold neither the queue's model nor a [Clip] while they are idle: a `Clip` that is forgotten is collected, and its cleaner
/// ends them.
final class PassQueue {
    /// Longer than any process runs, and short enough to be added to a time in nanoseconds.
    static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final String name;
    private final Workers workers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Condition left = lock.newCondition();
    private final ArrayDeque<Item<?>> waiting = new ArrayDeque<>();
    private final Map<Thread, Integer> callers = new HashMap<>(); // and how many calls each is in: a sink may call again
    private final Map<Thread, CompletableFuture<?>> answers = new ConcurrentHashMap<>(); // of asynchronous calls that have begun
    private final List<Thread> threads = new ArrayList<>();
    private int running; // threads that have not ended
    private boolean closing; // no new callers
    private boolean ended; // no new items either

    /// @param name of the model, for messages
    /// @param workers the team; ended with the queue
    /// @param passes how many passes run side by side
    PassQueue(String name, Workers workers, int passes) {
        this.name = name;
        this.workers = workers;
        this.running = passes;
        for (int i = 1; i <= passes; i++) {
            threads.add(Thread.ofPlatform()
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .name("clip4j-pass-" + i)
                    .unstarted(this::serve));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /// Items that wait for a pass.
    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /// Passes that run side by side.
    int passes() {
        return threads.size();
    }

    /// A call begins: from now on closing waits for it.
    ///
    /// @param caller the thread that will end it
    /// @throws IllegalStateException when the model is closed
    void begin(Thread caller) {
        if (isOwn(Thread.currentThread())) {
            throw new IllegalStateException(
                    name + ": expected a call from a thread of the caller's, got one from the source of an image, "
                            + "which runs on the model's threads");
        }
        lock.lock();
        try {
            if (closing && !callers.containsKey(caller)) {
                throw closed();
            }
            callers.merge(caller, 1, Integer::sum);
        } finally {
            lock.unlock();
        }
    }

    /// An asynchronous call begins: closing also waits until its future is done. What depends on the future may close the model, so the
    /// call ends before its future is completed.
    ///
    /// @throws IllegalStateException when the model is closed
    void begin(Thread caller, CompletableFuture<?> answer) {
        begin(caller);
        answers.put(caller, answer);
    }

    /// The future of the asynchronous call that this thread ended is done.
    void answered(Thread caller) {
        answers.remove(caller);
    }

    /// A call ends.
    void end(Thread caller) {
        lock.lock();
        try {
            callers.computeIfPresent(caller, (thread, calls) -> calls == 1 ? null : calls - 1);
            if (callers.isEmpty()) {
                left.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// @throws IllegalStateException when the model is closed and the thread is in none of its calls
    void requireOpen() {
        lock.lock();
        try {
            if (closing && !callers.containsKey(Thread.currentThread())) {
                throw closed();
            }
        } finally {
            lock.unlock();
        }
    }

    private IllegalStateException closed() {
        return new IllegalStateException(name + " is closed");
    }

    /// Encodes items and hands each to `ended`, in their order, once it has its result or its failure. About as many are under way as keep
    /// the queue's threads busy, so a long list needs bounded memory and lets other callers in between.
    ///
    /// @param items of one tower
    /// @throws CancellationException when the thread is interrupted
    <P> void inOrder(Tower<P> tower, Iterator<Item<P>> items, Consumer<Item<P>> ended) {
        long most = (passes() + 1L) * tower.capacity(); // what the passes compute, and as much that waits for them
        ArrayDeque<Item<P>> underWay = new ArrayDeque<>();
        long weight = 0;
        try {
            while (items.hasNext() || !underWay.isEmpty()) {
                List<Item<P>> more = new ArrayList<>();
                while (items.hasNext() && (weight < most || underWay.isEmpty())) {
                    Item<P> next = items.next();
                    more.add(next);
                    underWay.add(next);
                    weight += next.weight();
                }
                submit(more);
                Item<P> first = underWay.element();
                first.awaitEnd();
                if (first.isDropped()) {
                    throw closed(); // nobody else drops an item that its caller waits for
                }
                underWay.remove();
                weight -= first.weight();
                ended.accept(first);
            }
        } finally {
            underWay.forEach(Item::drop);
        }
    }

    private void submit(List<? extends Item<?>> items) {
        if (items.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            if (ended) {
                throw closed();
            }
            waiting.addAll(items);
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /// The life of one of the queue's threads. The pass has a frame of its own, so that nothing of it is held while the thread waits for
    /// the next.
    private void serve() {
        while (awaitItems()) {
            pass();
        }
        lock.lock();
        try {
            running--;
            if (running == 0) {
                workers.shutdown();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until items wait.
    ///
    /// @return false when none will come any more
    private boolean awaitItems() {
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                if (ended) {
                    return false;
                }
                arrived.awaitUninterruptibly();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void pass() {
        List<Item<?>> gathered = gather();
        if (gathered.isEmpty()) {
            return; // all of them were given up
        }
        try {
            pass(gathered.getFirst().tower(), gathered);
        } catch (RuntimeException | Error e) { // memory, for instance: nobody may wait for ever, and the thread goes on
            gathered.forEach(item -> item.fail(e));
        }
        Thread.interrupted(); // whoever set it, the next pass is for other callers
    }

    @SuppressWarnings("unchecked") // items of one tower are of one type
    private static <P> void pass(Tower<P> tower, List<Item<?>> items) {
        tower.pass((List<Item<P>>) (List<?>) items);
    }

    /// Takes the item that has waited longest, and others of its tower, in order, as long as they fit into one pass with it.
    private List<Item<?>> gather() {
        List<Item<?>> gathered = new ArrayList<>();
        lock.lock();
        try {
            Tower<?> tower = null;
            long weight = 0;
            for (Iterator<Item<?>> items = waiting.iterator(); items.hasNext(); ) {
                Item<?> item = items.next();
                if (item.hasEnded()) {
                    items.remove();
                } else if (tower == null || (item.tower() == tower && weight + item.weight() <= tower.capacity())) {
                    tower = item.tower();
                    weight += item.weight();
                    gathered.add(item);
                    items.remove();
                } else if (item.tower() == tower) {
                    break; // full; smaller ones behind it do not overtake it
                }
            }
            if (!waiting.isEmpty()) {
                arrived.signal(); // another pass may run beside this one
            }
        } finally {
            lock.unlock();
        }
        return gathered;
    }

    /// Ends the queue when nobody can call any more, and waits for nothing.
    void forget() {
        lock.lock();
        try {
            endLocked();
        } finally {
            lock.unlock();
        }
    }

    private void endLocked() {
        closing = true;
        ended = true;
        waiting.forEach(Item::drop);
        waiting.clear();
        arrived.signalAll();
    }

    /// Refuses new calls, waits for those under way, and ends the threads.
    ///
    /// @param limit how long to wait at most: then, or when the thread is interrupted, calls whose items wait for a pass end with an
    ///     `IllegalStateException`
    /// @return whether all calls were finished and all threads have ended
    /// @throws IllegalStateException when the thread is in a call, which would wait for itself
    boolean close(Duration limit) {
        Objects.requireNonNull(limit, "limit is null");
        long nanos = limit.isNegative() ? 0 : limit.compareTo(FOREVER) >= 0 ? FOREVER.toNanos() : limit.toNanos();
        long deadline = System.nanoTime() + nanos;
        boolean interrupted = false;
        boolean finished;
        lock.lock();
        try {
            if (callers.containsKey(Thread.currentThread()) || isOwn(Thread.currentThread())) {
                throw new IllegalStateException(
                        name + ": expected close() outside of the model's own calls, got it within one, which it would wait for");
            }
            closing = true;
            try {
                for (long rest = nanos; rest > 0 && !callers.isEmpty(); ) {
                    rest = left.awaitNanos(rest);
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
            finished = callers.isEmpty();
            endLocked();
        } finally {
            lock.unlock();
        }
        while (true) {
            try {
                boolean done = awaitAnswers(deadline) && awaitThreads(deadline);
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return finished && done;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /// Each is done soon, whatever depends on it: no call is under way, and a future has its result before what depends on it runs.
    private boolean awaitAnswers(long deadline) throws InterruptedException {
        for (CompletableFuture<?> answer : answers.values()) {
            if (!awaitDone(answer, deadline)) {
                return false;
            }
        }
        return true;
    }

    private static boolean awaitDone(CompletableFuture<?> answer, long deadline) throws InterruptedException {
        try {
            answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException | CancellationException e) {
            return true; // it is done all the same
        }
    }

    private boolean awaitThreads(long deadline) throws InterruptedException {
        for (Thread thread : threads) {
            if (!thread.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                return false;
            }
        }
        return workers.awaitTermination(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }

    private boolean isOwn(Thread thread) {
        return threads.contains(thread) || workers.isRunning();
    }
}
