package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import java.io.IOException;

/// A residual attention block with the norms first (openai/CLIP `model.py`, class `ResidualAttentionBlock`). Immutable.
final class Block {
    final LayerNormLayer ln1;
    final Attention attention;
    final LayerNormLayer ln2;
    final Mlp mlp;

    /// @param name the prefix of its parameters, such as `vision_model.encoder.layers.0.`
    Block(ParameterReader parameters, String name, int width, int heads, int mlpWidth, Activation activation, double epsilon, boolean causal)
            throws IOException {
        this.ln1 = parameters.layerNorm(name + "layer_norm1", epsilon);
        this.attention = new Attention(parameters, name + "self_attn", width, heads, causal);
        this.ln2 = parameters.layerNorm(name + "layer_norm2", epsilon);
        this.mlp = new Mlp(parameters, name + "mlp", width, mlpWidth, activation);
    }

    /// x ← x + attention(ln₁(x));  x ← x + mlp(ln₂(x))
    ///
    /// @param x the residual stream, `[m, d]`, updated in place
    void forward(Tensor x, Sequences sequences, Workspace ws) {
        Tensor y = ws.normed(x.rows());
        ln1.forward(x, y, ws); //                    [m, d]
        attention.addTo(x, y, sequences, ws);
        ln2.forward(x, y, ws); //                    [m, d]
        mlp.addTo(x, y, ws);
    }

    /// The last block: the same equations, but only the pooled position of each sequence is computed, because nothing reads the others.
    ///
    /// @param x the residual stream, `[m, d]`
    /// @param pooled `[sequences, d]`, overwritten with the block's output there
    void forwardPooled(Tensor x, Sequences sequences, Tensor pooled, Workspace ws) {
        Attention.gatherPooled(x, sequences, pooled); // [sequences, d]
        Tensor y = ws.normed(x.rows());
        ln1.forward(x, y, ws); //                        [m, d]
        attention.addPooledTo(pooled, y, sequences, ws);
        Tensor z = ws.normed(sequences.count());
        ln2.forward(pooled, z, ws); //                   [sequences, d]
        mlp.addTo(pooled, z, ws);
    }
}
