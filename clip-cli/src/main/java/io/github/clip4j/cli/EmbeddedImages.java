package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The embeddings of images, in their order. The first images are read while the model is, and later ones while others are encoded.
///
/// Images are encoded in batches, which is faster; but the first one alone and then twice as many each time, so that the first answer comes
/// as soon as it can.
final class EmbeddedImages implements Iterator<EmbeddedImages.Result>, AutoCloseable {
    private static final int BATCH = 16;

    private final CompletableFuture<ClipPreprocess> preprocess = new CompletableFuture<>();
    private final ReadAhead<float[]> ahead;
    private final Deque<Result> embedded = new ArrayDeque<>();
    private @Nullable Clip clip;
    private int batch = 1;

    /// What became of an image.
    ///
    /// @param embedding null when there is an error
    /// @param error why it was not read, or null
    record Result(String name, @Nullable Embedding embedding, @Nullable String error) {}

    EmbeddedImages(Iterator<ImageItem> items, ReadOptions reading, int threads) {
        ahead = new ReadAhead<>(items, threads, BATCH + 2 * threads, item -> {
            Image image = reading.read(item);
            try {
                return preprocess.get().apply(image).toArray();
            } catch (InterruptedException | ExecutionException e) { // closed before there was a model
                throw new IllegalStateException(e);
            }
        });
    }

    /// Gives it the model, which it waits for.
    EmbeddedImages with(Clip model) {
        clip = model;
        preprocess.complete(model.preprocess());
        return this;
    }

    @Override
    public boolean hasNext() {
        return !embedded.isEmpty() || ahead.hasNext();
    }

    @Override
    public Result next() {
        if (embedded.isEmpty()) {
            embedBatch();
        }
        return embedded.remove();
    }

    private void embedBatch() {
        Clip model = clip;
        if (model == null || !ahead.hasNext()) {
            throw new NoSuchElementException();
        }
        List<ReadAhead.Result<float[]>> read = new ArrayList<>();
        while (read.size() < batch && ahead.hasNext()) {
            read.add(ahead.next());
        }
        batch = Math.min(2 * batch, BATCH);
        List<float[]> pixels = read.stream().flatMap(one -> Stream.ofNullable(one.value())).toList();
        Iterator<Embedding> embeddings = model.embedPixels(pixels).iterator();
        for (ReadAhead.Result<float[]> one : read) {
            embedded.add(new Result(one.item().name(), one.value() == null ? null : embeddings.next(), one.error()));
        }
    }

    @Override
    public void close() {
        ahead.close();
    }
}
