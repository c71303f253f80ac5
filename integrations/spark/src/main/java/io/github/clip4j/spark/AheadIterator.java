package io.github.clip4j.spark;

import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/// The results of a partition's items, in their order. Items are taken in chunks, and some chunks are under way at a time, each on a
/// virtual thread: while the model computes one, the task reads the next and writes what came before. The model encodes the chunks of all
/// tasks of the process together.
///
/// Belongs to the thread of a task. When the task ends or is killed, the chunks under way are given up.
///
/// @param <I> an item
/// @param <O> its result
final class AheadIterator<I, O> implements Iterator<O> {
    /// How much is under way.
    ///
    /// @param chunks under way
    /// @param items of a chunk at most
    /// @param bytes of a chunk after which it has no further item
    record Limits(int chunks, int items, long bytes) implements Serializable {
        /// Six files are read side by side, which hides the latency of an object store; at most about 100 MB are held.
        static final Limits IMAGES = new Limits(6, 32, 16 << 20);

        /// As many texts as `Clip` puts in order, so that they share their beginnings.
        static final Limits TEXTS = new Limits(2, 4096, 16 << 20);
    }

    private final Iterator<I> items;
    private final Limits limits;
    private final ToLongFunction<I> bytes;
    private final Function<List<I>, List<O>> work;
    private final Deque<FutureTask<List<O>>> underWay = new ArrayDeque<>();
    private Iterator<O> ready = Collections.emptyIterator();

    /// @param bytes that an item holds, about
    /// @param work gives as many results as it is given items, in their order
    AheadIterator(Iterator<I> items, Limits limits, ToLongFunction<I> bytes, Function<List<I>, List<O>> work) {
        this.items = items;
        this.limits = limits;
        this.bytes = bytes;
        this.work = work;
        TaskContext context = TaskContext.get();
        if (context != null) {
            context.addTaskCompletionListener((TaskCompletionListener) _ -> giveUp());
        }
    }

    @Override
    public boolean hasNext() {
        while (!ready.hasNext()) {
            while (underWay.size() < limits.chunks && items.hasNext()) {
                start();
            }
            if (underWay.isEmpty()) {
                return false;
            }
            ready = results(underWay.remove()).iterator();
        }
        return true;
    }

    @Override
    public O next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.next();
    }

    private void start() {
        List<I> chunk = new ArrayList<>();
        for (long held = 0; chunk.size() < limits.items && held < limits.bytes && items.hasNext(); ) {
            I item = items.next();
            chunk.add(item);
            held += bytes.applyAsLong(item);
        }
        FutureTask<List<O>> task = new FutureTask<>(() -> work.apply(chunk));
        underWay.add(task);
        Thread.ofVirtual().name("clip4j-spark").start(task);
    }

    private List<O> results(FutureTask<List<O>> chunk) {
        try {
            return chunk.get();
        } catch (InterruptedException e) {
            chunk.cancel(true);
            giveUp();
            Thread.currentThread().interrupt();
            var cancelled = new CancellationException("the task was killed");
            cancelled.initCause(e);
            throw cancelled;
        } catch (ExecutionException e) {
            giveUp();
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    private void giveUp() {
        underWay.forEach(chunk -> chunk.cancel(true));
        underWay.clear();
    }
}
