package io.github.clip4j.core.kernel;

/// The three GELUs of CLIP checkpoints, by definition, in double.
public final class ActivationScalar {
    private ActivationScalar() {}

    /// x ← x·σ(1.702·x), OpenAI's QuickGELU (openai/CLIP `model.py`, class `QuickGELU`).
    public static void quickGelu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] = (float) (x[i] / (1 + Math.exp(-1.702 * x[i])));
        }
    }

    /// x ← x·Φ(x) = x·½·erfc(−x/√2), the exact GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415 §2).
    public static void gelu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] = (float) (x[i] * 0.5 * erfc(-x[i] / Math.sqrt(2)));
        }
    }

    /// x ← ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the tanh approximation (the same paper, §2), named `gelu_pytorch_tanh` or `gelu_new`.
    public static void geluTanh(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            double v = x[i];
            x[i] = (float) (0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))));
        }
    }

    /// The complementary error function to some 1e-15: Taylor series of erf up to |z| = 2.5, Lentz's continued fraction of erfc beyond
    /// (Abramowitz and Stegun 7.1.5 and 7.1.14). The JDK has none.
    static double erfc(double z) {
        if (z < 0) {
            return 2 - erfc(-z);
        }
        if (z > 27) {
            return 0; // below the smallest double
        }
        if (z < 2.5) {
            double term = z;
            double sum = z;
            for (int n = 1; Math.abs(term) > 1e-18 * sum; n++) {
                term *= -z * z / n;
                sum += term / (2 * n + 1);
            }
            return 1 - 2 / Math.sqrt(Math.PI) * sum;
        }
        double fraction = 0;
        for (int n = 60; n >= 1; n--) {
            fraction = n / 2.0 / (z + fraction);
        }
        return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
    }
}
