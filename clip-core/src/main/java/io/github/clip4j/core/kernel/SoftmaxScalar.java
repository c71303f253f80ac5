package io.github.clip4j.core.kernel;

/// Softmax of one row, by definition, with the sum in double.
public final class SoftmaxScalar {
    private SoftmaxScalar() {}

    /// x[i] ← e^(scale·x[i]) / Σⱼ e^(scale·x[j]) for i < d, and x[i] ← 0 from there to `capacity`. `d` ≥ 1, `scale` > 0.
    ///
    /// `capacity` is a multiple of 16, at least `d`: the kernels then have no tails, and a row of attention weights reads as zero past
    /// its last key. The maximum is subtracted first, so that no term overflows.
    public static void softmax(float[] x, int xOff, int d, int capacity, float scale) {
        double max = x[xOff];
        for (int i = 1; i < d; i++) {
            max = Math.max(max, x[xOff + i]);
        }
        double sum = 0;
        for (int i = 0; i < d; i++) {
            sum += Math.exp(scale * (x[xOff + i] - max));
        }
        for (int i = 0; i < d; i++) {
            x[xOff + i] = (float) (Math.exp(scale * (x[xOff + i] - max)) / sum);
        }
        for (int i = d; i < capacity; i++) {
            x[xOff + i] = 0;
        }
    }
}
