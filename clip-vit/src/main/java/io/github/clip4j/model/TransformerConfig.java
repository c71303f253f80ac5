package io.github.clip4j.model;

import io.github.clip4j.core.ops.Activation;

/// The extents that both towers' transformers have.
///
/// @param width the residual stream, d
/// @param heads attention heads; they share the width evenly
/// @param layers blocks
/// @param mlpWidth the hidden layer of each MLP
/// @param activation of each MLP
/// @param layerNormEpsilon added to the variance
public record TransformerConfig(int width, int heads, int layers, int mlpWidth, Activation activation, double layerNormEpsilon) {
    public TransformerConfig {
        requirePositive("width", width);
        requirePositive("heads", heads);
        requirePositive("layers", layers);
        requirePositive("MLP width", mlpWidth);
        if (width % heads != 0) {
            throw new IllegalArgumentException("transformer: expected a width that is a multiple of the heads, got %d and %d".formatted(width, heads));
        }
        if (!(layerNormEpsilon >= 0)) {
            throw new IllegalArgumentException("transformer: expected a layer norm epsilon of at least 0, got " + layerNormEpsilon);
        }
    }

    /// This config with another activation.
    public TransformerConfig withActivation(Activation other) {
        return new TransformerConfig(width, heads, layers, mlpWidth, other, layerNormEpsilon);
    }

    /// The width of one head.
    public int headDim() {
        return width / heads;
    }

    static void requirePositive(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("%s: expected at least 1, got %d".formatted(what, value));
        }
    }
}
