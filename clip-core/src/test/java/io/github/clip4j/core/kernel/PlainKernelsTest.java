package io.github.clip4j.core.kernel;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.Gen;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The kernels of a cold start have the bits of the vector kernels. Products and attention are compared in `GemmTest` and, in a JVM that begins cold, in
/// [VectorWidthTest].
class PlainKernelsTest {
    static IntStream lengthsAroundLanes() {
        return IntStream.concat(IntStream.rangeClosed(1, 4 * 16 + 3), IntStream.of(127, 128, 129, 768));
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void layerNormHasTheVectorKernelsBits(int d) {
        float[] x = new Gen(d).floats(d + 3);
        float[] gain = new Gen(d + 1000).floats(d);
        float[] bias = new Gen(d + 2000).floats(d);
        float[] vector = new float[d + 3];
        float[] plain = new float[d + 3];
        LayerNormVector.normalize(x, 3, gain, bias, 1e-5, vector, 3, d);
        LayerNormPlain.normalize(x, 3, gain, bias, 1e-5, plain, 3, d);
        assertSameBits(plain, vector, "layer norm, d=" + d);
    }

    @ParameterizedTest
    @MethodSource("lengthsAroundLanes")
    void softmaxHasTheVectorKernelsBits(int d) {
        int capacity = (d + 15) & -16;
        float[] vector = new Gen(d).floats(capacity + 3);
        vector[3] *= 1000; // some terms underflow
        float[] plain = vector.clone();
        SoftmaxVector.softmax(vector, 3, d, capacity, 0.125f);
        SoftmaxPlain.softmax(plain, 3, d, capacity, 0.125f);
        assertSameBits(plain, vector, "softmax, d=" + d);
    }

    @Test
    void activationsHaveTheVectorKernelsBitsOverEveryExponent() {
        float[] x = everyExponent();
        float[] vector = x.clone();
        float[] plain = x.clone();
        ActivationVector.quickGelu(vector, 0, x.length);
        ActivationPlain.quickGelu(plain, 0, x.length);
        assertSameBits(plain, vector, "quick GELU");

        System.arraycopy(x, 0, vector, 0, x.length);
        System.arraycopy(x, 0, plain, 0, x.length);
        ActivationVector.gelu(vector, 0, x.length);
        ActivationPlain.gelu(plain, 0, x.length);
        assertSameBits(plain, vector, "GELU");

        System.arraycopy(x, 0, vector, 0, x.length);
        System.arraycopy(x, 0, plain, 0, x.length);
        ActivationVector.geluTanh(vector, 0, x.length);
        ActivationPlain.geluTanh(plain, 0, x.length);
        assertSameBits(plain, vector, "tanh GELU");
    }

    /// 200 numbers of each exponent from 2⁻¹²⁶ to 2⁴⁰ and each sign, and zeros.
    private static float[] everyExponent() {
        float[] fractions = new Gen(1).floats(200);
        float[] x = new float[167 * fractions.length * 2 + 2];
        int i = 0;
        for (int exponent = -126; exponent <= 40; exponent++) {
            for (float fraction : fractions) {
                float value = Math.scalb(1 + Math.abs(fraction) % 1, exponent);
                x[i++] = value;
                x[i++] = -value;
            }
        }
        x[i] = -0f;
        return x;
    }

    @Test
    void vectorsTakeOverForGoodOnceTheBudgetIsSpent() {
        ColdStart.begin();
        assertThat(ColdStart.isCold()).isTrue();
        ColdStart.spend(ColdStart.BUDGET - 1);
        assertThat(ColdStart.isCold()).isTrue();
        ColdStart.spend(1);
        assertThat(ColdStart.isCold()).isFalse();
        ColdStart.begin();
        assertThat(ColdStart.isCold()).isFalse();
    }
}
