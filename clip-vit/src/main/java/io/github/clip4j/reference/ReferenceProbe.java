package io.github.clip4j.reference;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.function.BiConsumer;
import java.util.function.Function;

/// [ReferenceClip] with a witness to every intermediate result, under the name of the module of a Hugging Face checkpoint that makes it. To compare two
/// implementations, or a checkpoint with what is expected of it, stage by stage.
public final class ReferenceProbe extends ReferenceClip {
    private final BiConsumer<String, double[][]> witness;

    /// A model over parameters that are looked up by name.
    ///
    /// @param witness is told the name and the rows of each result, in the order of computation
    public ReferenceProbe(ClipConfig config, Function<String, Tensor> parameters, BiConsumer<String, double[][]> witness) {
        super(config, parameters);
        this.witness = witness;
    }

    private double[][] tell(String name, double[][] x) {
        witness.accept(name, x);
        return x;
    }

    @Override
    protected double[][] embedPatches(String name, Tensor pixels, VisionConfig vision) {
        return tell(name, super.embedPatches(name, pixels, vision));
    }

    @Override
    protected double[][] embedTokens(String name, int[] ids, TextConfig text) {
        return tell(name, super.embedTokens(name, ids, text));
    }

    @Override
    protected double[][] block(String name, double[][] x, TransformerConfig t, boolean causal) {
        return tell(name, super.block(name, x, t, causal));
    }

    @Override
    protected double[][] attend(String name, double[][] q, double[][] k, double[][] v, int heads, boolean causal) {
        return tell(name, super.attend(name, q, k, v, heads, causal));
    }

    @Override
    protected double[][] activate(String name, double[][] h, Activation activation) {
        return tell(name, super.activate(name, h, activation));
    }

    @Override
    protected double[][] layerNorm(String name, double[][] x, double epsilon) {
        return tell(name, super.layerNorm(name, x, epsilon));
    }

    @Override
    protected double[][] linear(String name, double[][] x) {
        return tell(name, super.linear(name, x));
    }

    @Override
    protected double[][] project(String name, double[][] x, int projectionDim) {
        return tell(name, super.project(name, x, projectionDim));
    }
}
