package io.github.clip4j.core.kernel;

import static io.github.clip4j.core.kernel.Fma.fma;

/// Layer normalisation of one row.
public final class LayerNormScalar {
    private LayerNormScalar() {}

    /// y[i] = (x[i] − μ) / √(σ² + ε) · gain[i] + bias[i], with μ and σ² the mean and the (biased) variance of the row (Ba, Kiros and
    /// Hinton 2016, arXiv:1607.06450 §3). `x` and `y` may be the same row.
    ///
    /// Two passes over a row in L1 for mean and variance: E[x²] − E[x]² cancels in float32.
    public static void normalize(float[] x, int xOff, float[] gain, float[] bias, double epsilon, float[] y, int yOff, int d) {
        float mean = SumScalar.sum(x, xOff, d) / d;
        float variance = SumScalar.squaredDeviations(x, xOff, d, mean) / d;
        float scale = (float) (1 / Math.sqrt(variance + epsilon));
        for (int i = 0; i < d; i++) {
            y[yOff + i] = fma((x[xOff + i] - mean) * scale, gain[i], bias[i]);
        }
    }
}
