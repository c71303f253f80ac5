package io.github.clip4j.core.kernel.gemm;

import java.util.Arrays;

/// Copies matrices into the panels that the package describes.
public final class Packing {
    private Packing() {}

    /// The number of floats that the panels of a `[k, n]` matrix take.
    public static long size(int k, int n) {
        return (long) GemmShape.panels(n) * GemmShape.NR * k;
    }

    /// Packs B = Wᵀ, where W is `[n, k]` with rows `ldw` apart: the form linear layers are stored in, and keys for queries.
    ///
    /// Columns `column` to `column + n` of B are written, so that several matrices can stand side by side; padding is left as it is.
    public static void packTransposed(float[] w, int wOff, int ldw, int n, int k, float[] panels, int panelsOff, int column) {
        int nr = GemmShape.NR;
        for (int j = 0; j < n; ) {
            int col = column + j;
            int rows = Math.min(n - j, nr - col % nr); // of W, as far as this panel goes
            transpose(w, wOff + j * ldw, ldw, rows, k, panels, panelsOff + col / nr * nr * k + col % nr, nr);
            j += rows;
        }
    }

    /// The same for W contiguous, into panels of 16-bit numbers that begin the array.
    static void packTransposed(float[] w, int k, int n, Panels.Format format, short[] panels, int column) {
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

    /// Packs B, `[k, n]` with rows `ldb` apart; the last panel's padding is set to zero.
    public static void pack(float[] b, int bOff, int ldb, int k, int n, float[] panels, int panelsOff) {
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
    public static void packTiles(float[] a, int aOff, int lda, int m, int k, float[] tiles, int tilesOff, int from, int to) {
        for (int tile = from; tile < to; tile++) {
            int row = GemmShape.tileStart(m, tile);
            int rows = GemmShape.tileStart(m, tile + 1) - row;
            packTile(a, aOff + row * lda, lda, rows, k, tiles, tilesOff + row * k);
        }
    }

    /// Packs one tile, `[rows, k]` with rows `lda` apart, as `[k, rows]`.
    static void packTile(float[] a, int aOff, int lda, int rows, int k, float[] tile, int tileOff) {
        transpose(a, aOff, lda, rows, k, tile, tileOff, rows);
    }

    /// `to[toOff + p·ldt + i] = a[aOff + i·lda + p]` for i < rows, p < k.
    ///
    /// Four rows at a time, so that a store finds its cache line where the last one left it, for 128 columns, so that what four rows wrote is still in L1
    /// when the next four come. One row and 16 columns at a time take 2.3 times as long.
    private static void transpose(float[] a, int aOff, int lda, int rows, int k, float[] to, int toOff, int ldt) {
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
