package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.ActivationScalar;
import io.github.clip4j.core.kernel.ActivationVector;
import io.github.clip4j.core.kernel.KernelForm;
import java.util.Arrays;

/// The loop over tiles: C = f(A·B + bias), or C += A·B + bias.
public final class Gemm {
    /// What happens to a tile once its sums are complete.
    public enum Epilogue {
        STORE,
        ADD,
        QUICK_GELU,
        GELU,
        GELU_TANH,
        RELU
    }

    /// How many products are summed in one chain.
    ///
    /// The error of a chain of L roundings grows as √L beside the sum itself; with segments it is √(L + k/L)·u instead of √k·u: at k = 3072
    /// a third. The end of a segment costs some 50 cycles of the 3,000 that it takes. The length is part of the result's bits, so it is the
    /// same everywhere.
    static final int SEGMENT = 256;

    /// How much of k is computed for all tiles before the next: with 400 rows, 1.2 MB of A, which stays in L2 while the panels pass. For
    /// larger k the sums wait in memory, once for each chunk, where A would have come from L3 for each panel.
    static final int CHUNK = 3 * SEGMENT;

    /// The floats that the sums of a tile take.
    private static final int TILE = GemmShape.MAX_ROWS * GemmShape.NR;

    /// The tiles whose sums wait together: with 12 rows of 32 columns 12 KiB, which with a segment of a panel and of A fits L1 and L2.
    private static final int BLOCK = 8;

    /// The sums of one block on their way to C. Per thread, because a forward pass allocates nothing.
    private static final ThreadLocal<float[]> SUMS =
            ThreadLocal.withInitial(() -> new float[BLOCK * TILE]);

    /// A segment of a panel whose numbers are kept in 16 bits, as floats.
    private static final ThreadLocal<float[]> WIDENED = ThreadLocal.withInitial(() -> new float[SEGMENT * GemmShape.NR]);

    private Gemm() {}

    /// The number of tiles of `C[m, n]`: the units that work is shared by.
    public static int units(int m, int n) {
        return GemmShape.tiles(m) * GemmShape.panels(n);
    }

    /// The floats of scratch that a product needs: A in the tiles' order, and the sums of all tiles when k takes several chunks.
    public static int scratchSize(int m, int n, int k) {
        return Math.toIntExact((long) m * k + (k > CHUNK ? (long) units(m, n) * TILE : 0));
    }

    /// Computes tiles `from` to `to`.
    ///
    /// Tiles are numbered panel by panel, so a range streams its panels through L2 once while the rows of A, which are fewer, stay near.
    ///
    /// @param scratch of [#scratchSize(int, int, int)] floats; A, `[m, k]`, packed by [Packing#packTiles], at its start
    /// @param panels B, `[k, n]`
    /// @param bias `n` floats, padded to whole panels
    /// @param c `[m, n]`, rows `ldc` apart
    public static void run(
            KernelForm form, int m, int n, int k, float[] scratch, Panels panels, float[] bias, float[] c, int cOff, int ldc,
            Epilogue epilogue, int from, int to) {
        form.spend((long) (to - from) * TILE * k);
        boolean oneChunk = k <= CHUNK;
        float[] sums = oneChunk ? SUMS.get() : scratch;
        for (int p = 0; p < k; p += CHUNK) {
            int chunk = Math.min(CHUNK, k - p);
            for (int unit = from; unit < to; ) {
                int block = block(m, unit, to);
                int sumsOff = oneChunk ? 0 : m * k + unit * TILE;
                multiply(form, m, n, k, unit, block, p, chunk, scratch, panels, sums, sumsOff);
                if (p + chunk == k) {
                    finish(form, m, n, unit, block, sums, sumsOff, bias, c, cOff, ldc, epilogue);
                }
                unit += block;
            }
        }
    }

    /// How many tiles from `unit` on are computed together: of one panel, and no more than [#BLOCK].
    private static int block(int m, int unit, int to) {
        int tiles = GemmShape.tiles(m);
        return Math.min(Math.min(BLOCK, tiles - unit % tiles), to - unit);
    }

