package io.github.clip4j.core.kernel.gemm;

/// Same contract and the same bits as [GemmTileVector], for a cold start: each sum is the same chain of fused multiply-adds, in a plain loop.
final class GemmTilePlain {
    private static final int NR = GemmShape.NR;

    private GemmTilePlain() {}

    static void multiply(int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < NR; j += 8) {
                eightColumns(rows, k, a, aOff + i, b, bOff + j, c, cOff + i * ldc + j);
            }
        }
    }

    /// One row of A. Eight chains, because each waits four cycles for its last sum.
    private static void eightColumns(int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
        float sum0 = 0;
        float sum1 = 0;
        float sum2 = 0;
        float sum3 = 0;
        float sum4 = 0;
        float sum5 = 0;
        float sum6 = 0;
        float sum7 = 0;
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += rows, j += NR) {
            float x = a[i];
            sum0 = Math.fma(x, b[j], sum0);
            sum1 = Math.fma(x, b[j + 1], sum1);
            sum2 = Math.fma(x, b[j + 2], sum2);
            sum3 = Math.fma(x, b[j + 3], sum3);
            sum4 = Math.fma(x, b[j + 4], sum4);
            sum5 = Math.fma(x, b[j + 5], sum5);
            sum6 = Math.fma(x, b[j + 6], sum6);
            sum7 = Math.fma(x, b[j + 7], sum7);
        }
        c[cOff] += sum0;
        c[cOff + 1] += sum1;
        c[cOff + 2] += sum2;
        c[cOff + 3] += sum3;
        c[cOff + 4] += sum4;
        c[cOff + 5] += sum5;
        c[cOff + 6] += sum6;
        c[cOff + 7] += sum7;
    }
}
