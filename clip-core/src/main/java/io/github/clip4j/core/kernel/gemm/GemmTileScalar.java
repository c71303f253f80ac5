package io.github.clip4j.core.kernel.gemm;

/// One tile of a matrix product, by definition, with sums in double.
final class GemmTileScalar {
    private static final int NR = GemmShape.NR;

    private GemmTileScalar() {}

    /// c[i, j] += Σₚ a[p, i]·b[p, j] for i < rows, j < NR.
    ///
    /// A is one packed tile `[k, rows]`, B one packed panel `[k, NR]`, C has rows `ldc` apart.
    ///
    /// @param rows the height of the tile, 1 to [GemmShape#MAX_ROWS]
    static void multiply(int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < NR; j++) {
                double sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += (double) a[aOff + p * rows + i] * b[bOff + p * NR + j];
                }
                c[cOff + i * ldc + j] += (float) sum;
            }
        }
    }
}
