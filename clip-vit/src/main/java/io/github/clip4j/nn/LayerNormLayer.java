package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;

/// y = (x − μ) / √(σ² + ε) · gain + bias, row by row. Immutable.
public final class LayerNormLayer {
    private final float[] gain;
    private final float[] bias;
    private final double epsilon;

    LayerNormLayer(float[] gain, float[] bias, double epsilon) {
        this.gain = gain;
        this.bias = bias;
        this.epsilon = epsilon;
    }

    /// `x` and `y` may be the same tensor.
    public void forward(Tensor x, Tensor y, Workspace ws) {
        ws.layerNorm().normalize(x, gain, bias, epsilon, y);
    }
}
