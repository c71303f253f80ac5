package io.github.clip4j.core.kernel.gemm;

import static io.github.clip4j.core.kernel.Fma.fma;

import java.util.Arrays;

/// One tile of a matrix product. Each element's sum is one chain of fused multiply-adds in ascending p.
///
/// The inner loop runs over the columns of one row, whose sums do not depend on each other, so C2 makes vectors of it. It adds four
/// products to each sum, because a sum is loaded and stored in every step. C2 must also see that the arrays do not overlap: all of them
/// begin at index 0. So four rows of the panel are copied to arrays of their own, once for all rows of the tile, and the sums of a row have
/// an array, too.
final class GemmTileScalar {
    private static final int NR = GemmShape.NR;

    /// The rows of the panel that are added in one step.
    private static final int STEPS = 4;

    /// The copies of the panel's rows, then the sums of each row of the tile. Per thread, because a forward pass allocates nothing.
    private static final ThreadLocal<float[][]> ROWS = ThreadLocal.withInitial(() -> new float[STEPS + GemmShape.MAX_ROWS][NR]);

    private GemmTileScalar() {}

    /// c[i, j] += Σₚ a[p, i]·b[p, j] for i < rows, j < cols.
    ///
    /// A is one packed tile `[k, rows]`, B one packed panel `[k, NR]`, C has rows `ldc` apart.
    ///
    /// @param rows the height of the tile, 1 to [GemmShape#MAX_ROWS]
    /// @param cols how many of the panel's columns are needed, at most NR
    static void multiply(int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc, int cols) {
        float[][] buffers = ROWS.get();
        float[] b0 = buffers[0];
        float[] b1 = buffers[1];
        float[] b2 = buffers[2];
        float[] b3 = buffers[3];
        for (int i = 0; i < rows; i++) {
            Arrays.fill(buffers[STEPS + i], 0, cols, 0f);
        }
        int x = aOff;
        int y = bOff;
        int p = 0;
        for (; p <= k - STEPS; p += STEPS, x += STEPS * rows, y += STEPS * NR) {
            System.arraycopy(b, y, b0, 0, cols);
            System.arraycopy(b, y + NR, b1, 0, cols);
            System.arraycopy(b, y + 2 * NR, b2, 0, cols);
            System.arraycopy(b, y + 3 * NR, b3, 0, cols);
            for (int i = x; i < x + rows; i++) {
                addFour(a[i], a[i + rows], a[i + 2 * rows], a[i + 3 * rows], b0, b1, b2, b3, buffers[STEPS + i - x], cols);
            }
        }
        for (; p < k; p++, x += rows, y += NR) {
            System.arraycopy(b, y, b0, 0, cols);
            for (int i = x; i < x + rows; i++) {
                addOne(a[i], b0, buffers[STEPS + i - x], cols);
            }
        }
        for (int i = 0; i < rows; i++) {
            int row = cOff + i * ldc;
            System.arraycopy(c, row, b0, 0, cols);
            add(buffers[STEPS + i], b0, cols);
            System.arraycopy(b0, 0, c, row, cols);
        }
    }

    private static void addFour(
            float a0, float a1, float a2, float a3, float[] b0, float[] b1, float[] b2, float[] b3, float[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] = fma(a3, b3[j], fma(a2, b2[j], fma(a1, b1[j], fma(a0, b0[j], sums[j]))));
        }
    }

    private static void addOne(float a, float[] b, float[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] = fma(a, b[j], sums[j]);
        }
    }

    private static void add(float[] sums, float[] c, int n) {
        for (int j = 0; j < n; j++) {
            c[j] += sums[j];
        }
    }
}
