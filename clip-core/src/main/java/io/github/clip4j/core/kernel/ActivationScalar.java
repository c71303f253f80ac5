package io.github.clip4j.core.kernel;

import static io.github.clip4j.core.kernel.Fma.fma;

/// The three GELUs of CLIP checkpoints, with an absolute error of at most 2⁻²²·|x|, measured over every exponent by the tests; and ReLU,
/// which is exact.
///
/// The JDK has no erf, and the libraries behind the Vector API's own `EXP` and `TANH` differ from system to system, so all GELUs are built
/// on [ExpScalar]. A row is computed in pieces. Each step is a short loop without branches, of which C2 makes vectors: see [RowBuffer].
public final class ActivationScalar {
    static final float QUICK_SCALE = 1.702f;
    static final float SQRT_HALF = 0.70710678f;
    static final float TANH_SCALE = 1.59576912f; // 2·√(2/π): ½(1 + tanh u) = σ(2u)
    static final float TANH_CUBIC = 0.044715f;

    /// erf(z) = z·p(z²) on |z| ≤ 1; `weights-tools/python/fit_polynomials.py`, error of the fit 4.1e-8.
    static final float P5 = -5.6480599e-4f;

    static final float P4 = 4.9217618e-3f;
    static final float P3 = -2.6715055e-2f;
    static final float P2 = 1.1280317e-1f;
    static final float P1 = -3.7612343e-1f;
    static final float P0 = 1.1283791f;

    /// erfc(z) = e^(−z²)·t·s(t) with t = 1 / (1 + 0.4·z) on z ≥ 1; same source, error of the fit 1.8e-8.
    static final float T = 0.4f;

    static final float S6 = -1.1865149e-1f;
    static final float S5 = 2.5013915e-1f;
    static final float S4 = 1.0375185e-3f;
    static final float S3 = 2.1717878e-1f;
    static final float S2 = 1.9749974e-1f;
    static final float S1 = 2.2689769e-1f;
    static final float S0 = 2.2561385e-1f;

    private ActivationScalar() {}

    /// x ← x·σ(1.702·x), OpenAI's QuickGELU (openai/CLIP `model.py`, class `QuickGELU`).
    public static void quickGelu(float[] x, int xOff, int d) {
        RowBuffer buffer = RowBuffer.get();
        for (int from = 0; from < d; from += RowBuffer.LENGTH) {
            int n = Math.min(RowBuffer.LENGTH, d - from);
            System.arraycopy(x, xOff + from, buffer.x, 0, n);
            scale(buffer.x, buffer.q, n);
            timesSigmoid(buffer, n);
            System.arraycopy(buffer.x, 0, x, xOff + from, n);
        }
    }

    /// x ← x·Φ(x) = x·½·erfc(−x/√2), the exact GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415 §2).
    public static void gelu(float[] x, int xOff, int d) {
        RowBuffer buffer = RowBuffer.get();
        for (int from = 0; from < d; from += RowBuffer.LENGTH) {
            int n = Math.min(RowBuffer.LENGTH, d - from);
            System.arraycopy(x, xOff + from, buffer.x, 0, n);
            minusHalfSquare(buffer.x, buffer.e, n);
            ExpScalar.exp(buffer.e, buffer.exponents, n);
            near(buffer.x, buffer.p, n);
            fraction(buffer.x, buffer.q, n);
            lower(buffer.e, buffer.q, n);
            timesNormalCdf(buffer.x, buffer.p, buffer.q, n);
            System.arraycopy(buffer.x, 0, x, xOff + from, n);
        }
    }

    /// x ← ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the tanh approximation (the same paper, §2), named `gelu_pytorch_tanh` or `gelu_new`.
    public static void geluTanh(float[] x, int xOff, int d) {
        RowBuffer buffer = RowBuffer.get();
        for (int from = 0; from < d; from += RowBuffer.LENGTH) {
            int n = Math.min(RowBuffer.LENGTH, d - from);
            System.arraycopy(x, xOff + from, buffer.x, 0, n);
            tanhArgument(buffer.x, buffer.q, n);
            timesSigmoid(buffer, n);
            System.arraycopy(buffer.x, 0, x, xOff + from, n);
        }
    }

