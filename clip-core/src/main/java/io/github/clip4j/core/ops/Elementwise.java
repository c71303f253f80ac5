package io.github.clip4j.core.ops;

/// Operations on each element by itself.
public final class Elementwise {
    private Elementwise() {}

    /// `y[i] = a[i] + b[i]` for n elements. The plain loop: C2 vectorises it by itself, and its bits do not depend on how.
    public static void add(float[] a, int aOff, float[] b, int bOff, float[] y, int yOff, int n) {
        for (int i = 0; i < n; i++) {
            y[yOff + i] = a[aOff + i] + b[bOff + i];
        }
    }
}
