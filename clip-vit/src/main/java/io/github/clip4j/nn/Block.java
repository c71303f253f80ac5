package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.function.Function;
import java.util.stream.Stream;

/// A residual attention block with the norms first (openai/CLIP `model.py`, class `ResidualAttentionBlock`). Immutable.
final class Block {
    private final String name;
    private final LayerNormLayer ln1;
    private final Attention attention;
    private final LayerNormLayer ln2;
    private final Mlp mlp;

    /// @param name such as `vision_model.encoder.layers.0`
    Block(
            ParameterReader parameters, String name, int width, int heads, int mlpWidth, Activation activation, double epsilon,
            boolean causal)
            throws IOException {
        this.name = name;
        this.ln1 = new LayerNormLayer(parameters, name + ".layer_norm1", width, epsilon);
        this.attention = new Attention(parameters, name + ".self_attn", Attention.Names.CLIP, width, heads, causal);
        this.ln2 = new LayerNormLayer(parameters, name + ".layer_norm2", width, epsilon);
        this.mlp = new Mlp(parameters, name + ".mlp", width, mlpWidth, activation);
    }

    /// What the constructor reads.
    static Stream<TensorSpec> specs(String name, int width, int mlpWidth) {
        return Stream.of(
                LayerNormLayer.specs(name + ".layer_norm1", width),
                Attention.specs(name + ".self_attn", Attention.Names.CLIP, width),
                LayerNormLayer.specs(name + ".layer_norm2", width),
                Mlp.specs(name + ".mlp", width, mlpWidth)).flatMap(Function.identity());
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

    /// [#forward] over one sequence; `contributions` are told what it adds at the pooled position.
    ///
    /// @param x the residual stream, `[n, d]`, updated in place
    void forward(Tensor x, Sequences sequences, Workspace ws, Contributions contributions) {
        Tensor y = ws.normed(x.rows());
        ln1.forward(x, y, ws); //                    [n, d]
        attention.addTo(x, y, sequences, ws);
        double[] between = contributions.between(x);
        ln2.forward(x, y, ws); //                    [n, d]
        mlp.addTo(x, y, ws);
        contributions.block(attention, ws.queryKeyValues(x.rows()), between, x);
    }

    /// [#forward] over one sequence, and `trace` sees every part.
    ///
    /// @param x the residual stream, `[n, d]`, updated in place
    void trace(Tensor x, Sequences sequences, Workspace ws, Trace trace) {
        Tensor y = ws.normed(x.rows());
        ln1.trace(x, y, ws, trace); //               [n, d]
        attention.trace(x, y, sequences, ws, trace);
        ln2.trace(x, y, ws, trace); //               [n, d]
        mlp.trace(x, y, ws, trace);
        trace.edit(name, x);
    }
}
