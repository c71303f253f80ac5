package io.github.clip4j.reference;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.Map;
import java.util.function.BiConsumer;

/// [ReferenceClip] with a witness to every intermediate result: each method that computes a named part also tells what it made.
final class ReferenceProbe extends ReferenceClip {
    private final BiConsumer<String, double[][]> witness;

    ReferenceProbe(ClipConfig config, Map<String, Tensor> parameters, BiConsumer<String, double[][]> witness) {
        super(config, parameters);
        this.witness = witness;
    }

    private double[][] tell(String name, double[][] x) {
        witness.accept(name, x);
        return x;
    }

    @Override
    double[][] named(String name, double[][] x) {
        return tell(name, x);
    }

    @Override
    double[][] embedPatches(String name, Tensor pixels, VisionConfig vision) {
        return tell(name, super.embedPatches(name, pixels, vision));
    }

    @Override
    double[][] embedTokens(String name, int[] ids, TextConfig text) {
        return tell(name, super.embedTokens(name, ids, text));
    }

    @Override
    double[][] block(String name, double[][] x, TransformerConfig t, boolean causal) {
        return tell(name, super.block(name, x, t, causal));
    }

    @Override
    double[][] attentionWeights(String name, double[][] q, double[][] k, int heads, boolean causal) {
        return tell(name, super.attentionWeights(name, q, k, heads, causal));
    }

    @Override
    double[][] attend(String name, double[][] a, double[][] v, int heads) {
        return tell(name, super.attend(name, a, v, heads));
    }

    @Override
    double[][] activate(String name, double[][] h, Activation activation) {
        return tell(name, super.activate(name, h, activation));
    }

    @Override
    double[][] layerNorm(String name, double[][] x, double epsilon) {
        return tell(name, super.layerNorm(name, x, epsilon));
    }

    @Override
    double[][] linear(String name, double[][] x) {
        return tell(name, super.linear(name, x));
    }

    @Override
    double[][] project(String name, double[][] x) {
        return tell(name, super.project(name, x));
    }
}