    /// x ← max(x, 0); what is not a number stays so, and −0 becomes 0.
    public static void relu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] = Math.max(x[i], 0f);
        }
    }

    private static void scale(float[] x, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            z[i] = x[i] * QUICK_SCALE;
        }
    }

    /// 2·√(2/π)·(x + 0.044715·x³)
    private static void tanhArgument(float[] x, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            z[i] = fma(x[i] * x[i] * TANH_CUBIC, x[i], x[i]) * TANH_SCALE;
        }
    }

    /// x ← x·σ(z), with z in `q`: σ(z) = 1 / (1 + e^(−z)), and e^z / (1 + e^z) for negative z.
    private static void timesSigmoid(RowBuffer buffer, int n) {
        minusAbsolute(buffer.q, buffer.e, n);
        ExpScalar.exp(buffer.e, buffer.exponents, n);
        timesQuotient(buffer.x, buffer.q, buffer.e, n);
    }

    private static void minusAbsolute(float[] z, float[] e, int n) {
        for (int i = 0; i < n; i++) {
            e[i] = -Math.abs(z[i]);
        }
    }

    private static void timesQuotient(float[] x, float[] z, float[] e, int n) {
        for (int i = 0; i < n; i++) {
            float negative = isPositive(-z[i]);
            x[i] *= (negative * e[i] + (1f - negative)) / (e[i] + 1f);
        }
    }

    /// 1 for positive numbers, 0 for others: the largest factors make 1 even of the smallest positive number.
    private static float isPositive(float x) {
        return Math.min(1f, Math.max(0f, x * 0x1p127f * 0x1p127f));
    }

    private static void minusHalfSquare(float[] x, float[] e, int n) {
        for (int i = 0; i < n; i++) {
            float z = x[i] * SQRT_HALF;
            e[i] = -(z * z);
        }
    }

    /// ½·(1 + erf(z)), z = x/√2; beyond ±1, where it is not used, the value at ±1.
    private static void near(float[] x, float[] p, int n) {
        for (int i = 0; i < n; i++) {
            float z = Math.min(1f, Math.max(-1f, x[i] * SQRT_HALF));
            float zz = z * z;
            float y = fma(fma(P5, zz, P4), zz, P3);
            y = fma(fma(fma(y, zz, P2), zz, P1), zz, P0);
            p[i] = fma(y * z, 0.5f, 0.5f);
        }
    }

    /// t = 1 / (1 + 0.4·|z|)
    private static void fraction(float[] x, float[] t, int n) {
        for (int i = 0; i < n; i++) {
            t[i] = 1f / fma(Math.abs(x[i] * SQRT_HALF), T, 1f);
        }
    }

    /// ½·erfc(|z|) = ½·s(t)·t·e^(−z²), in place of t.
    private static void lower(float[] e, float[] t, int n) {
        for (int i = 0; i < n; i++) {
            float s = fma(fma(fma(S6, t[i], S5), t[i], S4), t[i], S3);
            s = fma(fma(fma(s, t[i], S2), t[i], S1), t[i], S0);
            t[i] = s * t[i] * e[i] * 0.5f;
        }
    }

    /// x ← x·Φ(x): `near` for z² < 1; elsewhere `lower` for negative x, 1 − `lower` for others.
    private static void timesNormalCdf(float[] x, float[] near, float[] lower, int n) {
        for (int i = 0; i < n; i++) {
            float z = x[i] * SQRT_HALF;
            float isNear = isPositive(1f - z * z);
            float isNegative = isPositive(-x[i]);
            float far = isNegative * lower[i] + (1f - isNegative) * (1f - lower[i]);
            x[i] *= isNear * near[i] + (1f - isNear) * far;
        }
    }
}
