package io.github.clip4j.core.ops;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;

/// The weights of multi-head self-attention, to look at. [SelfAttention] never holds them: it computes them tile by tile.
///
/// Each weight is computed in double precision from the queries and keys and rounded once, so that it shows what the model does, not the
/// roundings of one more kernel. `StrictMath.exp` has the same bits on every machine, compiled or not; `Math.exp` need not.
public final class AttentionWeights {
    private AttentionWeights() {}

    /// softmax(qₕ·kₕᵀ / √headDim) for each head of one sequence.
    ///
    /// @param qkv `[n, 3·d]`: queries, keys and values of a row side by side
    /// @param causal whether a position attends to itself and earlier positions only; the weights of later ones are then 0
    /// @return `[heads, n, n]`: head, query, key; each row sums to one
    public static Tensor of(Tensor qkv, int heads, boolean causal, Workers workers) {
        int n = qkv.rows();
        int d = qkv.width() / 3;
        if (d * 3 != qkv.width() || d % heads != 0) {
            throw new IllegalArgumentException("attention with %d heads: expected qkv [n, 3·d] with d a multiple of the heads, got %s"
                    .formatted(heads, qkv.shape()));
        }
        float[] weights = new float[heads * n * n];
        workers.run(worker -> {
            double[] row = new double[n];
            int end = Workers.share(heads, workers.threads(), worker + 1);
            for (int head = Workers.share(heads, workers.threads(), worker); head < end; head++) {
                for (int i = 0; i < n; i++) {
                    softmax(qkv, head * (d / heads), d / heads, i, causal ? i + 1 : n, row, weights, (head * n + i) * n);
                }
            }
        });
        return Tensor.of(weights, Shape.of(heads, n, n));
    }

    /// The weights of query `i` over the first `visible` keys.
    private static void softmax(Tensor qkv, int column, int headDim, int i, int visible, double[] row, float[] weights, int off) {
        int d = qkv.width() / 3;
        float[] values = qkv.array();
        int query = qkv.rowOffset(i) + column;
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < visible; j++) {
            int key = qkv.rowOffset(j) + d + column;
            double sum = 0;
            for (int c = 0; c < headDim; c++) {
                sum += (double) values[query + c] * values[key + c];
            }
            row[j] = sum / Math.sqrt(headDim);
            max = Math.max(max, row[j]);
        }
        double total = 0;
        for (int j = 0; j < visible; j++) {
            row[j] = StrictMath.exp(row[j] - max);
            total += row[j];
        }
        for (int j = 0; j < visible; j++) {
            weights[off + j] = (float) (row[j] / total);
        }
    }
}
