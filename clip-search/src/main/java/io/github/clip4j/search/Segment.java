package io.github.clip4j.search;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The two files of a segment, which only grow: `NAME.vectors`, little-endian float32 rows, and `NAME.records`, what became of which path.
///
/// A record is its length, the CRC-32C of the rest, and the rest: a kind, the path, and for an entry its metadata, the row of its vector
/// and the vector's CRC-32C. Integers are big-endian.
final class Segment {
    static final String RECORDS = ".records";
    static final String VECTORS = ".vectors";

    private static final int HEAD = 8;
    private static final int LONGEST = 1 << 20;
    private static final byte ENTRY = 1;
    private static final byte REMOVAL = 2;
    private static final int NONE = -1;

    /// What a record says.
    ///
    /// @param entry null for a removal
    /// @param row of the vector within the segment, or −1
    record Change(String path, @Nullable IndexEntry entry, int row, int vectorChecksum) {}

    private Segment() {}

    static int checksum(byte[] bytes, int from, int count) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, from, count);
        return (int) checksum.getValue();
    }

    private static byte[] encode(Change change) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(0); // room for length and checksum
            IndexEntry entry = change.entry;
            out.writeByte(entry == null ? REMOVAL : ENTRY);
            text(out, change.path);
            if (entry != null) {
                out.writeLong(entry.size());
                out.writeLong(entry.modified());
                text(out, entry.hash());
                out.writeInt(entry.width());
                out.writeInt(entry.height());
                out.writeBoolean(entry.error().isPresent());
                text(out, entry.error().orElse(""));
                out.writeInt(change.row);
                out.writeInt(change.vectorChecksum);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not in memory
        }
        byte[] record = bytes.toByteArray();
        int length = record.length - HEAD;
        if (length > LONGEST) {
            throw new IllegalArgumentException("an entry of %,d bytes: expected at most %,d".formatted(length, LONGEST));
        }
        ByteBuffer.wrap(record).putInt(length).putInt(checksum(record, HEAD, length));
        return record;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        String text = new String(in.array(), in.arrayOffset() + in.position(), length, StandardCharsets.UTF_8);
        in.position(in.position() + length);
        return text;
    }

    /// The committed records of a segment, one after the other.
    ///
    /// A search begins with reading all of them, before anything is compiled: a hundred thousand, each as one object of a stream, took
    /// half a second.
    static final class Reader implements Closeable {
        private final FileChannel in;
        private final long end;
        private ByteBuffer bytes = ByteBuffer.allocate(1 << 18).limit(0);
        private long position;

        /// @param end the committed bytes
        Reader(Path file, long end) throws IOException {
            this.in = FileChannel.open(file, StandardOpenOption.READ);
            this.end = end;
        }

        /// The next record; null at the end, and where no valid one begins.
        @Nullable Change next() throws IOException {
            if (end - position < HEAD || !has(HEAD)) {
                return null;
            }
            int length = bytes.getInt();
            int expected = bytes.getInt();
            if (length < 1 || length > Math.min(LONGEST, end - position - HEAD) || !has(length)) {
                return null;
            }
            int begin = bytes.position();
            if (checksum(bytes.array(), begin, length) != expected) {
                return null;
            }
            int limit = bytes.limit();
            bytes.limit(begin + length);
            Change change = decode(bytes);
            bytes.limit(limit).position(begin + length);
            position += change == null ? 0 : HEAD + length;
            return change;
        }

        /// Reads on until so many bytes are there; false when the file ends before.
        private boolean has(int count) throws IOException {
            if (bytes.remaining() < count) {
                bytes = count <= bytes.capacity() ? bytes.compact() : ByteBuffer.allocate(count).put(bytes);
                while (bytes.position() < count && in.read(bytes) >= 0) {
                    // until there are enough
                }
                bytes.flip();
            }
            return bytes.remaining() >= count;
        }

        /// The bytes of the records that were read.
        long position() {
            return position;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /// @param in a record, from its kind to its end
    private static @Nullable Change decode(ByteBuffer in) {
        try {
            byte kind = in.get();
            String path = text(in);
            if (kind == REMOVAL) {
                return new Change(path, null, NONE, 0);
            }
            long size = in.getLong();
            long modified = in.getLong();
            String hash = text(in);
            int width = in.getInt();
            int height = in.getInt();
            boolean failed = in.get() != 0;
            String error = text(in);
            IndexEntry entry =
                    new IndexEntry(path, size, modified, hash, width, height, failed ? Optional.of(error) : Optional.empty());
            return new Change(path, entry, in.getInt(), in.getInt());
        } catch (BufferUnderflowException e) {
            return null; // a valid checksum over something else
        }
    }

    /// Reads one vector of those that are committed.
    static float[] vector(Path folder, String name, int row, int dimension) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(dimension * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Path file = folder.resolve(name + VECTORS);
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            long at = (long) row * bytes.capacity();
            while (bytes.hasRemaining() && in.read(bytes, at + bytes.position()) >= 0) {
                // until all is read
            }
        }
        if (bytes.hasRemaining()) {
            throw new IOException("%s: expected a vector in row %,d, got the end of the file".formatted(file, row));
        }
        float[] vector = new float[dimension];
        bytes.flip().asFloatBuffer().get(vector);
        return vector;
    }

    /// Appends to a segment. Nothing is confirmed before [#force()].
    static final class Writer implements Closeable {
        private final String name;
        private final FileChannel records;
        private final FileChannel vectors;
        private final ByteArrayOutputStream waitingRecords = new ByteArrayOutputStream();
        private final ByteArrayOutputStream waitingVectors = new ByteArrayOutputStream();
        private final int dimension;
        private long recordBytes;
        private int rows;

        /// Opens a segment at its committed end: what lies behind it was never confirmed, and is cut off.
        Writer(Path folder, Manifest.Part part, int dimension) throws IOException {
            this.name = part.name();
            this.dimension = dimension;
            this.recordBytes = part.recordBytes();
            this.rows = part.vectors();
            this.records = open(folder.resolve(name + RECORDS), recordBytes);
            try {
                this.vectors = open(folder.resolve(name + VECTORS), (long) rows * dimension * Float.BYTES);
            } catch (IOException | RuntimeException e) {
                records.close();
                throw e;
            }
            Manifest.forceFolder(folder); // before a manifest names the files
        }

        private static FileChannel open(Path file, long end) throws IOException {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                channel.truncate(end);
                channel.position(end);
                return channel;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        }

        /// Appends an entry.
        ///
        /// @param vector null for an entry without one
        /// @return the vector's row, or −1
        int put(IndexEntry entry, float @Nullable [] vector) {
            if (vector == null) {
                waitingRecords.writeBytes(encode(new Change(entry.path(), entry, NONE, 0)));
                return NONE;
            }
            byte[] bytes = new byte[dimension * Float.BYTES];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(vector);
            waitingRecords.writeBytes(encode(new Change(entry.path(), entry, rows, checksum(bytes, 0, bytes.length))));
            waitingVectors.writeBytes(bytes);
            return rows++;
        }

        void remove(String path) {
            waitingRecords.writeBytes(encode(new Change(path, null, NONE, 0)));
        }

        /// Whether there is something to force.
        boolean isWaiting() {
            return waitingRecords.size() > 0;
        }

        /// Whether so much waits that it should be written, to bound the memory.
        boolean isFull() {
            return waitingVectors.size() + waitingRecords.size() > 1 << 26;
        }

        /// Brings everything to the disk.
        Manifest.Part force() throws IOException {
            write(vectors, waitingVectors);
            recordBytes += write(records, waitingRecords);
            vectors.force(true);
            records.force(true);
            return new Manifest.Part(name, recordBytes, rows);
        }

        private static int write(FileChannel channel, ByteArrayOutputStream waiting) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(waiting.toByteArray());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            waiting.reset();
            return bytes.limit();
        }

        @Override
        public void close() throws IOException {
            try (records; vectors) {
                waitingRecords.reset();
            }
        }
    }
}
