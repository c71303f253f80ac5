package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.Arrays;
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

    /// The linear function that w·y is for rows of the mean and deviation of this x: w·y = g·x + w·bias, with
    /// g = (w⊙gain − mean(w⊙gain)) / √(σ² + ε). Its value at this x is exact.
    ///
    /// @param w `[d]`
    /// @param x `[d]`
    /// @return g, `[d]`
    double[] slope(double[] w, double[] x) {
        double mean = Arrays.stream(x).sum() / x.length;
        double variance = 0;
        double[] slope = new double[x.length];
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            variance += (x[i] - mean) * (x[i] - mean) / x.length;
            slope[i] = w[i] * gain[i];
            sum += slope[i];
        }
        for (int i = 0; i < x.length; i++) {
            slope[i] = (slope[i] - sum / x.length) / Math.sqrt(variance + epsilon);
        }
        return slope;
    }

    /// w·bias
    double weighBias(double[] w) {
        double sum = 0;
        for (int i = 0; i < w.length; i++) {
            sum += w[i] * bias[i];
        }
        return sum;
    }

    /// [#forward], and `trace` sees y.
    public void trace(Tensor x, Tensor y, Workspace ws, Trace trace) {
        forward(x, y, ws);
        trace.edit(name, y);
    }
}
