package io.github.clip4j.core.kernel;

/// Same contract as [ActivationScalar] and the same bits as [ActivationVector], for a cold start.
public final class ActivationPlain {
    private ActivationPlain() {}

    public static void quickGelu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] *= sigmoid(x[i] * ActivationVector.QUICK_SCALE);
        }
    }

    public static void gelu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] *= normalCdf(x[i]);
        }
    }

    public static void geluTanh(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            float v = x[i];
            x[i] = v * sigmoid(Math.fma(v * v * ActivationVector.TANH_CUBIC, v, v) * ActivationVector.TANH_SCALE);
        }
    }

    private static float sigmoid(float z) {
        float e = ExpPlain.exp(-Math.abs(z));
        return (z < 0 ? e : 1) / (e + 1);
    }

    private static float normalCdf(float x) {
        float z = x * ActivationVector.SQRT_HALF;
        float zz = z * z;
        if (zz < 1) {
            float p = ActivationVector.P5;
            p = Math.fma(p, zz, ActivationVector.P4);
            p = Math.fma(p, zz, ActivationVector.P3);
            p = Math.fma(p, zz, ActivationVector.P2);
            p = Math.fma(p, zz, ActivationVector.P1);
            p = Math.fma(p, zz, ActivationVector.P0);
            return Math.fma(p * z, 0.5f, 0.5f);
        }
        float t = 1 / Math.fma(Math.abs(z), ActivationVector.T, 1);
        float s = ActivationVector.S6;
        s = Math.fma(s, t, ActivationVector.S5);
        s = Math.fma(s, t, ActivationVector.S4);
        s = Math.fma(s, t, ActivationVector.S3);
        s = Math.fma(s, t, ActivationVector.S2);
        s = Math.fma(s, t, ActivationVector.S1);
        s = Math.fma(s, t, ActivationVector.S0);
        float lower = s * t * ExpPlain.exp(-zz) * 0.5f;
        return x < 0 ? lower : 1 - lower;
    }
}
