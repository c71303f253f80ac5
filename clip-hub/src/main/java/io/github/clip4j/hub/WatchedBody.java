package io.github.clip4j.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/// The body of an answer, which is closed when nothing comes for a while: Java's client waits for bytes for ever, and its time limit ends
/// with the headers. Only one read at a time.
final class WatchedBody extends FilterInputStream {
    private final Duration patience;
    private final Thread watch;
    private volatile long heard = System.nanoTime();
    private volatile boolean silent;

    WatchedBody(InputStream body, Duration patience) {
        super(body);
        this.patience = patience;
        this.watch = Thread.ofVirtual().name("watch of a download").start(this::watch);
    }

    /// Whether the body was closed because nothing came.
    boolean wasSilent() {
        return silent;
    }

    private void watch() {
        try {
            while (true) {
                long left = patience.toNanos() - (System.nanoTime() - heard);
                if (left <= 0) {
                    silent = true;
                    in.close(); // wakes the reader
                    return;
                }
                Thread.sleep(Duration.ofNanos(left));
            }
        } catch (InterruptedException | IOException e) {
            // the body has been read, or is gone
        }
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        try {
            int n = super.read(bytes, from, length);
            heard = System.nanoTime();
            return n;
        } catch (IOException e) {
            throw silent ? new IOException("nothing came for %,d ms".formatted(patience.toMillis()), e) : e;
        }
    }

    @Override
    public void close() throws IOException {
        watch.interrupt();
        super.close();
    }
}
