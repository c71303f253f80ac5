package io.github.clip4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.core.kernel.ActivationScalar;
import io.github.clip4j.core.kernel.LayerNormScalar;
import io.github.clip4j.core.kernel.SoftmaxScalar;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A comparison with a loop that computes something else would be worth nothing. Bounds: about 2⁻¹⁸ for rows of 768 floats summed one after
/// the other.
class PlainLoopsTest {
    private static final int D = 768;
    private static final double BOUND = 0x1p-18;

    private final Random random = new Random(3);
    private final float[] x = Extents.random(D, random);

    @Test
    void layerNorms() {
        float[] gain = Extents.random(D, random);
        float[] bias = Extents.random(D, random);
        float[] expected = new float[D];
        LayerNormScalar.normalize(x, 0, gain, bias, 1e-5, expected, 0, D);
        float[] plain = new float[D];
        PlainLoops.layerNorm(x, gain, bias, 1e-5f, plain, D);
        assertClose(plain, expected, 8);
    }

    @Test
    void softmaxes() {
        float[] expected = x.clone();
        SoftmaxScalar.softmax(expected, 0, D, D, 0.125f);
        float[] plain = x.clone();
        PlainLoops.softmax(plain, D, 0.125f);
        assertClose(plain, expected, 1);
    }

    @Test
    void quickGelus() {
        float[] expected = x.clone();
        ActivationScalar.quickGelu(expected, 0, D);
        float[] plain = x.clone();
        PlainLoops.quickGelu(plain, D);
        assertClose(plain, expected, 4);
    }

    private static void assertClose(float[] actual, float[] expected, double largest) {
        for (int i = 0; i < D; i++) {
            assertThat(Math.abs((double) actual[i] - expected[i])).as("element %d", i).isLessThanOrEqualTo(BOUND * largest);
        }
    }
}
