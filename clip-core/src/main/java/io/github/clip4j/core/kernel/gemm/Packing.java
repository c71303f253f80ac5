package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.KernelForm;
import java.util.Arrays;

/// Copies matrices into the panels that the package describes.
public final class Packing {
    private Packing() {}

    /// The number of floats that the panels of a `[k, n]` matrix take.
    public static long size(int k, int n) {
        return (long) GemmShape.panels(n) * GemmShape.NR * k;
    }

    /// Packs B = Wᵀ, where W is `[n, k]` and contiguous: the form that linear layers are stored in.
    ///
    /// Columns `column` to `column + n` of B are written, so that several matrices can stand side by side; padding is left as it is.
    ///
    /// Scalar in any case: weights are packed once, at the start, and code of the Vector API that C2 has not compiled yet is a hundred
    /// times slower.
    public static void packWeight(float[] w, int k, int n, float[] panels, int panelsOff, int column) {
        int nr = GemmShape.NR;
        for (int j = 0; j < n; ) {
            int col = column + j;
            int rows = Math.min(n - j, nr - col % nr); // of W, as far as this panel goes
            TransposeScalar.transpose(w, j * k, k, rows, k, panels, panelsOff + col / nr * nr * k + col % nr, nr);
            j += rows;
        }
    }

    /// The same into panels of 16-bit numbers that begin the array.
    static void packWeight(float[] w, int k, int n, Panels.Format format, short[] panels, int column) {
        int nr = GemmShape.NR;
        for (int block = 0; block < n; block += nr) {
            int end = Math.min(n, block + nr);
            for (int p0 = 0; p0 < k; p0 += 16) {
                int p1 = Math.min(k, p0 + 16);
                for (int j = block; j < end; j++) {
                    int to = ((column + j) / nr) * nr * k + (column + j) % nr;
                    for (int p = p0; p < p1; p++) {
                        panels[to + p * nr] = format.narrow(w[j * k + p]);
                    }
                }
            }
        }
    }

    /// Packs B = Kᵀ, where K is `[n, k]` with rows `ldk` apart: keys for queries. Padding is left as it is.
    static void packKeys(KernelForm form, float[] keys, int keysOff, int ldk, int n, int k, float[] panels, int panelsOff) {
        int nr = GemmShape.NR;
        for (int j = 0; j < n; j += nr) {
            transpose(form, keys, keysOff + j * ldk, ldk, Math.min(nr, n - j), k, panels, panelsOff + j * k, nr);
        }
    }

    /// Packs B, `[k, n]` with rows `ldb` apart; the last panel's padding is set to zero.
    static void pack(float[] b, int bOff, int ldb, int k, int n, float[] panels, int panelsOff) {
        int nr = GemmShape.NR;
        for (int j = 0; j < n; j += nr) {
            int cols = Math.min(nr, n - j);
            int to = panelsOff + j * k;
            for (int p = 0; p < k; p++) {
                System.arraycopy(b, bOff + p * ldb + j, panels, to + p * nr, cols);
                if (cols < nr) {
                    Arrays.fill(panels, to + p * nr + cols, to + (p + 1) * nr, 0f);
                }
            }
        }
    }

    /// Packs tiles `from` to `to` of A, `[m, k]` with rows `lda` apart: tile by tile, and within a tile column by column of A.
    ///
    /// Tile t begins at `tileStart(m, t)·k` of `tiles`, which takes m·k floats.
    public static void packTiles(
            KernelForm form, float[] a, int aOff, int lda, int m, int k, float[] tiles, int tilesOff, int from, int to) {
        for (int tile = from; tile < to; tile++) {
            int row = GemmShape.tileStart(m, tile);
            int rows = GemmShape.tileStart(m, tile + 1) - row;
            packTile(form, a, aOff + row * lda, lda, rows, k, tiles, tilesOff + row * k);
        }
    }

    /// Packs one tile, `[rows, k]` with rows `lda` apart, as `[k, rows]`.
    static void packTile(KernelForm form, float[] a, int aOff, int lda, int rows, int k, float[] tile, int tileOff) {
        transpose(form, a, aOff, lda, rows, k, tile, tileOff, rows);
    }

    private static void transpose(KernelForm form, float[] a, int aOff, int lda, int rows, int k, float[] to, int toOff, int ldt) {
        if (form.isVector()) {
            TransposeVector.transpose(a, aOff, lda, rows, k, to, toOff, ldt);
        } else {
            TransposeScalar.transpose(a, aOff, lda, rows, k, to, toOff, ldt);
        }
    }
}
