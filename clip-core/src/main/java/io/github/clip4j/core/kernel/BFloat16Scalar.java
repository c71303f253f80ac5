package io.github.clip4j.core.kernel;

/// bfloat16 to float32: the 16 bits become the upper half.
public final class BFloat16Scalar {
    private BFloat16Scalar() {}

    /// Writes `count` numbers from `xOff` to the beginning of `y`.
    public static void widen(short[] x, int xOff, int count, float[] y) {
        for (int i = 0; i < count; i++) {
            y[i] = Float.intBitsToFloat(x[xOff + i] << 16);
        }
    }
}
