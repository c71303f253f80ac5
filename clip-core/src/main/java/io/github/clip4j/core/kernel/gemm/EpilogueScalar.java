package io.github.clip4j.core.kernel.gemm;

/// What follows the sums of a tile: bias and residual, by definition.
final class EpilogueScalar {
    private static final int NR = GemmShape.NR;

    private EpilogueScalar() {}

    /// c[i, j] = tile[i, j] + bias[j] for i < rows, j < cols; with `add` that is added to c[i, j].
    ///
    /// @param tile `[rows, NR]`, contiguous, from `tileOff`
    /// @param bias NR floats from `biasOff`
    /// @param cols how many of the tile's NR columns exist in C; what lies right of them is not written
    /// @param add whether C's old values are added: the residual connection
    static void finish(
            int rows, float[] tile, int tileOff, float[] bias, int biasOff, float[] c, int cOff, int ldc, int cols, boolean add) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                float y = tile[tileOff + i * NR + j] + bias[biasOff + j];
                int at = cOff + i * ldc + j;
                c[at] = add ? c[at] + y : y;
            }
        }
    }
}
