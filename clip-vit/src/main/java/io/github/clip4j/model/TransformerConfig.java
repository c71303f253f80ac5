package io.github.clip4j.model;

import io.github.clip4j.core.Activation;

/// The extents that both towers' transformers have.
///
/// @param width the residual stream, d
/// @param heads attention heads; they share the width evenly
/// @param layers blocks
/// @param mlpWidth the hidden layer of each MLP
/// @param activation of each MLP
/// @param layerNormEpsilon added to the variance
public record TransformerConfig(int width, int heads, int layers, int mlpWidth, Activation activation, double layerNormEpsilon) {
    /// Ten times the deepest published model's: a damaged config must not ask for memory without end.
    private static final int MAX_LAYERS = 1000;

    /// Checks the extents.
    ///
    /// @throws IllegalArgumentException for an extent below 1, more layers than a model can have, a parameter too large for an array, or a
    ///     width that the heads cannot share evenly
    public TransformerConfig {
        requirePositive("width", width);
        requirePositive("heads", heads);
        requirePositive("layers", layers);
        requirePositive("MLP width", mlpWidth);
        if (layers > MAX_LAYERS) {
            throw new IllegalArgumentException("layers: expected at most %d, got %d".formatted(MAX_LAYERS, layers));
        }
        requireArray("attention weights", width, width);
        requireArray("MLP weights", mlpWidth, width);
        if (width % heads != 0) {
            throw new IllegalArgumentException(
                    "transformer: expected a width that is a multiple of the heads, got %d and %d".formatted(width, heads));
        }
        if (!(layerNormEpsilon >= 0)) {
            throw new IllegalArgumentException("transformer: expected a layer norm epsilon of at least 0, got " + layerNormEpsilon);
        }
    }

    /// {@return this config with another activation}
    ///
    /// @param other of the MLPs
    public TransformerConfig withActivation(Activation other) {
        return new TransformerConfig(width, heads, layers, mlpWidth, other, layerNormEpsilon);
    }

    /// {@return the width of one head}
    public int headDim() {
        return width / heads;
    }

    /// A parameter must fit into an array. The product itself may be beyond 2^63: 2^31 pixels and as many again, of three channels.
    static void requireArray(String what, long rows, long columns) {
        if (columns > 0 && rows > Integer.MAX_VALUE / columns) {
            throw new IllegalArgumentException("%s: expected at most 2^31-1 numbers, got %d × %d".formatted(what, rows, columns));
        }
    }

    static void requirePositive(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("%s: expected at least 1, got %d".formatted(what, value));
        }
    }
}
