package io.github.clip4j.core.kernel;

import java.util.Arrays;

/// Softmax of one row; relative error at most 1.5e-6 for scores of order one.
public final class SoftmaxScalar {
    private SoftmaxScalar() {}

    /// x[i] ← e^(scale·x[i]) / Σⱼ e^(scale·x[j]) for i < d, and x[i] ← 0 from there to `capacity`. `d` ≥ 1, `scale` > 0.
    ///
    /// `capacity` is a multiple of 16, at least `d`: the vector kernel then has no tails, and a row of attention weights reads as zero past
    /// its last key. The padding is −∞ at first, whose exponential is exactly 0. The maximum is subtracted first, so that no term
    /// overflows.
    public static void softmax(float[] x, int xOff, int d, int capacity, float scale) {
        Arrays.fill(x, xOff + d, xOff + capacity, Float.NEGATIVE_INFINITY);
        float max = Float.NEGATIVE_INFINITY;
        for (int i = xOff; i < xOff + capacity; i++) {
            max = Math.max(max, x[i]);
        }
        RowBuffer buffer = RowBuffer.get();
        float[] e = buffer.e;
        for (int from = 0; from < capacity; from += RowBuffer.LENGTH) {
            int n = Math.min(RowBuffer.LENGTH, capacity - from);
            System.arraycopy(x, xOff + from, e, 0, n);
            for (int i = 0; i < n; i++) {
                e[i] = (e[i] - max) * scale;
            }
            ExpScalar.exp(e, buffer.exponents, n);
            System.arraycopy(e, 0, x, xOff + from, n);
        }
        float inverse = 1 / SumScalar.sum(x, xOff, capacity);
        for (int i = xOff; i < xOff + capacity; i++) {
            x[i] *= inverse;
        }
    }
}
