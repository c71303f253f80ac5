package io.github.clip4j.core.kernel;

/// Same contract as [SoftmaxScalar] and the same bits as [SoftmaxVector], for a cold start.
public final class SoftmaxPlain {
    private SoftmaxPlain() {}

    public static void softmax(float[] x, int xOff, int d, int capacity, float scale) {
        float max = x[xOff];
        for (int i = 1; i < d; i++) {
            max = Math.max(max, x[xOff + i]);
        }
        for (int i = 0; i < d; i++) {
            x[xOff + i] = ExpPlain.exp((x[xOff + i] - max) * scale);
        }
        for (int i = d; i < capacity; i++) {
            x[xOff + i] = 0;
        }
        float inverse = 1 / SumPlain.sum(x, xOff, capacity);
        for (int i = 0; i < d; i++) {
            x[xOff + i] *= inverse;
        }
    }
}