    /// Adds the products of `chunk` steps from `p` to the sums of `block` tiles. Segments are the outer loop, so that a segment of the
    /// panel is read from L1 by all tiles but the first.
    private static void multiply(
            KernelForm form, int m, int n, int k, int unit, int block, int p, int chunk, float[] a, Panels panels, float[] sums,
            int sumsOff) {
        int nr = GemmShape.NR;
        int tiles = GemmShape.tiles(m);
        int panel = unit / tiles;
        int cols = Math.min(nr, n - panel * nr);
        float[] b = panels.areFloats() ? panels.floats() : WIDENED.get();
        if (p == 0) {
            Arrays.fill(sums, sumsOff, sumsOff + block * TILE, 0f);
        }
        for (int q = p; q < p + chunk; q += SEGMENT) {
            int segment = Math.min(SEGMENT, p + chunk - q);
            int bOff = (panel * k + q) * nr;
            if (panels.areFloats()) {
                bOff = Panels.index(bOff);
            } else {
                panels.widen(form, bOff, segment * nr, b);
                bOff = 0;
            }
            for (int t = 0; t < block; t++) {
                int row = GemmShape.tileStart(m, unit % tiles + t);
                int rows = GemmShape.tileStart(m, unit % tiles + t + 1) - row;
                tile(form, rows, segment, a, row * k + q * rows, b, bOff, sums, sumsOff + t * TILE, nr, cols);
            }
        }
    }

    /// c[i, j] += Σₚ a[p, i]·b[p, j] for j < cols, see [GemmTileScalar]. The other columns of the panel may be written, too.
    static void tile(
            KernelForm form, int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc, int cols) {
        if (form.isVector()) {
            GemmTileVector.multiply(rows, k, a, aOff, b, bOff, c, cOff, ldc);
        } else {
            GemmTileScalar.multiply(rows, k, a, aOff, b, bOff, c, cOff, ldc, cols);
        }
    }

    /// Bias, residual and activation of `block` tiles, from their sums to C.
    private static void finish(
            KernelForm form, int m, int n, int unit, int block, float[] sums, int sumsOff, float[] bias, float[] c, int cOff, int ldc,
            Epilogue epilogue) {
        int tiles = GemmShape.tiles(m);
        int column = unit / tiles * GemmShape.NR;
        int cols = Math.min(GemmShape.NR, n - column);
        for (int t = 0; t < block; t++) {
            int row = GemmShape.tileStart(m, unit % tiles + t);
            int rows = GemmShape.tileStart(m, unit % tiles + t + 1) - row;
            int to = cOff + row * ldc + column;
            finish(form, rows, sums, sumsOff + t * TILE, bias, column, c, to, ldc, cols, epilogue == Epilogue.ADD);
            if (epilogue != Epilogue.STORE && epilogue != Epilogue.ADD) {
                for (int i = 0; i < rows; i++) {
                    activate(form, epilogue, c, to + i * ldc, cols);
                }
            }
        }
    }

    /// Bias and residual of one tile, see [EpilogueScalar].
    static void finish(
            KernelForm form, int rows, float[] tile, int tileOff, float[] bias, int biasOff, float[] c, int cOff, int ldc, int cols,
            boolean add) {
        if (form.isVector()) {
            EpilogueVector.finish(rows, tile, tileOff, bias, biasOff, c, cOff, ldc, cols, add);
        } else {
            EpilogueScalar.finish(rows, tile, tileOff, bias, biasOff, c, cOff, ldc, cols, add);
        }
    }

    /// Applies an activation to `d` floats from `xOff`; the other epilogues change nothing.
    public static void activate(KernelForm form, Epilogue activation, float[] x, int xOff, int d) {
        if (form.isVector()) {
            switch (activation) {
                case STORE, ADD -> {}
                case QUICK_GELU -> ActivationVector.quickGelu(x, xOff, d);
                case GELU -> ActivationVector.gelu(x, xOff, d);
                case GELU_TANH -> ActivationVector.geluTanh(x, xOff, d);
                case RELU -> ActivationVector.relu(x, xOff, d);
            }
        } else {
            switch (activation) {
                case STORE, ADD -> {}
                case QUICK_GELU -> ActivationScalar.quickGelu(x, xOff, d);
                case GELU -> ActivationScalar.gelu(x, xOff, d);
                case GELU_TANH -> ActivationScalar.geluTanh(x, xOff, d);
                case RELU -> ActivationScalar.relu(x, xOff, d);
            }
        }
    }
}
