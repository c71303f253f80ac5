package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;

/// y = (x − μ) / √(σ² + ε) · gain + bias, row by row. Immutable.
public final class LayerNormLayer {
    private final String name;
    private final float[] gain;
    private final float[] bias;
    private final double epsilon;

    /// Reads the norm called `name`, of rows of `width` numbers.
    ///
    /// @param epsilon added to the variance
    public LayerNormLayer(ParameterReader parameters, String name, int width, double epsilon) throws IOException {
        this.name = name;
        this.gain = parameters.vector(name + ".weight", width);
        this.bias = parameters.vector(name + ".bias", width);
        this.epsilon = epsilon;
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String name, int width) {
        return Stream.of(new TensorSpec(name + ".weight", Shape.of(width)), new TensorSpec(name + ".bias", Shape.of(width)));
    }

    /// `x` and `y` may be the same tensor.
    public void forward(Tensor x, Tensor y, Workspace ws) {
        ws.layerNorm().normalize(x, gain, bias, epsilon, y);
    }

    /// [#forward], and `trace` sees y.
    public void trace(Tensor x, Tensor y, Workspace ws, Trace trace) {
        forward(x, y, ws);
        trace.see(name, y);
    }
}
