package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.ColdStart;
import io.github.clip4j.core.kernel.SoftmaxPlain;
import io.github.clip4j.core.kernel.SoftmaxVector;
import java.util.Arrays;

/// Same contract as [AttentionScalar]: a tile of queries at a time, so that its scores never leave L1.
///
/// For each tile of queries the scores are one row of GEMM tiles against the packed keys, softmax runs over them in place, and the result is
/// one row of GEMM tiles against the packed values. There is no `[n, n]` matrix of scores. A causal tile does not compute keys after its last
/// query; the few it computes for its earlier ones are replaced by zeros, which leave the sums over values as they are.
public final class FusedAttention {
    private static final float[] NO_BIAS = new float[GemmShape.NR];

    private FusedAttention() {}

    /// The scratch that one head of one sequence needs: keys, values, one tile of queries, of scores twice, and of results.
    public static int scratchSize(int n, int headDim) {
        return Math.toIntExact(Packing.size(headDim, n) + Packing.size(n, headDim) + (long) GemmShape.MAX_ROWS * (headDim + 2L * scoreStride(n) + GemmShape.NR));
    }

    /// A row of scores: whole groups of 16 for softmax, whole panels for the tiles.
    private static int scoreStride(int n) {
        int unit = Math.max(16, GemmShape.NR);
        return (n + unit - 1) / unit * unit;
    }

    public static void attend(
            float[] q, int qOff, int ldq, float[] kv, int kOff, int vOff, int ldkv, int n, int headDim, float scale, boolean causal,
            int firstQuery, int queries, float[] o, int oOff, int ldo, float[] scratch) {
        int keysOff = 0;
        int valuesOff = (int) Packing.size(headDim, n);
        int scoresOff = valuesOff + (int) Packing.size(n, headDim);
        int stride = scoreStride(n);
        int weightsOff = scoresOff + GemmShape.MAX_ROWS * stride;
        int queriesOff = weightsOff + GemmShape.MAX_ROWS * stride;
        int resultOff = queriesOff + GemmShape.MAX_ROWS * headDim;
        Packing.packKeys(kv, kOff, ldkv, n, headDim, scratch, keysOff);
        Packing.pack(kv, vOff, ldkv, n, headDim, scratch, valuesOff);

        for (int tile = 0; tile < GemmShape.tiles(queries); tile++) {
            int row = GemmShape.tileStart(queries, tile);
            int rows = GemmShape.tileStart(queries, tile + 1) - row;
            int keys = causal ? firstQuery + row + rows : n;
            Packing.packTile(q, qOff + row * ldq, ldq, rows, headDim, scratch, queriesOff);
            Arrays.fill(scratch, scoresOff, scoresOff + rows * stride, 0f);
            for (int j = 0; j < keys; j += GemmShape.NR) { // the padding columns hold old floats; softmax overwrites them
                Gemm.tile(
                        rows, headDim, scratch, queriesOff, scratch, keysOff + j * headDim, scratch, scoresOff + j, stride);
            }
            for (int i = 0; i < rows; i++) {
                int visible = causal ? firstQuery + row + i + 1 : n;
                softmax(scratch, scoresOff + i * stride, visible, roundUp16(keys), scale);
            }
            Packing.packTile(scratch, scoresOff, stride, rows, keys, scratch, weightsOff);
            for (int p = 0; p < headDim; p += GemmShape.NR) {
                Arrays.fill(scratch, resultOff, resultOff + rows * GemmShape.NR, 0f);
                Gemm.tile(
                        rows, keys, scratch, weightsOff, scratch, valuesOff + p * n, scratch, resultOff, GemmShape.NR);
                Gemm.finish(
                        rows, scratch, resultOff, NO_BIAS, 0, o, oOff + row * ldo + p, ldo, Math.min(GemmShape.NR, headDim - p), false);
            }
        }
    }

    private static void softmax(float[] x, int xOff, int d, int capacity, float scale) {
        if (ColdStart.isCold()) {
            SoftmaxPlain.softmax(x, xOff, d, capacity, scale);
        } else {
            SoftmaxVector.softmax(x, xOff, d, capacity, scale);
        }
    }

    private static int roundUp16(int n) {
        return (n + 15) & -16;
    }
}
