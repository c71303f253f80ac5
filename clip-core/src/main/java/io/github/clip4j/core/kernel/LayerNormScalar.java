package io.github.clip4j.core.kernel;

/// Layer normalisation of one row, by definition, with sums in double.
public final class LayerNormScalar {
    private LayerNormScalar() {}

    /// y[i] = (x[i] − μ) / √(σ² + ε) · gain[i] + bias[i], with μ and σ² the mean and the (biased) variance of the row (Ba, Kiros and
    /// Hinton 2016, arXiv:1607.06450 §3). `x` and `y` may be the same row.
    public static void normalize(float[] x, int xOff, float[] gain, float[] bias, double epsilon, float[] y, int yOff, int d) {
        double sum = 0;
        for (int i = 0; i < d; i++) {
            sum += x[xOff + i];
        }
        double mean = sum / d;
        double squares = 0;
        for (int i = 0; i < d; i++) {
            squares += (x[xOff + i] - mean) * (x[xOff + i] - mean);
        }
        double scale = 1 / Math.sqrt(squares / d + epsilon);
        for (int i = 0; i < d; i++) {
            y[yOff + i] = (float) ((x[xOff + i] - mean) * scale * gain[i] + bias[i]);
        }
    }
}
