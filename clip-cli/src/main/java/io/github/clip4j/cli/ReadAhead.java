package io.github.clip4j.cli;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Reads images on threads of its own while the encoder works on earlier ones, and hands them out in order. An image that cannot be read
/// costs the others nothing.
final class ReadAhead<T> implements AutoCloseable, Iterator<ReadAhead.Result<T>> {
    /// Turns an image into what the encoder takes.
    @FunctionalInterface
    interface Reader<T> {
        T read(ImageItem item) throws IOException;
    }

    /// What became of an image.
    ///
    /// @param value what was read, or null
    /// @param error why it was not, or null
    record Result<T>(ImageItem item, @Nullable T value, @Nullable String error) {}

    private record UnderWay<T>(ImageItem item, Future<T> value) {}

    private final Iterator<ImageItem> items;
    private final Reader<T> reader;
    private final ExecutorService executor;
    private final int ahead;
    private final Deque<UnderWay<T>> underWay = new ArrayDeque<>();

    /// @param items asked for the next one on the thread that asks for results
    /// @param ahead the images that are read, or wait to be taken, at any time: bounds the memory
    ReadAhead(Iterator<ImageItem> items, int threads, int ahead, Reader<T> reader) {
        this.items = items;
        this.reader = reader;
        this.ahead = ahead;
        this.executor = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("clip4j-read-", 1).factory());
        fill();
    }

    private void fill() {
        while (underWay.size() < ahead && items.hasNext()) {
            ImageItem item = items.next();
            Callable<T> task = () -> {
                if (item.error() != null) {
                    throw new IOException(item.error());
                }
                return reader.read(item);
            };
            underWay.add(new UnderWay<>(item, executor.submit(task)));
        }
    }

    @Override
    public boolean hasNext() {
        return !underWay.isEmpty();
    }

    @Override
    public Result<T> next() {
        UnderWay<T> first = underWay.remove();
        Result<T> result = result(first);
        fill();
        return result;
    }

    private Result<T> result(UnderWay<T> first) {
        try {
            return new Result<>(first.item, first.value.get(), null);
        } catch (ExecutionException e) {
            Throwable failure = Objects.requireNonNull(e.getCause());
            String error = first.item.error();
            return new Result<>(first.item, null, error != null ? error : message(first.item, failure));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while images were read", e);
        }
    }

    private static String message(ImageItem item, Throwable failure) {
        return failure instanceof OutOfMemoryError
                ? item.name() + ": expected an image that fits into memory, got one that does not; raise it with CLIP_JAVA_OPTS=-Xmx8g"
                : item.message(failure);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
