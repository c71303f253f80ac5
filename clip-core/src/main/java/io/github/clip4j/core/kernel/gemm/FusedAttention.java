package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.KernelForm;
import io.github.clip4j.core.kernel.SoftmaxScalar;
import io.github.clip4j.core.kernel.SoftmaxVector;
import java.util.Arrays;

/// Scaled dot-product attention of one head over one sequence: a tile of queries at a time, so that its scores never leave L1.
///
/// For each tile of queries the scores are one row of GEMM tiles against the packed keys, softmax runs over them in place, and the result
/// is one row of GEMM tiles against the packed values. There is no `[n, n]` matrix of scores. A causal tile does not compute keys after its
/// last query; the few it computes for its earlier ones are replaced by zeros, which leave the sums over values as they are.
public final class FusedAttention {
    private static final float[] NO_BIAS = new float[GemmShape.NR];

    private FusedAttention() {}

    /// The scratch that one head of one sequence needs: keys, values, one tile of queries, of scores twice, and of results.
    public static int scratchSize(int n, int headDim) {
        return Math.toIntExact(Packing.size(headDim, n) + Packing.size(n, headDim)
                + (long) GemmShape.MAX_ROWS * (headDim + 2L * scoreStride(n) + GemmShape.NR));
    }

    /// A row of scores: whole groups of 16 for softmax, whole panels for the tiles.
    private static int scoreStride(int n) {
        int unit = Math.max(16, GemmShape.NR);
        return (n + unit - 1) / unit * unit;
    }

    /// o = softmax(scale·q·kᵀ)·v (Vaswani et al. 2017, arXiv:1706.03762 §3.2.1).
    ///
    /// q is `[queries, headDim]` with rows `ldq` apart, the first of them at position `firstQuery` of the sequence; k and v are `[n,
    /// headDim]` at `kOff` and `vOff` of one array, rows `ldkv` apart; o is `[queries, headDim]`, rows `ldo` apart.
    ///
    /// @param causal whether position i attends to positions 0..i only
    /// @param scratch at least [#scratchSize(int, int)] floats
    public static void attend(
            KernelForm form, float[] q, int qOff, int ldq, float[] kv, int kOff, int vOff, int ldkv, int n, int headDim, float scale,
            boolean causal, int firstQuery, int queries, float[] o, int oOff, int ldo, float[] scratch) {
        int keysOff = 0;
        int valuesOff = (int) Packing.size(headDim, n);
        int scoresOff = valuesOff + (int) Packing.size(n, headDim);
        int stride = scoreStride(n);
        int weightsOff = scoresOff + GemmShape.MAX_ROWS * stride;
        int queriesOff = weightsOff + GemmShape.MAX_ROWS * stride;
        int resultOff = queriesOff + GemmShape.MAX_ROWS * headDim;
        Packing.packKeys(form, kv, kOff, ldkv, n, headDim, scratch, keysOff);
        Packing.pack(kv, vOff, ldkv, n, headDim, scratch, valuesOff);

        for (int tile = 0; tile < GemmShape.tiles(queries); tile++) {
            int row = GemmShape.tileStart(queries, tile);
            int rows = GemmShape.tileStart(queries, tile + 1) - row;
            int keys = causal ? firstQuery + row + rows : n;
            Packing.packTile(form, q, qOff + row * ldq, ldq, rows, headDim, scratch, queriesOff);
            Arrays.fill(scratch, scoresOff, scoresOff + rows * stride, 0f);
            for (int j = 0; j < keys; j += GemmShape.NR) { // the padding columns hold old floats; softmax overwrites them
                Gemm.tile(
                        form, rows, headDim, scratch, queriesOff, scratch, keysOff + j * headDim, scratch, scoresOff + j, stride,
                        Math.min(GemmShape.NR, keys - j));
            }
            for (int i = 0; i < rows; i++) {
                int visible = causal ? firstQuery + row + i + 1 : n;
                softmax(form, scratch, scoresOff + i * stride, visible, roundUp16(keys), scale);
            }
            Packing.packTile(form, scratch, scoresOff, stride, rows, keys, scratch, weightsOff);
            for (int p = 0; p < headDim; p += GemmShape.NR) {
                Arrays.fill(scratch, resultOff, resultOff + rows * GemmShape.NR, 0f);
                int cols = Math.min(GemmShape.NR, headDim - p);
                Gemm.tile(form, rows, keys, scratch, weightsOff, scratch, valuesOff + p * n, scratch, resultOff, GemmShape.NR, cols);
                Gemm.finish(form, rows, scratch, resultOff, NO_BIAS, 0, o, oOff + row * ldo + p, ldo, cols, false);
            }
        }
    }

    private static void softmax(KernelForm form, float[] x, int xOff, int d, int capacity, float scale) {
        if (form.isVector()) {
            SoftmaxVector.softmax(x, xOff, d, capacity, scale);
        } else {
            SoftmaxScalar.softmax(x, xOff, d, capacity, scale);
        }
    }

    private static int roundUp16(int n) {
        return (n + 15) & -16;
    }
}
