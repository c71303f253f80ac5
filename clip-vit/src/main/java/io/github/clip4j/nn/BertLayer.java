package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.function.Function;
import java.util.stream.Stream;

/// A residual attention block with the norms after the sums (Vaswani et al. 2017, arXiv:1706.03762 §3.1; transformers `modeling_bert.py`,
/// class `BertLayer`). Immutable.
final class BertLayer {
    private static final String ATTENTION = ".attention";
    private static final String FIRST = ".intermediate.dense";
    private static final String SECOND = ".output.dense";
    private static final String ATTENTION_NORM = ".attention.output.LayerNorm";
    private static final String OUTPUT_NORM = ".output.LayerNorm";

    private final String name;
    private final Attention attention;
    private final LayerNormLayer attentionNorm;
    private final Mlp mlp;
    private final LayerNormLayer outputNorm;

    /// @param name such as `text_model.encoder.layer.0`
    BertLayer(ParameterReader parameters, String name, int width, int heads, int mlpWidth, Activation activation, double epsilon)
            throws IOException {
        this.name = name;
        this.attention = new Attention(parameters, name + ATTENTION, Attention.Names.BERT, width, heads, false);
        this.attentionNorm = new LayerNormLayer(parameters, name + ATTENTION_NORM, width, epsilon);
        this.mlp = new Mlp(parameters, name + ".intermediate", name + FIRST, name + SECOND, width, mlpWidth, activation);
        this.outputNorm = new LayerNormLayer(parameters, name + OUTPUT_NORM, width, epsilon);
    }

    /// What the constructor reads.
    static Stream<TensorSpec> specs(String name, int width, int mlpWidth) {
        return Stream.of(
                Attention.specs(name + ATTENTION, Attention.Names.BERT, width),
                LayerNormLayer.specs(name + ATTENTION_NORM, width),
                Mlp.specs(name + FIRST, name + SECOND, width, mlpWidth),
                LayerNormLayer.specs(name + OUTPUT_NORM, width)).flatMap(Function.identity());
    }

    /// x ← norm₁(x + attention(x));  x ← norm₂(x + mlp(x))
    ///
    /// @param x `[m, d]`, updated in place
    void forward(Tensor x, Sequences sequences, Workspace ws) {
        attention.addTo(x, x, sequences, ws);
        attentionNorm.forward(x, x, ws); // [m, d]
        mlp.addTo(x, x, ws);
        outputNorm.forward(x, x, ws); //    [m, d]
    }

    /// [#forward] over one sequence, and `trace` sees every part.
    ///
    /// @param x `[n, d]`, updated in place
    void trace(Tensor x, Sequences sequences, Workspace ws, Trace trace) {
        attention.trace(x, x, sequences, ws, trace);
        attentionNorm.trace(x, x, ws, trace);
        mlp.trace(x, x, ws, trace);
        outputNorm.trace(x, x, ws, trace);
        trace.edit(name, x);
    }
}
