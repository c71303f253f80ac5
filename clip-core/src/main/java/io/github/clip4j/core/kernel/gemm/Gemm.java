package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.ActivationScalar;
import io.github.clip4j.core.kernel.ActivationVector;
import io.github.clip4j.core.kernel.VectorSupport;

/// The loop over tiles: C = f(A·B + bias), or C += A·B + bias.
public final class Gemm {
    /// What happens to a tile once its sums are complete.
    public enum Epilogue {
        STORE,
        ADD,
        QUICK_GELU,
        GELU,
        GELU_TANH
    }

    /// The sums of one tile on their way to C; a few kilobytes that stay in L1. Per thread, because a forward pass allocates nothing.
    private static final ThreadLocal<float[]> TILE = ThreadLocal.withInitial(() -> new float[GemmShape.MAX_ROWS * GemmShape.NR]);

    private Gemm() {}

    /// The number of tiles of `C[m, n]`: the units that work is shared by.
    public static int units(int m, int n) {
        return GemmShape.tiles(m) * GemmShape.panels(n);
    }

    /// Computes tiles `from` to `to`.
    ///
    /// Tiles are numbered panel by panel, so a range streams its panels through L2 once while the rows of A, which are fewer, stay near.
    ///
    /// @param a `[m, k]`, rows `lda` apart
    /// @param panels B, `[k, n]`, packed by [Packing]
    /// @param bias `n` floats, padded to whole panels
    /// @param c `[m, n]`, rows `ldc` apart
    public static void run(
            int m, int n, int k, float[] a, int aOff, int lda, float[] panels, float[] bias, float[] c, int cOff, int ldc,
            Epilogue epilogue, int from, int to) {
        float[] sums = TILE.get();
        int tiles = GemmShape.tiles(m);
        for (int unit = from; unit < to; unit++) {
            int panel = unit / tiles;
            int tile = unit - panel * tiles;
            int row = GemmShape.tileStart(m, tile);
            int rows = GemmShape.tileStart(m, tile + 1) - row;
            int column = panel * GemmShape.NR;
            int cols = Math.min(GemmShape.NR, n - column);
            multiply(rows, k, a, aOff + row * lda, lda, panels, column * k, sums, 0, GemmShape.NR);
            finish(rows, sums, 0, bias, column, c, cOff + row * ldc + column, ldc, cols, epilogue == Epilogue.ADD);
            if (epilogue != Epilogue.STORE && epilogue != Epilogue.ADD) {
                for (int i = 0; i < rows; i++) {
                    activate(epilogue, c, cOff + (row + i) * ldc + column, cols);
                }
            }
        }
    }

    private static void multiply(int rows, int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        if (VectorSupport.ENABLED) {
            GemmTileVector.multiply(rows, k, a, aOff, lda, b, bOff, c, cOff, ldc);
        } else {
            GemmTileScalar.multiply(rows, k, a, aOff, lda, b, bOff, c, cOff, ldc);
        }
    }

    private static void finish(
            int rows, float[] tile, int tileOff, float[] bias, int biasOff, float[] c, int cOff, int ldc, int cols, boolean add) {
        if (VectorSupport.ENABLED) {
            EpilogueVector.finish(rows, tile, tileOff, bias, biasOff, c, cOff, ldc, cols, add);
        } else {
            EpilogueScalar.finish(rows, tile, tileOff, bias, biasOff, c, cOff, ldc, cols, add);
        }
    }

    /// Applies an activation to `d` floats from `xOff`; the other epilogues change nothing.
    public static void activate(Epilogue activation, float[] x, int xOff, int d) {
        if (VectorSupport.ENABLED) {
            switch (activation) {
                case STORE, ADD -> {}
                case QUICK_GELU -> ActivationVector.quickGelu(x, xOff, d);
                case GELU -> ActivationVector.gelu(x, xOff, d);
                case GELU_TANH -> ActivationVector.geluTanh(x, xOff, d);
            }
        } else {
            switch (activation) {
                case STORE, ADD -> {}
                case QUICK_GELU -> ActivationScalar.quickGelu(x, xOff, d);
                case GELU -> ActivationScalar.gelu(x, xOff, d);
                case GELU_TANH -> ActivationScalar.geluTanh(x, xOff, d);
            }
        }
    }
}
