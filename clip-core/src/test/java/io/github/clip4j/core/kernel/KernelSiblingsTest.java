package io.github.clip4j.core.kernel;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.testkit.Gen;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Each vector kernel has the bits of its scalar sibling: for every length around the lanes, at offsets that break alignment, and nothing
/// else is written. Products and attention are compared in `GemmTest`, whole operations in [VectorWidthTest].
class KernelSiblingsTest {
    /// Floats around every row. They must be the same afterwards.
    private static final int GUARD = 5;

    static IntStream lengthsAroundLanes() {
        return IntStream.concat(IntStream.rangeClosed(1, 4 * 16 + 3), IntStream.of(127, 128, 129, 255, 256, 257, 512, 768, 1000));
    }

    /// 1/√dₕ for the widths of heads in published checkpoints, and 1.
    private static final float[] SCALES = {1, scale(32), scale(64), scale(80), scale(88)};

    private static float scale(int headDim) {
        return (float) (1 / Math.sqrt(headDim));
    }

    /// `[guard, row of d, guard]`
    private static float[] row(int seed, int d, int offset, float factor) {
        float[] x = new Gen(seed).floats(offset + d + GUARD);
        for (int i = 0; i < x.length; i++) {
            x[i] *= factor;
        }
        return x;
    }

    private static void assertGuards(float[] before, float[] after, int offset, int d, String what) {
        assertSameBits(Arrays.copyOf(after, offset), Arrays.copyOf(before, offset), what + ", what lies before");
        assertSameBits(
                Arrays.copyOfRange(after, offset + d, after.length), Arrays.copyOfRange(before, offset + d, before.length),
                what + ", what follows");
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void layerNorm(int d) {
        float[] gain = new Gen(d + 1000).floats(d);
        float[] bias = new Gen(d + 2000).floats(d);
        for (int offset : new int[] {0, 1, 3}) {
            for (float factor : SCALES) {
                String what = "layer norm, d=%d offset=%d factor=%s".formatted(d, offset, factor);
                float[] x = row(d, d, offset, factor);
                float[] before = row(d + 3000, d, offset, 1);
                float[] vector = before.clone();
                float[] scalar = before.clone();
                LayerNormVector.normalize(x, offset, gain, bias, 1e-5, vector, offset, d);
                LayerNormScalar.normalize(x, offset, gain, bias, 1e-5, scalar, offset, d);
                assertSameBits(vector, scalar, what);
                assertGuards(before, scalar, offset, d, what);
                LayerNormScalar.normalize(x, offset, gain, bias, 1e-5, x, offset, d);
                assertSameBits(
                        Arrays.copyOfRange(x, offset, offset + d), Arrays.copyOfRange(scalar, offset, offset + d), what + " in place");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void dots(int d) {
        int count = 3;
        float[] q = new Gen(d + 1000).floats(d);
        for (int offset : new int[] {0, 1, 3}) {
            String what = "dots, d=%d offset=%d".formatted(d, offset);
            float[] rows = row(d, count * d, offset, 1);
            float[] before = row(d + 2000, count, offset, 1);
            float[] vector = before.clone();
            float[] scalar = before.clone();
            DotVector.dots(rows, offset, count, d, q, vector, offset);
            DotScalar.dots(rows, offset, count, d, q, scalar, offset);
            assertSameBits(vector, scalar, what);
            assertGuards(before, scalar, offset, count, what);
            for (int r = 0; r < count; r++) { // d/16 roundings in a chain, 4 in the tree and 15 in the tail, each of a sum below Σ|ab|
                double exact = 0;
                double size = 0;
                for (int i = 0; i < d; i++) {
                    double product = (double) rows[offset + r * d + i] * q[i];
                    exact += product;
                    size += Math.abs(product);
                }
                assertThat((double) scalar[offset + r]).as(what).isCloseTo(exact, within((d / 16 + 20) * 0x1p-24 * size));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void softmax(int d) {
        int capacity = (d + 15) & -16;
        for (int offset : new int[] {0, 1, 5}) {
            for (float scale : SCALES) {
                for (float factor : new float[] {1, 30, 3000}) { // with 3000 most terms underflow
                    String what = "softmax, d=%d offset=%d scale=%s factor=%s".formatted(d, offset, scale, factor);
                    float[] before = row(d, capacity, offset, factor);
                    float[] vector = before.clone();
                    float[] scalar = before.clone();
                    SoftmaxVector.softmax(vector, offset, d, capacity, scale);
                    SoftmaxScalar.softmax(scalar, offset, d, capacity, scale);
                    assertSameBits(vector, scalar, what);
                    assertGuards(before, scalar, offset, capacity, what);
                    assertSameBits(
                            Arrays.copyOfRange(scalar, offset + d, offset + capacity), new float[capacity - d],
                            what + ", the padding is zero");
                }
            }
        }
    }

    /// The activations of checkpoints, in both forms.
    enum Gelu {
        QUICK {
            @Override
            void vector(float[] x, int xOff, int d) {
                ActivationVector.quickGelu(x, xOff, d);
            }

            @Override
            void scalar(float[] x, int xOff, int d) {
                ActivationScalar.quickGelu(x, xOff, d);
            }
        },
        ERF {
            @Override
            void vector(float[] x, int xOff, int d) {
                ActivationVector.gelu(x, xOff, d);
            }

            @Override
            void scalar(float[] x, int xOff, int d) {
                ActivationScalar.gelu(x, xOff, d);
            }
        },
        TANH {
            @Override
            void vector(float[] x, int xOff, int d) {
                ActivationVector.geluTanh(x, xOff, d);
            }

            @Override
            void scalar(float[] x, int xOff, int d) {
                ActivationScalar.geluTanh(x, xOff, d);
            }
        },
        RELU {
            @Override
            void vector(float[] x, int xOff, int d) {
                ActivationVector.relu(x, xOff, d);
            }

            @Override
            void scalar(float[] x, int xOff, int d) {
                ActivationScalar.relu(x, xOff, d);
            }
        };

        abstract void vector(float[] x, int xOff, int d);

        abstract void scalar(float[] x, int xOff, int d);
    }

    @ParameterizedTest
    @EnumSource
    void activations(Gelu gelu) {
        for (int d : lengthsAroundLanes().toArray()) {
            for (int offset : new int[] {0, 1, 3}) {
                String what = "%s, d=%d offset=%d".formatted(gelu, d, offset);
                float[] before = row(d, d, offset, 3);
                float[] vector = before.clone();
                float[] scalar = before.clone();
                gelu.vector(vector, offset, d);
                gelu.scalar(scalar, offset, d);
                assertSameBits(vector, scalar, what);
                assertGuards(before, scalar, offset, d, what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void activationsOverEveryExponentAndOfWhatIsNoNumber(Gelu gelu) {
        float[] x = everyExponent();
        float[] vector = x.clone();
        float[] scalar = x.clone();
        gelu.vector(vector, 0, x.length);
        gelu.scalar(scalar, 0, x.length);
        assertSameBits(canonical(vector), canonical(scalar), gelu + " over all exponents");
    }

    @Test
    void expOverEveryExponentAndAroundItsUnderflow() {
        float[] x = everyExponent();
        for (int i = 0; i < x.length; i++) {
            x[i] = -Math.abs(x[i]);
        }
        checkExp(x);
        int lowest = Float.floatToRawIntBits(ExpScalar.LOWEST);
        float[] around = new float[1 << 16];
        for (int i = 0; i < around.length; i++) {
            around[i] = Float.intBitsToFloat(lowest - around.length / 2 + i);
        }
        checkExp(around);
    }

    @Test
    void expOverItsRange() {
        float[] x = new float[4_000_000];
        for (int i = 0; i < x.length; i++) {
            x[i] = -87.4f * i / x.length;
        }
        checkExp(x);
    }

    private static void checkExp(float[] x) {
        float[] vector = Arrays.copyOf(x, (x.length + 15) & -16);
        float[] scalar = x.clone();
        for (int i = 0; i < vector.length; i += Lanes.COUNT) {
            ExpVector.exp(FloatVector.fromArray(Lanes.SPECIES, vector, i)).intoArray(vector, i);
        }
        float[] piece = new float[RowBuffer.LENGTH];
        for (int from = 0; from < x.length; from += piece.length) {
            int n = Math.min(piece.length, x.length - from);
            System.arraycopy(scalar, from, piece, 0, n);
            ExpScalar.exp(piece, new int[RowBuffer.LENGTH], n);
            System.arraycopy(piece, 0, scalar, from, n);
        }
        assertSameBits(canonical(scalar), canonical(Arrays.copyOf(vector, x.length)), "exp");
    }

    /// 200 numbers of each exponent and each sign, the subnormal ones too; zeros, infinities, NaN.
    private static float[] everyExponent() {
        float[] fractions = new Gen(1).floats(200);
        float[] x = new float[277 * fractions.length * 2 + 5];
        int i = 0;
        for (int exponent = -149; exponent <= 127; exponent++) {
            for (float fraction : fractions) {
                float value = Math.scalb(1 + Math.abs(fraction) % 1, exponent);
                x[i++] = value;
                x[i++] = -value;
            }
        }
        x[i++] = -0f;
        x[i++] = Float.NaN;
        x[i++] = Float.POSITIVE_INFINITY;
        x[i] = Float.NEGATIVE_INFINITY;
        return x;
    }

    /// The sign and payload of a NaN are the hardware's: every NaN becomes the same one.
    private static float[] canonical(float[] x) {
        float[] y = x.clone();
        for (int i = 0; i < y.length; i++) {
            y[i] = Float.isNaN(y[i]) ? Float.NaN : y[i];
        }
        return y;
    }

    @Test
    void rowsWithWhatIsNoNumber() {
        float inf = Float.POSITIVE_INFINITY;
        for (float special : new float[] {Float.NaN, inf, -inf, -0f, Float.MAX_VALUE, Float.MIN_VALUE}) {
            for (int at : new int[] {0, 7, 20, 34}) {
                float[] x = new Gen(3).floats(35);
                x[at] = special;
                float[] vector = Arrays.copyOf(x, 48);
                float[] scalar = Arrays.copyOf(x, 48);
                SoftmaxVector.softmax(vector, 0, 35, 48, 0.125f);
                SoftmaxScalar.softmax(scalar, 0, 35, 48, 0.125f);
                assertSameBits(canonical(scalar), canonical(vector), "softmax with " + special);
                LayerNormVector.normalize(x, 0, new Gen(4).floats(35), new Gen(5).floats(35), 1e-5, vector, 0, 35);
                LayerNormScalar.normalize(x, 0, new Gen(4).floats(35), new Gen(5).floats(35), 1e-5, scalar, 0, 35);
                assertSameBits(canonical(scalar), canonical(vector), "layer norm with " + special);
            }
        }
    }

    @Test
    void bfloat16OfAllBits() {
        short[] x = new short[1 << 16];
        for (int i = 0; i < x.length; i++) {
            x[i] = (short) i;
        }
        float[] vector = new float[x.length];
        float[] scalar = new float[x.length];
        BFloat16Vector.widen(x, 0, x.length, vector);
        BFloat16Scalar.widen(x, 0, x.length, scalar);
        assertSameBits(vector, scalar, "bfloat16");
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void weightedSumsOfByteRows(int n) {
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
