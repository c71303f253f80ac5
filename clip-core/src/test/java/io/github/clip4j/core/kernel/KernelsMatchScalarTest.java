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

/// Each vector kernel against its scalar sibling: every length around the lanes, at offsets that break alignment.
///
/// u = 2⁻²⁴ is the unit roundoff of float32.
class KernelsMatchScalarTest {
    private static final double U = Math.scalb(1.0, -24);

    static IntStream lengthsAroundLanes() {
        return IntStream.concat(IntStream.rangeClosed(1, 4 * 16 + 3), IntStream.of(127, 128, 129, 512, 768, 1000));
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void layerNormMatchesScalarForEveryTail(int d) {
        for (int offset : new int[] {0, 1, 3}) {
            float[] x = new Gen(d).floats(d + offset);
            float[] gain = new Gen(d + 1000).floats(d);
            float[] bias = new Gen(d + 2000).floats(d);
            float[] vector = new float[d + offset];
            float[] scalar = new float[d + offset];
            LayerNormVector.normalize(x, offset, gain, bias, 1e-5, vector, offset, d);
            LayerNormScalar.normalize(x, offset, gain, bias, 1e-5, scalar, offset, d);
            // A sum of d terms in 16 lanes has at most d/16 + 5 roundings, of the mean of |x| and of the squares alike; five more follow per element.
            // For short rows σ can be small beside |x|: the mean's error then counts by |x|max/σ.
            double sigma = deviation(x, offset, d);
            double largest = largest(x, offset, d);
            double bound = (d / 16.0 + 10) * U * (1 + largest / sigma);
            int off = offset;
            assertWithin(
                    vector, scalar, i -> i < off ? 0.5 : bound * (1 + Math.abs(scalar[i]) + 3 * Math.abs(gain[i - off])),
                    "layer norm, d=%d offset=%d".formatted(d, offset));
        }
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void softmaxMatchesScalarForEveryLength(int d) {
        int capacity = (d + 15) & -16;
        for (int offset : new int[] {0, 1, 5}) {
            float[] vector = new Gen(d).floats(capacity + offset);
            for (int i = 0; i < vector.length; i++) {
                vector[i] *= 30;
            }
            float[] scalar = vector.clone();
            SoftmaxVector.softmax(vector, offset, d, capacity, 0.125f);
            SoftmaxScalar.softmax(scalar, offset, d, capacity, 0.125f);
            // exp of an argument of up to 2·4·30·0.125 = 30 that was rounded twice (difference, scale): 30·2u relative, plus 1 ULP of exp = 2u,
            // plus the sum's d/16 + 5 roundings and two for the quotient.
            double relative = (60 + 2 + d / 16.0 + 7) * U;
            assertWithin(vector, scalar, i -> relative * Math.abs(scalar[i]) + Float.MIN_NORMAL, "softmax, d=%d offset=%d".formatted(d, offset));
            for (int i = d; i < capacity; i++) {
                assertThat(vector[offset + i]).as("padding is zero").isEqualTo(0f);
            }
        }
    }

    @Test
    void softmaxIsWithinOneAndAHalfMillionthForScoresOfOrderOne() {
        float[] vector = new Gen(7).floats(64);
        float[] scalar = vector.clone();
        SoftmaxVector.softmax(vector, 0, 50, 64, 1f);
        SoftmaxScalar.softmax(scalar, 0, 50, 64, 1f);
        assertWithin(vector, scalar, i -> 1.5e-6 * scalar[i] + Float.MIN_NORMAL, "softmax");
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

    private static void checkActivation(String name, Kernel vector, Kernel scalar) {
        for (int d : lengthsAroundLanes().toArray()) {
            for (int offset : new int[] {0, 1, 3}) {
                float[] actual = new Gen(d).floats(d + offset + 2);
                for (int i = 0; i < actual.length; i++) {
                    actual[i] *= 3;
                }
                float[] input = actual.clone();
                float[] expected = actual.clone();
                vector.apply(actual, offset, d);
                scalar.apply(expected, offset, d);
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
        scalar.apply(expected, 0, wide.length);
        assertWithin(actual, expected, i -> bound(wide[i]), name + " over all exponents");
    }

    /// |x|·σ or |x|·Φ with a factor that is off by 2⁻²² at most: four roundings of a quantity of at most 1. A GELU taken for another is off by
    /// 2⁻⁶ around |x| = 2, sixty thousand times this.
    private static double bound(float x) {
        return Math.abs(x) * Math.scalb(1.0, -22) + Float.MIN_NORMAL;
    }

    @Test
    void quickGeluMatchesScalar() {
        checkActivation("quick_gelu", ActivationVector::quickGelu, ActivationScalar::quickGelu);
    }

    @Test
    void geluMatchesScalar() {
        checkActivation("gelu", ActivationVector::gelu, ActivationScalar::gelu);
    }

    @Test
    void geluTanhMatchesScalar() {
        checkActivation("gelu_tanh", ActivationVector::geluTanh, ActivationScalar::geluTanh);
    }

    @Test
    void erfcMatchesPublishedValues() {
        // Abramowitz and Stegun, table 7.1 (erf) and DLMF 7.2, to the digits printed there
        assertThat(1 - ActivationScalar.erfc(0.5)).isCloseTo(0.5204998778, within(1e-10));
        assertThat(1 - ActivationScalar.erfc(2.0)).isCloseTo(0.9953222650, within(1e-10));
        assertThat(ActivationScalar.erfc(4.0)).isCloseTo(1.541725790028e-8, within(1e-19));
        assertThat(ActivationScalar.erfc(-4.0)).isCloseTo(2 - 1.541725790028e-8, within(1e-15));
    }

    private static double deviation(float[] x, int offset, int d) {
        double mean = 0;
        for (int i = 0; i < d; i++) {
            mean += x[offset + i] / (double) d;
        }
        double squares = 0;
        for (int i = 0; i < d; i++) {
            squares += (x[offset + i] - mean) * (x[offset + i] - mean);
        }
        return Math.sqrt(squares / d + 1e-5);
    }

    private static double largest(float[] x, int offset, int d) {
        double largest = 0;
        for (int i = 0; i < d; i++) {
            largest = Math.max(largest, Math.abs(x[offset + i]));
        }
        return largest;
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void weightedSumsOfByteRowsAreTheScalarOnes(int n) {
        Gen gen = new Gen(n);
        int rows = 5;
        int ldx = n + 3;
        byte[] x = new byte[2 + rows * ldx];
        for (int i = 0; i < x.length; i++) {
            x[i] = (byte) gen.integer(0, 256);
        }
        int[] weights = {7, -500_000, 2_500_000, 3_000_000, -300_000, 40_000}; // some sums beyond 255, some below 0
        byte[] scalar = new byte[n + 3];
        byte[] vector = new byte[n + 3];
        ByteRowsScalar.weightedSum(x, 2, ldx, weights, 1, rows, scalar, 1, n);
        ByteRowsVector.weightedSum(x, 2, ldx, weights, 1, rows, vector, 1, n);
        assertThat(vector).isEqualTo(scalar);
    }
}
