package io.github.clip4j.bench;

/// The kernels as one would write them first, in float. For comparison only: they lose digits in their sums, and call `Math.exp` for each
/// number.
final class PlainLoops {
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

    static void quickGelu(float[] x, int d) {
        for (int i = 0; i < d; i++) {
            x[i] = x[i] / (1 + (float) Math.exp(-1.702f * x[i]));
        }
    }
}
