package io.github.clip4j.core.kernel.gemm;

/// The copy that turns rows into columns: what packing a matrix comes down to.
final class TransposeScalar {
    private TransposeScalar() {}

    /// `to[toOff + p·ldt + i] = a[aOff + i·lda + p]` for i < rows, p < k. Nothing else of `to` is written.
    ///
    /// Four rows at a time, so that a store finds its cache line where the last one left it, for 128 columns, so that what four rows wrote
    /// is still in L1 when the next four come. One row and 16 columns at a time take 2.3 times as long.
    static void transpose(float[] a, int aOff, int lda, int rows, int k, float[] to, int toOff, int ldt) {
        for (int from = 0; from < k; from += 128) {
            int end = Math.min(k, from + 128);
            int i = 0;
            for (; i <= rows - 4; i += 4) {
                int row0 = aOff + i * lda;
                int row1 = row0 + lda;
                int row2 = row1 + lda;
                int row3 = row2 + lda;
                int at = toOff + from * ldt + i;
                for (int p = from; p < end; p++, at += ldt) {
                    to[at] = a[row0 + p];
                    to[at + 1] = a[row1 + p];
                    to[at + 2] = a[row2 + p];
                    to[at + 3] = a[row3 + p];
                }
            }
            for (; i < rows; i++) {
                int row = aOff + i * lda;
                int at = toOff + from * ldt + i;
                for (int p = from; p < end; p++, at += ldt) {
                    to[at] = a[row + p];
                }
            }
        }
    }
}
