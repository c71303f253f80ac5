package io.github.clip4j.cli;

import java.util.Locale;

/// A line on a terminal: how many images are done, how many a second, and how long the rest takes.
final class IndexProgress {
    private static final long SHOWN_EVERY = 200_000_000;

    private final boolean shown = Output.isTerminal();
    private long begun;
    private long last;
    private int total;
    private int done;

    void begin(int images) {
        total = images;
        begun = System.nanoTime();
    }

    void advance() {
        done++;
        long now = System.nanoTime();
        if (shown && now - last > SHOWN_EVERY) {
            last = now;
            double rate = done / Math.max(1e-3, (now - begun) / 1e9);
            long left = Math.round((total - done) / rate);
            System.err.printf(Locale.ROOT, "\rIndexing %,d of %,d, %.1f a second, %s left   ", done, total, rate, time(left));
            System.err.flush();
        }
    }

    static String time(long seconds) {
        return seconds < 60 ? seconds + " s"
                : seconds < 3600 ? String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d h", seconds / 3600, seconds / 60 % 60);
    }

    void end() {
        if (shown && done > 0) {
            System.err.print("\r" + " ".repeat(70) + "\r");
            System.err.flush();
        }
    }
}
