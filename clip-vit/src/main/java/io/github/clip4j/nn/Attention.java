package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;

/// Multi-head self-attention (Vaswani et al. 2017, arXiv:1706.03762 §3.2.2). Immutable.
final class Attention {
    private final String name;
    private final Linear queryKeyValue;
    private final Linear out;
    private final int heads;
    private final boolean causal;
    private final Names names;

    /// The layers' names within an attention's. CLIP's checkpoints and BERT's have their own.
    ///
    /// @param query such as `.q_proj`
    record Names(String query, String key, String value, String out) {
        static final Names CLIP = new Names(".q_proj", ".k_proj", ".v_proj", ".out_proj");
        static final Names BERT = new Names(".self.query", ".self.key", ".self.value", ".output.dense");

        private String[] queryKeyValue(String name) {
            return new String[] {name + query, name + key, name + value};
        }
    }

    Attention(ParameterReader parameters, String name, Names names, int width, int heads, boolean causal) throws IOException {
        this.name = name;
        this.names = names;
        this.queryKeyValue = Linear.read(parameters, width, width, names.queryKeyValue(name));
        this.out = Linear.read(parameters, width, width, name + names.out);
        this.heads = heads;
        this.causal = causal;
    }

    /// What the constructor reads.
    static Stream<TensorSpec> specs(String name, Names names, int width) {
        return Stream.concat(Linear.specs(width, width, names.queryKeyValue(name)), Linear.specs(width, width, name + names.out));
    }

    /// x ← x + concatₕ(softmax(qₕ·kₕᵀ / √headDim)·vₕ)·Woᵀ + bₒ, with [q; k; v] projected from y
    ///
    /// @param y `[m, d]`
    /// @param x `[m, d]`, updated in place
    void addTo(Tensor x, Tensor y, Sequences sequences, Workspace ws) {
        Tensor qkv = ws.queryKeyValues(y.rows());
        Tensor o = ws.attended(y.rows());
        queryKeyValue.forward(y, qkv, ws); // [m, 3·d]
        ws.selfAttention().attend(qkv, sequences.starts(), sequences.prefixes(), heads, causal, o); // [m, d]
        out.addTo(x, o, ws);
    }

    /// The same for the pooled position of each sequence alone; all positions are still keys and values.
    ///
    /// @param y `[m, d]`
    /// @param x `[sequences, d]`, updated in place
    void addPooledTo(Tensor x, Tensor y, Sequences sequences, Workspace ws) {
        Tensor qkv = ws.queryKeyValues(y.rows());
        Tensor o = ws.attended(sequences.count());
        queryKeyValue.forward(y, qkv, ws); // [m, 3·d]
        ws.selfAttention().attendAt(sequences.pooledPositions(), qkv, sequences.starts(), sequences.prefixes(), heads, causal, o);
        out.addTo(x, o, ws);
    }

    /// [#addTo] over one sequence, step by step. `trace` sees also the attention weights, and the branch before it is added to x.
    ///
    /// @param y `[n, d]`
    /// @param x `[n, d]`, updated in place
    void trace(Tensor x, Tensor y, Sequences sequences, Workspace ws, Trace trace) {
        Tensor qkv = ws.queryKeyValues(y.rows());
        Tensor o = ws.attended(y.rows());
        int d = y.width();
        queryKeyValue.forward(y, qkv, ws); //                                [n, 3·d]
        trace.edit(name + names.query, qkv.columns(0, d));
        trace.edit(name + names.key, qkv.columns(d, d));
        trace.edit(name + names.value, qkv.columns(2 * d, d));
        trace.seeAttentionWeights(name + ".weights", qkv, heads, causal); // [h, n, n]
        ws.selfAttention().attend(qkv, sequences.starts(), sequences.prefixes(), heads, causal, o); // [n, d]
        trace.edit(name, o);
        out.trace(o, ws, trace);
        out.addTo(x, o, ws);
    }

    int heads() {
        return heads;
    }

    boolean causal() {
        return causal;
    }

    /// g·Wₒ: how a weighted sum of what the attention adds weighs the outputs of its heads, `[d]`.
    double[] weighHeads(double[] g) {
        return out.weighInputs(g);
    }

    /// g·bₒ
    double weighBias(double[] g) {
        return out.weighBias(g);
    }

    /// Copies the pooled row of each sequence: `[m, d]` to `[sequences, d]`.
    static void gatherPooled(Tensor x, Sequences sequences, Tensor pooled) {
        for (int s = 0; s < sequences.count(); s++) {
            System.arraycopy(x.array(), x.rowOffset(sequences.pooledRow(s)), pooled.array(), pooled.rowOffset(s), x.width());
        }
    }
}
