package io.github.clip4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Reads image files on threads of its own while the encoder works on earlier ones, and hands them out in order.
final class ReadAhead<T> implements AutoCloseable {
    /// Turns a file into what the encoder takes.
    @FunctionalInterface
    interface Reader<T> {
        T read(Path file) throws IOException;
    }

    private final Iterator<Path> files;
    private final Reader<T> reader;
    private final ExecutorService executor;
    private final Deque<Future<T>> underWay = new ArrayDeque<>();

    /// @param ahead the files that are read, or wait to be taken, at any time: bounds the memory
    ReadAhead(List<Path> files, int threads, int ahead, Reader<T> reader) {
        this.files = files.iterator();
        this.reader = reader;
        this.executor = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("clip4j-read-", 1).factory());
        for (int i = 0; i < ahead; i++) {
            start();
        }
    }

    private void start() {
        if (files.hasNext()) {
            Path file = files.next();
            Callable<T> task = () -> reader.read(file);
            underWay.add(executor.submit(task));
        }
    }

    /// The next file's content; called once for each file.
    ///
    /// @throws IOException when that file could not be read; the next call is for the file after it
    /// @throws IllegalArgumentException when what it holds cannot be prepared; the next call is for the file after it
    T next() throws IOException {
        Future<T> first = underWay.remove();
        start();
        try {
            return first.get();
        } catch (ExecutionException e) {
            switch (Objects.requireNonNull(e.getCause())) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while images were read", e);
        }
    }

    /// What to say of a file that failed. Exceptions about reading name the file themselves.
    static String message(Path file, Exception e) {
        return e instanceof IOException ? ClipCommand.message(e) : file.getFileName() + ": " + ClipCommand.message(e);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
