package io.github.clip4j.core.kernel;

/// What the kernels compute, in double and rounded once: the values that their bounds are measured from.
public final class Exact {
    private Exact() {}

    /// [LayerNormScalar#normalize]
    public static void layerNorm(float[] x, int xOff, float[] gain, float[] bias, double epsilon, float[] y, int yOff, int d) {
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

    /// [SoftmaxScalar#softmax]
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

    static void quickGelu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] = (float) (x[i] / (1 + Math.exp(-1.702 * x[i])));
        }
    }

    static void gelu(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            x[i] = (float) (x[i] * 0.5 * erfc(-x[i] / Math.sqrt(2)));
        }
    }

    static void geluTanh(float[] x, int xOff, int d) {
        for (int i = xOff; i < xOff + d; i++) {
            double v = x[i];
            x[i] = (float) (0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))));
        }
    }

    /// The complementary error function to about 1e-15: Taylor series of erf up to |z| = 2.5, Lentz's continued fraction of erfc beyond
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

    /// Attention of one head, see [io.github.clip4j.core.kernel.gemm.FusedAttention].
    public static void attend(
            float[] q, int qOff, int ldq, float[] kv, int kOff, int vOff, int ldkv, int n, int headDim, float scale, boolean causal,
            float[] o, int oOff, int ldo) {
        double[] weights = new double[n];
        for (int i = 0; i < n; i++) {
            int keys = causal ? i + 1 : n;
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < keys; j++) {
                weights[j] = 0;
                for (int p = 0; p < headDim; p++) {
                    weights[j] += (double) q[qOff + i * ldq + p] * kv[kOff + j * ldkv + p];
                }
                max = Math.max(max, weights[j]);
            }
            double total = 0;
            for (int j = 0; j < keys; j++) {
                weights[j] = Math.exp(scale * (weights[j] - max));
                total += weights[j];
            }
            for (int p = 0; p < headDim; p++) {
                double sum = 0;
                for (int j = 0; j < keys; j++) {
                    sum += weights[j] * kv[vOff + j * ldkv + p];
                }
                o[oOff + i * ldo + p] = (float) (sum / total);
            }
        }
    }
}
