package io.github.clip4j.image.webp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.Gen;
import org.junit.jupiter.api.Test;

class InverseTransformTest {
    /// The inverse DCT in double precision. The fixed-point one drops a fraction of a bit in each of two passes: of the four products of a
    /// column one ulp (1/8 of a level) each, doubled by the second pass, and four more there; so less than 2 levels with the rounding.
    @Test
    void isTheInverseDct() {
        Gen gen = new Gen(9);
        for (int round = 0; round < 200; round++) {
            short[] in = new short[16];
            for (int i = 0; i < 16; i++) {
                in[i] = (short) gen.integer(-200, 200);
            }
            byte[] out = new byte[16];
            java.util.Arrays.fill(out, (byte) 128);
            InverseTransform.add(in, 0, out, 0, 4);
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 4; x++) {
                    double sum = 0;
                    for (int v = 0; v < 4; v++) {
                        for (int u = 0; u < 4; u++) {
                            sum += in[4 * v + u] * basis(u, x) * basis(v, y);
                        }
                    }
                    double expected = Math.clamp(128 + sum / 8, 0.0, 255.0);
                    assertThat(Math.abs((out[4 * y + x] & 0xff) - expected)).as("sample %d, %d", x, y).isLessThan(2);
                }
            }
        }
    }

    /// √2·cos((2x + 1)·u·π/8), and 1 for the DC.
    private static double basis(int u, int x) {
        return u == 0 ? 1 : Math.sqrt(2) * Math.cos((2 * x + 1) * u * Math.PI / 8);
    }

    @Test
    void ofADcAloneIsTheSameByBothWays() {
        for (int dc = -2100; dc < 2100; dc++) {
            short[] in = new short[16];
            in[0] = (short) dc;
            byte[] full = new byte[16];
            byte[] short_ = new byte[16];
            java.util.Arrays.fill(full, (byte) 100);
            java.util.Arrays.fill(short_, (byte) 100);
            InverseTransform.add(in, 0, full, 0, 4);
            InverseTransform.addDc(dc, short_, 0, 4);
            assertThat(short_).as("%d", dc).isEqualTo(full);
        }
    }

    /// Twice the Walsh-Hadamard matrix is 4 times the identity: a single coefficient spreads as its row, over 8, rounded.
    @Test
    void walshHadamardSpreadsTheDcEvenly() {
        short[] in = new short[16];
        short[] out = new short[24 * 16];
        in[0] = 803;
        InverseTransform.walshHadamard(in, out);
        for (int i = 0; i < 16; i++) {
            assertThat(out[16 * i]).isEqualTo((short) ((803 + 3) >> 3));
        }
    }
}
