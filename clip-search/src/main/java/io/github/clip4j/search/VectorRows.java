package io.github.clip4j.search;

import java.nio.FloatBuffer;

/// Rows of float32 in memory, in blocks: one array cannot hold a million of them.
final class VectorRows {
    private static final int BLOCK_FLOATS = 1 << 22;

    private final int rows;
    private final int dimension;
    private final int blockRows;
    private final float[][] blocks;

    VectorRows(int rows, int dimension) {
        this.rows = rows;
        this.dimension = dimension;
        this.blockRows = Math.max(1, BLOCK_FLOATS / dimension);
        this.blocks = new float[(rows + blockRows - 1) / blockRows][];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = new float[Math.min(blockRows, rows - i * blockRows) * dimension];
        }
    }

    int rows() {
        return rows;
    }

    /// The block of a row.
    float[] block(int row) {
        return blocks[row / blockRows];
    }

    /// Where a row begins in its block.
    int offset(int row) {
        return row % blockRows * dimension;
    }

    /// Rows from this one on that lie in the same block.
    int following(int row) {
        return Math.min(rows - row, blockRows - row % blockRows);
    }

    /// Copies a row in.
    void put(int row, FloatBuffer values) {
        values.get(block(row), offset(row), dimension);
    }

    float[] row(int row) {
        float[] copy = new float[dimension];
        System.arraycopy(block(row), offset(row), copy, 0, dimension);
        return copy;
    }

    /// The product of a row with a vector, summed in double as in `Embedding.dot`.
    double dot(int row, float[] q) {
        float[] block = block(row);
        int offset = offset(row);
        double sum = 0;
        for (int i = 0; i < q.length; i++) {
            sum += (double) block[offset + i] * q[i];
        }
        return sum;
    }
}
