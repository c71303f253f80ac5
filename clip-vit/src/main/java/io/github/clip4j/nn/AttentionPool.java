package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.AttentionWeights;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;

/// y = a + mlp(norm(a)), with a = attention(probe; x, x): a learnt query asks all positions of a sequence for its one vector
/// (Zhai et al. 2021, arXiv:2106.04560 §3.3). Immutable.
///
/// The query is the same for every image, so probe·Wqᵀ + bq is computed once, when the weights are read: in double precision, and rounded
/// once.
public final class AttentionPool {
    private static final String PROBE = ".probe";
    private static final String IN_PROJECTION = ".attention.in_proj_";
    private static final String OUT_PROJECTION = ".attention.out_proj";
    private static final String NORM = ".layernorm";
    private static final String MLP = ".mlp";

    private final String name;
    private final float[] query; // [d]
    private final Linear keyValue;
    private final Linear out;
    private final LayerNormLayer norm;
    private final Mlp mlp;
    private final int heads;

    /// @param name such as `vision_model.head`
    /// @param epsilon of its norm
    public AttentionPool(
            ParameterReader parameters, String name, int width, int heads, int mlpWidth, Activation activation, double epsilon)
            throws IOException {
        this.name = name;
        this.heads = heads;
        float[] probe = parameters.vector(name + PROBE, width);
        float[] weight = parameters.matrix(name + IN_PROJECTION + "weight", 3 * width * width); // queries, keys, values
        float[] bias = parameters.vector(name + IN_PROJECTION + "bias", 3 * width);
        this.query = project(probe, weight, bias);
        WeightMatrix matrix = parameters.weightMatrix(2 * width, width);
        matrix.setRows(0, 2 * width, Arrays.copyOfRange(weight, width * width, 3 * width * width));
        matrix.setBias(0, Arrays.copyOfRange(bias, width, 3 * width));
        this.keyValue = Linear.of(name + ".attention.keys, values", matrix);
        this.out = Linear.read(parameters, width, width, name + OUT_PROJECTION);
        this.norm = new LayerNormLayer(parameters, name + NORM, width, epsilon);
        this.mlp = new Mlp(parameters, name + MLP, width, mlpWidth, activation);
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String name, int width, int mlpWidth) {
        return Stream.of(
                Stream.of(
                        new TensorSpec(name + PROBE, Shape.of(1, 1, width)),
                        new TensorSpec(name + IN_PROJECTION + "weight", Shape.of(3 * width, width)),
                        new TensorSpec(name + IN_PROJECTION + "bias", Shape.of(3 * width))),
                Linear.specs(width, width, name + OUT_PROJECTION),
                LayerNormLayer.specs(name + NORM, width),
                Mlp.specs(name + MLP, width, mlpWidth)).flatMap(specs -> specs);
    }

    /// q = probe·Wqᵀ + bq, of the first d rows of the weight
    private static float[] project(float[] probe, float[] weight, float[] bias) {
        int d = probe.length;
        float[] query = new float[d];
        for (int i = 0; i < d; i++) {
            double sum = bias[i];
            for (int j = 0; j < d; j++) {
                sum += (double) probe[j] * weight[i * d + j];
            }
            query[i] = (float) sum;
        }
        return query;
    }

    /// y = a + mlp(norm(a)), a = concatₕ(softmax(qₕ·kₕᵀ / √headDim)·vₕ)·Woᵀ + bₒ, with [k; v] projected from x
    ///
    /// @param x the normed outputs of the blocks, `[m, d]`
    /// @param y `[sequences, d]`, overwritten
    public void forward(Tensor x, Sequences sequences, Tensor y, Workspace ws) {
        attend(x, sequences, y, ws); //             [sequences, d]
        Tensor z = ws.normed(sequences.count());
        norm.forward(y, z, ws); //                  [sequences, d]
        mlp.addTo(y, z, ws);
    }

    private void attend(Tensor x, Sequences sequences, Tensor y, Workspace ws) {
        int d = query.length;
        Tensor qkv = ws.queryKeyValues(x.rows()); // [m, 3·d], of whose queries one a sequence is used
        Tensor o = ws.attended(sequences.count());
        keyValue.forward(x, qkv.columns(d, 2 * d), ws);
        for (int s = 0; s < sequences.count(); s++) {
            System.arraycopy(query, 0, qkv.array(), qkv.rowOffset(sequences.pooledRow(s)), d);
        }
        ws.selfAttention().attendAt(sequences.pooledPositions(), qkv, sequences.starts(), sequences.prefixes(), heads, false, o);
        out.forward(o, y, ws);
    }

    /// What one sequence was pooled from: a = Σ over heads and positions, and what the MLP added to it.
    ///
    /// A linear function of the output is the sum of its values for these terms. Double precision; immutable.
    public static final class Pooled {
        private final AttentionPool pool;
        private final double[][] weights; // head, position
        private final Tensor values; //      [n, d]
        private final double[] mlp; //       [d]

        private Pooled(AttentionPool pool, double[][] weights, Tensor values, double[] mlp) {
            this.pool = pool;
            this.weights = weights;
            this.values = values;
            this.mlp = mlp;
        }

        /// {@return w·(what the heads add): head, the position that is read}
        ///
        /// @param w `[d]`
        public double[][] ofHeads(double[] w) {
            return Contributions.ofHeads(weights, values, pool.out.weighInputs(w));
        }

        /// {@return w·mlp(norm(a))}
        ///
        /// @param w `[d]`
        public double ofMlp(double[] w) {
            return Contributions.dot(w, mlp);
        }

        /// {@return w·bₒ, the bias of the output projection}
        ///
        /// @param w `[d]`
        public double ofTheRest(double[] w) {
            return pool.out.weighBias(w);
        }
    }

    /// [#forward] of one sequence, which is kept apart by heads and positions.
    ///
    /// @param x the normed outputs of the blocks, `[n, d]`
    /// @param y `[1, d]`, overwritten
    public Pooled pool(Tensor x, Sequences sequences, Tensor y, Workspace ws) {
        attend(x, sequences, y, ws);
        int d = query.length;
        Tensor qkv = ws.queryKeyValues(x.rows()); // what attend has left there
        double[][] weights = AttentionWeights.of(qkv, heads, sequences.pooledRow(0), false);
        Tensor values = qkv.columns(2 * d, d);
        Tensor kept = Tensor.of(values.toArray(), values.shape());
        double[] mlpAdds = new double[d];
        for (int i = 0; i < d; i++) {
            mlpAdds[i] = -y.array()[y.rowOffset(0) + i];
        }
        Tensor z = ws.normed(1);
        norm.forward(y, z, ws);
        mlp.addTo(y, z, ws);
        for (int i = 0; i < d; i++) {
            mlpAdds[i] += y.array()[y.rowOffset(0) + i];
        }
        return new Pooled(this, weights, kept, mlpAdds);
    }

    /// [#forward] of one sequence, and `trace` sees every part.
    ///
    /// @param x `[n, d]`
    /// @return `[1, d]`
    public Tensor trace(Tensor x, Sequences sequences, Workspace ws, Trace trace) {
        Tensor y = Tensor.zeros(1, x.width());
        attend(x, sequences, y, ws);
        trace.see(name + OUT_PROJECTION, y);
        Tensor z = ws.normed(1);
        norm.trace(y, z, ws, trace);
        mlp.trace(y, z, ws, trace);
        trace.see(name, y);
        return y;
    }
}
