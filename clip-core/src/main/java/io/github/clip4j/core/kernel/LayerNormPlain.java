package io.github.clip4j.core.kernel;

/// Same contract as [LayerNormScalar] and the same bits as [LayerNormVector], for a cold start.
public final class LayerNormPlain {
    private LayerNormPlain() {}

    public static void normalize(float[] x, int xOff, float[] gain, float[] bias, double epsilon, float[] y, int yOff, int d) {
        float mean = SumPlain.sum(x, xOff, d) / d;
        float variance = SumPlain.squaredDeviations(x, xOff, d, mean) / d;
        float scale = (float) (1 / Math.sqrt(variance + epsilon));
        for (int i = 0; i < d; i++) {
            y[yOff + i] = Math.fma((x[xOff + i] - mean) * scale, gain[i], bias[i]);
        }
    }
}
