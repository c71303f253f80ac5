package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import java.io.IOException;

/// Multi-head self-attention (Vaswani et al. 2017, arXiv:1706.03762 §3.2.2). Immutable.
final class Attention {
    private final Linear queryKeyValue;
    private final Linear out;
    private final int heads;
    private final boolean causal;

    Attention(ParameterReader parameters, String name, int width, int heads, boolean causal) throws IOException {
        this.queryKeyValue = parameters.linear(width, width, name + ".q_proj", name + ".k_proj", name + ".v_proj");
        this.out = parameters.linear(name + ".out_proj", width, width);
        this.heads = heads;
        this.causal = causal;
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

    /// Copies the pooled row of each sequence: `[m, d]` to `[sequences, d]`.
    static void gatherPooled(Tensor x, Sequences sequences, Tensor pooled) {
        for (int s = 0; s < sequences.count(); s++) {
            System.arraycopy(x.array(), x.rowOffset(sequences.pooledRow(s)), pooled.array(), pooled.rowOffset(s), x.width());
        }
    }
}
