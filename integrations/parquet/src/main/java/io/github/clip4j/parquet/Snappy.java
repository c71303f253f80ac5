package io.github.clip4j.parquet;

import java.io.IOException;

/// Decompresses a block of Snappy, which pandas and pyarrow compress with unless told otherwise.
///
/// The length of the content comes first, as a varint. Then come elements, each with a tag whose lowest two bits say what it is: bytes as
/// they are, or a copy of earlier output, at an offset of 11, 16 or 32 bits. Source: google/snappy, `format_description.txt`.
final class Snappy {
    /// A copy of three bytes makes 64 at most, so a block of n bytes cannot hold more than 22 n.
    private static final int MAX_RATIO = 22;

    private final byte[] in;
    private final byte[] out;
    private int read;
    private int written;

    private Snappy(byte[] in, int length) throws IOException {
        this.in = in;
        long announced = varint();
        if (announced != length || length > (long) MAX_RATIO * in.length) {
            throw damaged("expected %d bytes of content, got a block of %d bytes that announces %d"
                    .formatted(length, in.length, announced));
        }
        this.out = new byte[length];
    }

    /// {@return the content of a block}
    ///
    /// @param block compressed
    /// @param length of the content, which the block must agree with
    /// @throws IOException when it is damaged
    static byte[] decompress(byte[] block, int length) throws IOException {
        Snappy snappy = new Snappy(block, length);
        while (snappy.read < block.length) {
            snappy.element();
        }
        if (snappy.written != length) {
            throw damaged("expected %d bytes of content, got %d".formatted(length, snappy.written));
        }
        return snappy.out;
    }

    private void element() throws IOException {
        int tag = next(1);
        switch (tag & 3) {
            case 0 -> {
                int size = tag >>> 2; // from 60 on the size follows, in 1 to 4 bytes
                literal(size < 60 ? size : next(size - 59));
            }
            case 1 -> copy(((tag >>> 2) & 7) + 4, ((tag >>> 5) << 8) | next(1));
            case 2 -> copy((tag >>> 2) + 1, next(2));
            default -> copy((tag >>> 2) + 1, next(4));
        }
    }

    /// @param last the size less one; negative when it is beyond 2^31, which no block holds
    private void literal(int last) throws IOException {
        if (last < 0 || last >= in.length - read || last >= out.length - written) {
            throw damaged("a piece at byte %d is longer than the block or its content".formatted(read));
        }
        System.arraycopy(in, read, out, written, last + 1);
        read += last + 1;
        written += last + 1;
    }

    private void copy(int size, int offset) throws IOException {
        if (offset <= 0 || offset > written || size > out.length - written) {
            throw damaged("a copy at byte %d is of %d bytes at the offset %d, after %d of %d bytes"
                    .formatted(read, size, offset, written, out.length));
        }
        for (int end = written + size; written < end; written++) { // one by one: a copy may overlap what it makes
            out[written] = out[written - offset];
        }
    }

    /// A number of little-endian bytes.
    private int next(int bytes) throws IOException {
        if (bytes > in.length - read) {
            throw damaged("the block ends within an element");
        }
        int value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (in[read++] & 0xff) << (8 * i);
        }
        return value;
    }

    private long varint() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = next(1);
            value |= (next & 0x7fL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw damaged("the length has more than five bytes");
    }

    private static IOException damaged(String what) {
        return new IOException("snappy: " + what);
    }
}
