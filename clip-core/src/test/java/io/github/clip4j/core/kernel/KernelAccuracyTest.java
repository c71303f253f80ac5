package io.github.clip4j.core.kernel;

import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.testkit.Gen;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each vector kernel against the exact value, within a bound that is derived here. Their scalar siblings have the same bits
/// ([KernelSiblingsTest]).
///
/// u = 2⁻²⁴ is the unit roundoff of float32.
class KernelAccuracyTest {
    private static final double U = Math.scalb(1.0, -24);

    static IntStream lengthsAroundLanes() {
        return IntStream.concat(IntStream.rangeClosed(1, 4 * 16 + 3), IntStream.of(127, 128, 129, 512, 768, 1000));
    }

    /// 1/√dₕ for the widths of heads in published checkpoints, and 1.
    private static final float[] SCALES = {1, scale(32), scale(64), scale(80), scale(88)};

    private static float scale(int headDim) {
        return (float) (1 / Math.sqrt(headDim));
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void layerNormForEveryTail(int d) {
        for (float factor : SCALES) {
            float[] x = new Gen(d).floats(d);
            for (int i = 0; i < d; i++) {
                x[i] *= factor;
            }
            float[] gain = new Gen(d + 1000).floats(d);
            float[] bias = new Gen(d + 2000).floats(d);
            float[] vector = new float[d];
            float[] exact = new float[d];
            LayerNormVector.normalize(x, 0, gain, bias, 1e-5, vector, 0, d);
            Exact.layerNorm(x, 0, gain, bias, 1e-5, exact, 0, d);
            // A sum of d terms in 16 lanes has at most d/16 + 5 roundings, of the mean of |x| and of the squares alike; five more follow
            // per element. For short rows σ can be small compared with |x|: the mean's error then counts by |x|max/σ.
            double sigma = deviation(x, d);
            double bound = (d / 16.0 + 10) * U * (1 + largest(x, d) / sigma);
            assertWithin(
                    vector, exact, i -> bound * (1 + Math.abs(exact[i]) + 3 * Math.abs(gain[i])),
                    "layer norm, d=%d factor=%s".formatted(d, factor));
        }
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void softmaxForEveryLength(int d) {
        int capacity = (d + 15) & -16;
        for (float scale : SCALES) {
            float[] vector = new Gen(d).floats(capacity);
            for (int i = 0; i < vector.length; i++) {
                vector[i] *= 4 / scale;
            }
            float[] exact = vector.clone();
            SoftmaxVector.softmax(vector, 0, d, capacity, scale);
            Exact.softmax(exact, 0, d, capacity, scale);
            // exp of an argument of up to 2·4·4 = 32 that was rounded twice (difference, scale): 32·2u relative, plus 1 ULP of exp = 2u,
            // plus the sum's d/16 + 5 roundings and two for the quotient.
            double relative = (64 + 2 + d / 16.0 + 7) * U;
            String what = "softmax, d=%d scale=%s".formatted(d, scale);
            assertWithin(vector, exact, i -> relative * Math.abs(exact[i]) + Float.MIN_NORMAL, what);
        }
    }

    @Test
    void softmaxIsWithinOneAndAHalfMillionthForScoresOfOrderOne() {
        float[] vector = new Gen(7).floats(64);
        float[] exact = vector.clone();
        SoftmaxVector.softmax(vector, 0, 50, 64, 1f);
        Exact.softmax(exact, 0, 50, 64, 1f);
        assertWithin(vector, exact, i -> 1.5e-6 * exact[i] + Float.MIN_NORMAL, "softmax");
    }

    @Test
    void softmaxOfHugeScoresDoesNotOverflow() {
        float[] x = new float[16];
        Arrays.fill(x, -3e38f);
        x[2] = 3e38f;
        SoftmaxVector.softmax(x, 0, 5, 16, 1f);
        assertThat(x).startsWith(0, 0, 1, 0, 0);
    }

    @Test
    void expIsWithinOneUlpOverItsWholeRange() {
        double worst = 0;
        float[] buffer = new float[16];
        for (int i = 0; i < 4_000_000; i += Lanes.COUNT) {
            for (int lane = 0; lane < Lanes.COUNT; lane++) {
                buffer[lane] = -87.3f * (i + lane) / 4_000_000f;
            }
            float[] arguments = buffer.clone();
            ExpVector.exp(FloatVector.fromArray(Lanes.SPECIES, buffer, 0)).intoArray(buffer, 0);
            for (int lane = 0; lane < Lanes.COUNT; lane++) {
                double exact = Math.exp(arguments[lane]);
                worst = Math.max(worst, Math.abs(buffer[lane] - exact) / Math.ulp((float) exact));
            }
        }
        assertThat(worst).as("ULP").isLessThanOrEqualTo(1.0);
    }

    @Test
    void expUnderflowsToZeroAndIsExactlyOneAtZero() {
        float[] x = {0f, -0f, -88f, -1000f, Float.NEGATIVE_INFINITY, -Float.MIN_VALUE, -3.4e38f, 0f, 0, 0, 0, 0, 0, 0, 0, 0};
        float[] y = x.clone();
        for (int i = 0; i < 16; i += Lanes.COUNT) {
            ExpVector.exp(FloatVector.fromArray(Lanes.SPECIES, x, i)).intoArray(y, i);
        }
        assertThat(y).startsWith(1, 1, 0, 0, 0, 1, 0, 1);
    }

    private interface Kernel {
        void apply(float[] x, int xOff, int d);
    }

    private static void checkActivation(String name, Kernel vector, Kernel exact) {
        for (int d : lengthsAroundLanes().toArray()) {
            for (int offset : new int[] {0, 1, 3}) {
                float[] actual = new Gen(d).floats(d + offset + 2);
                for (int i = 0; i < actual.length; i++) {
                    actual[i] *= 3;
                }
                float[] input = actual.clone();
                float[] expected = actual.clone();
                vector.apply(actual, offset, d);
                exact.apply(expected, offset, d);
                assertWithin(actual, expected, i -> bound(input[i]), "%s, d=%d offset=%d".formatted(name, d, offset));
                assertThat(actual[offset + d]).as("what follows is untouched").isEqualTo(input[offset + d]);
            }
        }
        // Every exponent, both signs: 2⁻⁴⁰ to 2¹², where the result is 0 or x.
        float[] wide = new float[2 * 52 * 1024];
        for (int i = 0; i < wide.length; i++) {
            float magnitude = Math.scalb(1 + (i / 2 % 1024) / 1024f, i / 2048 - 40);
            wide[i] = i % 2 == 0 ? magnitude : -magnitude;
        }
        float[] actual = wide.clone();
        float[] expected = wide.clone();
        vector.apply(actual, 0, wide.length);
        exact.apply(expected, 0, wide.length);
        assertWithin(actual, expected, i -> bound(wide[i]), name + " over all exponents");
    }

    /// |x|·σ or |x|·Φ with a factor that is off by 2⁻²² at most: four roundings of a quantity of at most 1. A GELU taken for another is off
    /// by 2⁻⁶ around |x| = 2, sixty thousand times this.
    private static double bound(float x) {
        return Math.abs(x) * Math.scalb(1.0, -22) + Float.MIN_NORMAL;
    }

    @Test
    void quickGelu() {
        checkActivation("quick_gelu", ActivationVector::quickGelu, Exact::quickGelu);
    }

    @Test
    void gelu() {
        checkActivation("gelu", ActivationVector::gelu, Exact::gelu);
    }

    @Test
    void geluTanh() {
        checkActivation("gelu_tanh", ActivationVector::geluTanh, Exact::geluTanh);
    }

    /// It rounds nothing.
    @Test
    void reluIsExact() {
        float[] x = new Gen(5).floats(37);
        float[] y = x.clone();
        ActivationVector.relu(y, 2, 33);
        for (int i = 0; i < x.length; i++) {
            assertThat(y[i]).as("number %d", i).isEqualTo(i < 2 || i >= 35 || x[i] > 0 ? x[i] : 0f);
        }
        float[] edges = {-0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, -Float.MIN_VALUE, Float.MIN_VALUE};
        ActivationVector.relu(edges, 0, edges.length);
        assertThat(edges).containsExactly(0f, Float.NaN, 0f, Float.POSITIVE_INFINITY, 0f, Float.MIN_VALUE);
    }

    @Test
    void erfcMatchesPublishedValues() {
        // Abramowitz and Stegun, table 7.1 (erf) and DLMF 7.2, to the digits printed there
        assertThat(1 - Exact.erfc(0.5)).isCloseTo(0.5204998778, within(1e-10));
        assertThat(1 - Exact.erfc(2.0)).isCloseTo(0.9953222650, within(1e-10));
        assertThat(Exact.erfc(4.0)).isCloseTo(1.541725790028e-8, within(1e-19));
        assertThat(Exact.erfc(-4.0)).isCloseTo(2 - 1.541725790028e-8, within(1e-15));
    }

    private static double deviation(float[] x, int d) {
        double mean = 0;
        for (int i = 0; i < d; i++) {
            mean += x[i] / (double) d;
        }
        double squares = 0;
        for (int i = 0; i < d; i++) {
            squares += (x[i] - mean) * (x[i] - mean);
        }
        return Math.sqrt(squares / d + 1e-5);
    }

    private static double largest(float[] x, int d) {
        double largest = 0;
        for (int i = 0; i < d; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
        }
        return largest;
    }
}
