package io.github.clip4j.image;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// Inflates the image's chunks.
final class PngData implements AutoCloseable {
    private static final String FINISHED = "the data end";

    private final Inflater inflater = new Inflater();
    private final PngChunks chunks;
    private PngChunks.@Nullable Piece piece;
    private final byte[] buffer = new byte[1 << 16];
    private int from;
    private int to;
    private String end = "";


    PngData(PngChunks chunks) {
        this.chunks = chunks;
        this.piece = chunks.first();
    }

    /// Why there are no more bytes; empty while there may be some.
    String end() {
        return end;
    }

    /// Whether the data end as they should.
    boolean finished() {
        return end.equals(FINISHED);
    }

    /// Fills `row` up to `length`. Returns how many bytes there were.
    int read(byte[] row, int length) {
        int done = 0;
        while (done < length) {
            if (from == to && !fill()) {
                break;
            }
            int n = Math.min(length - done, to - from);
            System.arraycopy(buffer, from, row, done, n);
            from += n;
            done += n;
        }
        return done;
    }

    private boolean fill() {
        from = 0;
        to = 0;
        while (end.isEmpty() && to == 0) {
            if (inflater.needsInput() && !feed()) {
                end = "the data of the image end early";
                return false;
            }
            long before = inflater.getBytesWritten();
            try {
                to = inflater.inflate(buffer);
            } catch (DataFormatException e) {
                to = (int) (inflater.getBytesWritten() - before); // what was inflated before the damage
                end = "the data cannot be inflated: " + e.getMessage();
            }
            if (inflater.finished()) {
                end = FINISHED;
            } else if (inflater.needsDictionary()) {
                end = "the data need a dictionary";
            }
        }
        return to > 0;
    }

    private boolean feed() {
        while (piece != null) {
            PngChunks.Piece current = piece;
            piece = chunks.next(current);
            if (current.end() > current.start()) {
                inflater.setInput(chunks.bytes, current.start(), current.end() - current.start());
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
