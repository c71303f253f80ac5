package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The bytes of one or several pickles, read one after the other through a small buffer: in files of PyTorch before 1.6 nothing says where
/// a pickle ends but its last operation.
final class PickleInput {
    private static final int CHUNK = 1 << 16;

    /// Real pickles of weights have some hundred kilobytes; those of a large optimizer some megabytes.
    private static final long MAX_BYTES = 50_000_000;

    /// A name that a pickle refers to is a line: module, then name. Python's own modules have no longer ones.
    private static final int MAX_LINE = 1_000;

    private final ByteSource source;
    private final String where;
    private final ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long next;

    /// @param next where the first pickle begins
    /// @param where what to call it in messages
    PickleInput(ByteSource source, long next, String where) {
        this.source = source;
        this.where = where;
        this.next = next;
    }

    String where() {
        return where;
    }

    /// Where the next byte is.
    long position() {
        return next - buffer.remaining();
    }

    /// What to throw when the machine found the pickle to be malformed.
    WeightFormatException malformed(RuntimeException cause) throws IOException {
        return new WeightFormatException("%s: malformed pickle at byte %d of %d".formatted(where, position(), source.size()), cause);
    }

    private WeightFormatException cutShort() throws IOException {
        return new WeightFormatException("%s: malformed pickle at byte %d of %d: it ends too early"
                .formatted(where, position(), source.size()));
    }

    /// Makes sure that the next `count` bytes are in the buffer.
    private void need(int count) throws IOException {
        if (buffer.remaining() >= count) {
            return;
        }
        if (next + count > MAX_BYTES) {
            throw new WeightFormatException("%s: expected a pickle of at most %,d bytes".formatted(where, MAX_BYTES));
        }
        buffer.compact();
        long there = source.size() - next;
        buffer.limit((int) Math.min(buffer.limit(), buffer.position() + Math.max(0, there)));
        int before = buffer.position();
        source.read(buffer, next);
        next += buffer.position() - before;
        buffer.flip();
        if (buffer.remaining() < count) {
            throw cutShort();
        }
    }

    int u8() throws IOException {
        need(1);
        return buffer.get() & 0xff;
    }

    int u16() throws IOException {
        need(Short.BYTES);
        return buffer.getShort() & 0xffff;
    }

    int i32() throws IOException {
        need(Integer.BYTES);
        return buffer.getInt();
    }

    long i64() throws IOException {
        need(Long.BYTES);
        return buffer.getLong();
    }

    /// The next `length` bytes, which must be there; nothing larger is allocated.
    byte[] bytes(long length) throws IOException {
        requireRest(length);
        byte[] bytes = new byte[(int) length];
        int done = Math.min(bytes.length, buffer.remaining());
        buffer.get(bytes, 0, done);
        if (done < bytes.length) {
            if (!source.read(ByteBuffer.wrap(bytes, done, bytes.length - done), next)) {
                throw cutShort();
            }
            next += bytes.length - done;
        }
        return bytes;
    }

    void skip(long length) throws IOException {
        requireRest(length);
        int there = (int) Math.min(length, buffer.remaining());
        buffer.position(buffer.position() + there);
        next += length - there;
    }

    /// Checks that there are `length` bytes more.
    void requireRest(long length) throws IOException {
        long rest = Math.min(source.size(), MAX_BYTES) - position();
        if (length < 0 || length > rest) {
            throw new WeightFormatException("%s: expected a string of at most %,d bytes at byte %d, got %,d"
                    .formatted(where, Math.max(0, rest), position(), length));
        }
    }

    /// The next bytes up to a line's end, which is left out.
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = u8(); c != '\n'; c = u8()) {
            if (line.length() == MAX_LINE) {
                throw new WeightFormatException("%s: malformed pickle at byte %d: expected a line of at most %,d characters"
                        .formatted(where, position(), MAX_LINE));
            }
            line.append((char) c);
        }
        return new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
