package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.AttentionWeights;
import java.util.ArrayList;
import java.util.List;

/// What one pass adds to the residual stream at the pooled position of one sequence, kept apart by layer, head and source.
///
/// The stream is a sum: what the blocks begin with, and for each block what its attention and its MLP add. What head h of an attention adds
/// is again a sum, over the positions j that it reads, of A[pooled, j]·W_O,h·v_h[j] (Gandelsman, Efros, Steinhardt 2024, arXiv:2310.05916
/// §3). So a linear function of the stream is the sum of its values for all these terms. Double precision throughout; not thread-safe.
public final class Contributions {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Attended(Attention attention, double[][] weights, Tensor values) {}

    private final int pooled;
    private final List<Attended> attended = new ArrayList<>();
    private final List<double[]> mlps = new ArrayList<>();
    private double[] start = {};
    private double[] end = {};

    /// @param pooled the position whose output becomes the embedding
    public Contributions(int pooled) {
        this.pooled = pooled;
    }

    /// A copy of the pooled row.
    private double[] row(Tensor x) {
        double[] row = new double[x.width()];
        for (int i = 0; i < row.length; i++) {
            row[i] = x.array()[x.rowOffset(pooled) + i];
        }
        return row;
    }

    /// The stream that the first block reads.
    void start(Tensor x) {
        start = row(x);
        end = start;
    }

    /// One block has run.
    ///
    /// @param qkv what its attention computed, `[n, 3·d]`
    /// @param between the stream at the pooled position, between attention and MLP
    /// @param x the stream after it, `[n, d]`
    void block(Attention attention, Tensor qkv, double[] between, Tensor x) {
        int d = x.width();
        Tensor values = qkv.columns(2 * d, d);
        double[][] weights = AttentionWeights.of(qkv, attention.heads(), pooled, attention.causal());
        attended.add(new Attended(attention, weights, Tensor.of(values.toArray(), values.shape())));
        end = row(x);
        double[] mlp = new double[d];
        for (int i = 0; i < d; i++) {
            mlp[i] = end[i] - between[i];
        }
        mlps.add(mlp);
    }

    /// {@return the stream at the pooled position, `[d]`}
    ///
    /// @param x `[n, d]`
    double[] between(Tensor x) {
        return row(x);
    }

    /// {@return the stream after the last block, at the pooled position, `[d]`}
    public double[] end() {
        return end;
    }

    /// {@return g·(what the heads add): layer, head, the position that is read}
    ///
    /// @param g `[d]`
    public double[][][] ofHeads(double[] g) {
        double[][][] parts = new double[attended.size()][][];
        for (int layer = 0; layer < parts.length; layer++) {
            Attended a = attended.get(layer);
            parts[layer] = ofHeads(a.weights, a.values, a.attention.weighHeads(g));
        }
        return parts;
    }

    /// Head h adds A[pooled, j]·(v_h[j]·u_h), where u = g·W_O weighs the heads' outputs.
    ///
    /// @param weights A: head, position
    /// @param values `[n, d]`
    /// @param u `[d]`
    static double[][] ofHeads(double[][] weights, Tensor values, double[] u) {
        int heads = weights.length;
        int n = values.rows();
        int headDim = u.length / heads;
        double[][] parts = new double[heads][n];
        for (int head = 0; head < heads; head++) {
            for (int j = 0; j < n; j++) {
                int v = values.rowOffset(j) + head * headDim;
                double sum = 0;
                for (int c = 0; c < headDim; c++) {
                    sum += u[head * headDim + c] * values.array()[v + c];
                }
                parts[head][j] = weights[head][j] * sum;
            }
        }
        return parts;
    }

    /// {@return g·(what the MLP adds), for each layer}
    ///
    /// @param g `[d]`
    public double[] ofMlps(double[] g) {
        return mlps.stream().mapToDouble(mlp -> dot(g, mlp)).toArray();
    }

    /// {@return g·(what the first block reads) + g·(the biases of the attentions): what depends on no other position}
    ///
    /// @param g `[d]`
    public double ofTheRest(double[] g) {
        double sum = dot(g, start);
        for (Attended a : attended) {
            sum += a.attention.weighBias(g);
        }
        return sum;
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
