package io.github.clip4j.core.format;

import io.github.clip4j.core.weights.WeightFormatException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/// Bytes that are read at positions: those of a file, of a part of one, or of an array. Several threads may read at once.
///
/// The bytes of a file are copied, never mapped: a file that is cut short while it is mapped kills the virtual machine.
public abstract sealed class ByteSource implements Closeable {
    /// The most bytes that are held in one array, as the archives of the JDK and compressed entries need.
    static final long MAX_ARRAY = Integer.MAX_VALUE - 8;

    private final String name;

    private ByteSource(String name) {
        this.name = name;
    }

    /// Opens a file of any file system. Files in an archive's file system are held in memory by it.
    ///
    /// @throws java.nio.file.NoSuchFileException when it is not there
    /// @throws WeightFormatException when it lies in an archive and has more than 2 GiB
    public static ByteSource open(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (file.getFileSystem().provider().getScheme().equals("jar") && Files.size(file) > MAX_ARRAY) {
            throw tooLarge(name, Files.size(file));
        }
        SeekableByteChannel channel = Files.newByteChannel(file, StandardOpenOption.READ);
        return channel instanceof FileChannel positional ? new OfFile(name, positional) : new OfChannel(name, channel);
    }

    /// The bytes of an array, which is not copied.
    public static ByteSource of(String name, byte[] bytes) {
        return new OfArray(name, bytes);
    }

    static WeightFormatException tooLarge(String name, long size) {
        return new WeightFormatException(
                ("%s: expected at most 2 GiB, because it has to be unpacked in memory, got %,d bytes; unpack the archive to a directory, "
                                + "and load that")
                        .formatted(name, size));
    }

    /// What to call it in messages: the file's name.
    public final String name() {
        return name;
    }

    /// The number of bytes.
    public abstract long size() throws IOException;

    /// Reads bytes from `position` on until `target` is full or the end is reached.
    ///
    /// @return whether `target` is full
    public abstract boolean read(ByteBuffer target, long position) throws IOException;

    /// The `count` bytes from `position` on.
    ///
    /// @throws WeightFormatException when they are not all there
    public final byte[] bytes(long position, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        if (!read(buffer, position)) {
            throw new WeightFormatException(name + ": the file was cut short while it was read");
        }
        return buffer.array();
    }

    /// The first bytes, at most `count`.
    public final byte[] start(int count) throws IOException {
        return bytes(0, (int) Math.min(count, size()));
    }

    /// `length` bytes from `position` on as a stream. It ends early when this source does.
    public final InputStream stream(long position, long length) {
        return new Stream(this, position, length);
    }

    /// `length` bytes from `position` on as a source, which does not close this one.
    public final ByteSource part(String partName, long position, long length) {
        return new Slice(partName, this, position, length);
    }

    /// A file that can be read at positions.
    private static final class OfFile extends ByteSource {
        private final FileChannel channel;

        OfFile(String name, FileChannel channel) {
            super(name);
            this.channel = channel;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public boolean read(ByteBuffer target, long position) throws IOException {
            long at = position;
            while (target.hasRemaining()) {
                int n = channel.read(target, at);
                if (n < 0) {
                    return false;
                }
                at += n;
            }
            return true;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /// A file of another file system, whose channel has one position for all.
    private static final class OfChannel extends ByteSource {
        private final SeekableByteChannel channel;

        OfChannel(String name, SeekableByteChannel channel) {
            super(name);
            this.channel = channel;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public boolean read(ByteBuffer target, long position) throws IOException {
            synchronized (channel) {
                channel.position(position);
                while (target.hasRemaining()) {
                    if (channel.read(target) < 0) {
                        return false;
                    }
                }
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /// An array.
    private static final class OfArray extends ByteSource {
        private final byte[] bytes;

        OfArray(String name, byte[] bytes) {
            super(name);
            this.bytes = bytes;
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public boolean read(ByteBuffer target, long position) {
            int count = (int) Math.min(target.remaining(), Math.max(0, bytes.length - position));
            if (count > 0) {
                target.put(bytes, (int) position, count);
            }
            return !target.hasRemaining();
        }

        @Override
        public void close() {}
    }

    /// A part of another source.
    private static final class Slice extends ByteSource {
        private final ByteSource whole;
        private final long begin;
        private final long length;

        Slice(String name, ByteSource whole, long begin, long length) {
            super(name);
            this.whole = whole;
            this.begin = begin;
            this.length = length;
        }

        @Override
        public long size() {
            return length;
        }

        @Override
        public boolean read(ByteBuffer target, long position) throws IOException {
            long there = Math.max(0, length - position);
            if (target.remaining() <= there) {
                return whole.read(target, begin + position);
            }
            int limit = target.limit();
            target.limit(target.position() + (int) there);
            whole.read(target, begin + position);
            target.limit(limit);
            return false;
        }

        @Override
        public void close() {}
    }

    /// A stream over a source.
    private static final class Stream extends InputStream {
        private final ByteSource source;
        private final long end;
        private long at;

        Stream(ByteSource source, long position, long length) {
            this.source = source;
            this.at = position;
            this.end = position + length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            if (length == 0) {
                return 0;
            }
            ByteBuffer buffer = ByteBuffer.wrap(target, offset, (int) Math.min(length, Math.max(0, end - at)));
            int before = buffer.position();
            source.read(buffer, at);
            int count = buffer.position() - before;
            at += count;
            return count == 0 ? -1 : count;
        }

        @Override
        public long skip(long count) {
            long skipped = Math.clamp(count, 0, end - at);
            at += skipped;
            return skipped;
        }
    }
}
