package io.github.clip4j.search;

/// The signs of vectors, a bit a component. How many differ between two vectors grows with the angle between them, and counting takes a
/// thirty-second of the memory of the products: a first look that leaves few vectors for the exact one.
final class SignBits {
    private final int words;
    private final long[][] blocks;
    private final int blockRows;
    private final int rows;

    /// @param vectors all their rows
    SignBits(VectorRows vectors, int dimension) {
        this.rows = vectors.rows();
        this.words = (dimension + Long.SIZE - 1) / Long.SIZE;
        this.blockRows = (1 << 22) / words;
        this.blocks = new long[(rows + blockRows - 1) / blockRows][];
        for (int block = 0; block < blocks.length; block++) {
            int count = Math.min(blockRows, rows - block * blockRows);
            blocks[block] = new long[count * words];
            for (int i = 0; i < count; i++) {
                int row = block * blockRows + i;
                pack(vectors.block(row), vectors.offset(row), dimension, blocks[block], i * words);
            }
        }
    }

    static long[] of(float[] vector) {
        long[] bits = new long[(vector.length + Long.SIZE - 1) / Long.SIZE];
        pack(vector, 0, vector.length, bits, 0);
        return bits;
    }

    private static void pack(float[] vector, int from, int dimension, long[] bits, int to) {
        for (int i = 0; i < dimension; i++) {
            bits[to + i / Long.SIZE] |= (long) (Float.floatToRawIntBits(vector[from + i]) >>> 31) << i;
        }
    }

    /// How many signs of each row differ from those of a query.
    ///
    /// @param out `[rows]`, from `outOff` on
    void distances(long[] query, short[] out, int outOff) {
        for (int block = 0; block < blocks.length; block++) {
            long[] bits = blocks[block];
            int first = outOff + block * blockRows;
            if (words == 8) {
                eight(bits, query, out, first);
                continue;
            }
            for (int i = 0; i < bits.length / words; i++) {
                int distance = 0;
                for (int word = 0; word < words; word++) {
                    distance += Long.bitCount(bits[i * words + word] ^ query[word]);
                }
                out[first + i] = (short) distance;
            }
        }
    }

    /// 512 components, the most usual number, without an inner loop.
    private static void eight(long[] bits, long[] q, short[] out, int first) {
        long q0 = q[0];
        long q1 = q[1];
        long q2 = q[2];
        long q3 = q[3];
        long q4 = q[4];
        long q5 = q[5];
        long q6 = q[6];
        long q7 = q[7];
        for (int i = 0, at = 0; at < bits.length; i++, at += 8) {
            out[first + i] = (short) (Long.bitCount(bits[at] ^ q0) + Long.bitCount(bits[at + 1] ^ q1) + Long.bitCount(bits[at + 2] ^ q2)
                    + Long.bitCount(bits[at + 3] ^ q3) + Long.bitCount(bits[at + 4] ^ q4) + Long.bitCount(bits[at + 5] ^ q5)
                    + Long.bitCount(bits[at + 6] ^ q6) + Long.bitCount(bits[at + 7] ^ q7));
        }
    }
}
