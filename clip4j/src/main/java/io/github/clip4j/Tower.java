package io.github.clip4j;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// An encoder as the queue sees it: it encodes what several callers want in one pass and gives each item its own result.
///
/// @param <P> what it encodes: pixels or token ids
final class Tower<P> {
    private final Function<List<P>, Tensor> encode;
    private final Workers workers;
    private final int capacity;
    private final Supplier<String> whyNotFinite;

    /// @param encode the inputs of a pass to one row each; a row does not depend, to the bit, on the others
    /// @param capacity see [#capacity()]
    /// @param whyNotFinite asked when a row holds a number that is not finite
    Tower(Function<List<P>, Tensor> encode, Workers workers, int capacity, Supplier<String> whyNotFinite) {
        this.encode = encode;
        this.workers = workers;
        this.capacity = capacity;
        this.whyNotFinite = whyNotFinite;
    }

    /// The weight of the items that are encoded together: what keeps all threads busy, and not more, so that the next callers do not wait
    /// for long.
    int capacity() {
        return capacity;
    }

    /// Prepares the items, spread over the team, and encodes them. Every item has its result then, or its own failure.
    void pass(List<Item<P>> items) {
        AtomicReferenceArray<P> inputs = new AtomicReferenceArray<>(items.size());
        AtomicInteger next = new AtomicInteger();
        Workers.Task prepare = worker -> {
            for (int i = next.getAndIncrement(); i < items.size(); i = next.getAndIncrement()) {
                prepare(items.get(i), i, inputs);
            }
        };
        if (items.size() == 1) {
            prepare.run(0);
        } else {
            workers.run(prepare);
        }
        List<Item<P>> ready = new ArrayList<>(items.size());
        List<P> prepared = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            P input = inputs.get(i);
            if (input != null) {
                ready.add(items.get(i));
                prepared.add(input);
            }
        }
        if (!ready.isEmpty()) {
            encode(ready, prepared);
        }
    }

    @SuppressWarnings("PMD.AvoidCatchingThrowable") // whatever a source throws belongs to its caller
    private void prepare(Item<P> item, int i, AtomicReferenceArray<P> inputs) {
        try {
            inputs.set(i, item.prepare());
        } catch (Throwable e) {
            item.fail(e);
        }
    }

    private void encode(List<Item<P>> items, List<P> inputs) {
        Tensor rows;
        try {
            rows = encode.apply(inputs);
        } catch (RuntimeException | Error e) {
            if (items.size() == 1) {
                items.getFirst().fail(e);
            } else { // one of them may be to blame: the others must not pay for it
                for (int i = 0; i < items.size(); i++) {
                    encode(List.of(items.get(i)), List.of(inputs.get(i)));
                }
            }
            return;
        }
        for (int i = 0; i < items.size(); i++) {
            finish(items.get(i), rows.rows(i, 1).toArray());
        }
    }

    private void finish(Item<?> item, float[] row) {
        try {
            item.complete(Embedding.normalized(row));
        } catch (IllegalArgumentException e) {
            boolean finite = IntStream.range(0, row.length).allMatch(i -> Float.isFinite(row[i]));
            item.fail(finite ? e : new IllegalStateException(whyNotFinite.get(), e));
        }
    }
}
