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
        requireHeads(qkv, heads);
        int n = qkv.rows();
        float[] weights = new float[heads * n * n];
        workers.run(worker -> {
            double[] row = new double[n];
            int end = Workers.share(heads, workers.threads(), worker + 1);
            for (int head = Workers.share(heads, workers.threads(), worker); head < end; head++) {
                for (int i = 0; i < n; i++) {
                    int visible = causal ? i + 1 : n;
                    softmax(qkv, heads, head, i, visible, row);
                    for (int j = 0; j < visible; j++) {
                        weights[(head * n + i) * n + j] = (float) row[j];
                    }
                }
            }
        });
        return Tensor.of(weights, Shape.of(heads, n, n));
    }

    /// The weights of one query, not rounded.
    ///
    /// @param qkv `[n, 3·d]`: queries, keys and values of a row side by side
    /// @param query its position
    /// @param causal whether a position attends to itself and earlier positions only; the weights of later ones are then 0
    /// @return `[heads][n]`: head, key; each row sums to one
    public static double[][] of(Tensor qkv, int heads, int query, boolean causal) {
        requireHeads(qkv, heads);
        double[][] weights = new double[heads][qkv.rows()];
        for (int head = 0; head < heads; head++) {
            softmax(qkv, heads, head, query, causal ? query + 1 : qkv.rows(), weights[head]);
        }
        return weights;
    }

    private static void requireHeads(Tensor qkv, int heads) {
        if (qkv.width() % (3 * heads) != 0) {
            throw new IllegalArgumentException("attention with %d heads: expected qkv [n, 3·d] with d a multiple of the heads, got %s"
                    .formatted(heads, qkv.shape()));
        }
    }

    /// The weights of query `i` over the first `visible` keys, into `row`.
    private static void softmax(Tensor qkv, int heads, int head, int i, int visible, double[] row) {
        int d = qkv.width() / 3;
        int headDim = d / heads;
        float[] values = qkv.array();
        int query = qkv.rowOffset(i) + head * headDim;
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < visible; j++) {
            int key = qkv.rowOffset(j) + d + head * headDim;
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
            row[j] /= total;
        }
    }
}
