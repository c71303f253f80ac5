package io.github.clip4j.search;

import java.util.stream.IntStream;

/// The signs of vectors, a bit a component. How many differ between two vectors grows with the angle between them, and counting takes a
/// thirty-second of the memory of the products: a first look that leaves few vectors for the exact one.
final class SignBits {
    private static final int BLOCK_WORDS = 1 << 17;

    private final int words;
    private final long[][] blocks;
    private final int blockRows;

    /// @param vectors all their rows
    SignBits(VectorRows vectors, int dimension) {
        int rows = vectors.rows();
        this.words = (dimension + Long.SIZE - 1) / Long.SIZE;
        this.blockRows = Math.max(1, BLOCK_WORDS / words);
        this.blocks = new long[(rows + blockRows - 1) / blockRows][];
        IntStream.range(0, blocks.length).parallel().forEach(block -> {
            int count = Math.min(blockRows, rows - block * blockRows);
            blocks[block] = new long[count * words];
            for (int i = 0; i < count; i++) {
                int row = block * blockRows + i;
                pack(vectors.block(row), vectors.offset(row), dimension, blocks[block], i * words);
            }
        });
    }

    static long[] of(float[] vector) {
        long[] bits = new long[(vector.length + Long.SIZE - 1) / Long.SIZE];
        pack(vector, 0, vector.length, bits, 0);
        return bits;
    }

    private static void pack(float[] vector, int from, int dimension, long[] bits, int to) {
        for (int first = 0; first < dimension; first += Long.SIZE) {
            long word = 0;
            for (int i = Math.min(dimension, first + Long.SIZE) - 1; i >= first; i--) {
                word = word << 1 | Float.floatToRawIntBits(vector[from + i]) >>> 31;
            }
            bits[to + first / Long.SIZE] = word;
        }
    }

    /// How many signs of rows differ from those of a query.
    ///
    /// @param out `[rows]`; overwritten from `from` to `to`
    void distances(long[] query, short[] out, int from, int to) {
        for (int row = from; row < to; ) {
            int first = row % blockRows;
            int count = Math.min(to - row, blockRows - first);
            long[] bits = blocks[row / blockRows];
            if (words == 8) {
                eight(bits, first * words, count, query, out, row);
            } else {
                any(bits, first * words, count, query, out, row);
            }
            row += count;
        }
    }

    private static void any(long[] bits, int bitsOff, int count, long[] query, short[] out, int outOff) {
        for (int i = 0; i < count; i++) {
            int distance = 0;
            for (int word = 0; word < query.length; word++) {
                distance += Long.bitCount(bits[bitsOff + i * query.length + word] ^ query[word]);
            }
            out[outOff + i] = (short) distance;
        }
    }

    /// 512 components, the most usual number, without an inner loop.
    private static void eight(long[] bits, int bitsOff, int count, long[] q, short[] out, int outOff) {
        long q0 = q[0];
        long q1 = q[1];
        long q2 = q[2];
        long q3 = q[3];
        long q4 = q[4];
        long q5 = q[5];
        long q6 = q[6];
        long q7 = q[7];
        for (int i = 0, at = bitsOff; i < count; i++, at += 8) {
            out[outOff + i] = (short) (Long.bitCount(bits[at] ^ q0) + Long.bitCount(bits[at + 1] ^ q1) + Long.bitCount(bits[at + 2] ^ q2)
                    + Long.bitCount(bits[at + 3] ^ q3) + Long.bitCount(bits[at + 4] ^ q4) + Long.bitCount(bits[at + 5] ^ q5)
                    + Long.bitCount(bits[at + 6] ^ q6) + Long.bitCount(bits[at + 7] ^ q7));
        }
    }
}
