package io.github.clip4j;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// One image or text on its way through a pass.
///
/// @param <P> what the tower encodes: pixels or token ids
final class Item<P> {
    private final Tower<P> tower;
    private final Callable<? extends P> input;
    private final int weight;
    private final CompletableFuture<Embedding> result = new CompletableFuture<>();

    /// @param input what is encoded; called on a thread of the team, so it computes and does not wait
    /// @param weight how much of a pass it fills, see [Tower#capacity()]
    Item(Tower<P> tower, Callable<? extends P> input, int weight) {
        this.tower = tower;
        this.input = input;
        this.weight = weight;
    }

    Tower<P> tower() {
        return tower;
    }

    int weight() {
        return weight;
    }

    P prepare() throws Exception {
        return input.call();
    }

    void complete(Embedding embedding) {
        result.complete(embedding);
    }

    void fail(Throwable failure) {
        result.completeExceptionally(failure);
    }

    /// Its caller has gone, or the model was closed: it is not encoded if its pass has not begun.
    void drop() {
        result.cancel(false);
    }

    boolean isDropped() {
        return result.isCancelled();
    }

    /// Whether it has its result, or has failed, or was dropped.
    boolean hasEnded() {
        return result.isDone();
    }

    /// Waits until it has ended.
    ///
    /// @throws CancellationException when the thread is interrupted; its interrupt status stays set
    void awaitEnd() {
        try {
            if (Thread.interrupted()) { // also when the result is there already
                throw new InterruptedException();
            }
            result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted: the work was given up");
        } catch (ExecutionException | CancellationException e) {
            return; // it has ended all the same
        }
    }

    /// Its embedding, once it has ended.
    ///
    /// @throws RuntimeException what went wrong with it, or an Error
    Embedding get() {
        return switch (failure()) {
            case null -> result.resultNow();
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        };
    }

    /// Tells a sink how it has ended.
    void tell(EmbeddingSink sink, long index) {
        Throwable failure = failure();
        if (failure == null) {
            sink.embedded(index, result.resultNow());
        } else {
            sink.failed(index, failure);
        }
    }

    /// What went wrong with it, or null when it has its embedding.
    @Nullable Throwable failure() {
        return result.state() == Future.State.FAILED ? result.exceptionNow() : null;
    }
}
