package io.github.clip4j.bench;

/// The kernels as one would write them first, in float, and as one would write them to let the compiler make vectors. For comparison alone: the plain
/// ones lose digits in their sums, and neither kind promises the same bits anywhere.
final class PlainLoops {
    private static final int LANES = 16;
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float ROUND = 12582912.0f; // 1.5·2²³: adding it rounds to an integer

    private PlainLoops() {}

    static void layerNorm(float[] x, float[] gain, float[] bias, float epsilon, float[] y, int d) {
        float sum = 0;
        for (int i = 0; i < d; i++) {
            sum += x[i];
        }
        float mean = sum / d;
        float squares = 0;
        for (int i = 0; i < d; i++) {
            squares += (x[i] - mean) * (x[i] - mean);
        }
        float scale = 1 / (float) Math.sqrt(squares / d + epsilon);
        for (int i = 0; i < d; i++) {
            y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
        }
    }

    /// The sums in sixteen parts, because a compiler may not reorder one; `d` is a multiple of 16.
    static void layerNormByLanes(float[] x, float[] gain, float[] bias, float epsilon, float[] y, int d, float[] lanes) {
        clear(lanes);
        for (int i = 0; i < d; i += LANES) {
            for (int j = 0; j < LANES; j++) {
                lanes[j] += x[i + j];
            }
        }
        float mean = sum(lanes) / d;
        clear(lanes);
        for (int i = 0; i < d; i += LANES) {
            for (int j = 0; j < LANES; j++) {
                lanes[j] = Math.fma(x[i + j] - mean, x[i + j] - mean, lanes[j]);
            }
        }
        float scale = 1 / (float) Math.sqrt(sum(lanes) / d + epsilon);
        for (int i = 0; i < d; i++) {
            y[i] = Math.fma((x[i] - mean) * scale, gain[i], bias[i]);
        }
    }

    static void softmax(float[] x, int d, float scale) {
        float max = x[0];
        for (int i = 1; i < d; i++) {
            max = Math.max(max, x[i]);
        }
        float sum = 0;
        for (int i = 0; i < d; i++) {
            x[i] = (float) Math.exp(scale * (x[i] - max));
            sum += x[i];
        }
        for (int i = 0; i < d; i++) {
            x[i] /= sum;
        }
    }

    /// `d` is a multiple of 16.
    static void softmaxByLanes(float[] x, int d, float scale, float[] lanes) {
        System.arraycopy(x, 0, lanes, 0, LANES);
        for (int i = LANES; i < d; i += LANES) {
            for (int j = 0; j < LANES; j++) {
                lanes[j] = Math.max(lanes[j], x[i + j]);
            }
        }
        float max = lanes[0];
        for (float lane : lanes) {
            max = Math.max(max, lane);
        }
        for (int i = 0; i < d; i++) {
            x[i] = exp(scale * (x[i] - max));
        }
        clear(lanes);
        for (int i = 0; i < d; i += LANES) {
            for (int j = 0; j < LANES; j++) {
                lanes[j] += x[i + j];
            }
        }
        float inverse = 1 / sum(lanes);
        for (int i = 0; i < d; i++) {
            x[i] *= inverse;
        }
    }

    static void quickGelu(float[] x, int d) {
        for (int i = 0; i < d; i++) {
            x[i] = x[i] / (1 + (float) Math.exp(-1.702f * x[i]));
        }
    }

    /// With an exponential that is arithmetic alone. Wrong below −51, where e^(1.702·|x|) leaves the range of floats.
    static void quickGeluByPolynomial(float[] x, int d) {
        for (int i = 0; i < d; i++) {
            x[i] = x[i] / (1 + exp(-1.702f * x[i]));
        }
    }

    /// e^x by the formula of the core's vector kernel, without its care for the ends of the range.
    private static float exp(float x) {
        float shifted = Math.fma(x, LOG2_E, ROUND);
        float n = shifted - ROUND;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
        float q = Math.fma(1.9891031e-4f, r, 1.3933686e-3f);
        q = Math.fma(q, r, 8.3333105e-3f);
        q = Math.fma(q, r, 4.1666463e-2f);
        q = Math.fma(q, r, 1.6666667e-1f);
        q = Math.fma(q, r, 0.5f);
        float y = Math.fma(q, r * r, r) + 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(y) + (Float.floatToRawIntBits(shifted) << 23));
    }

    private static void clear(float[] lanes) {
        for (int j = 0; j < LANES; j++) {
            lanes[j] = 0;
        }
    }

    private static float sum(float[] lanes) {
        float sum = 0;
        for (int j = 0; j < LANES; j++) {
            sum += lanes[j];
        }
        return sum;
    }
}
