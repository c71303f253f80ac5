package io.github.clip4j.image.webp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.Gen;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InverseTransformTest {
    /// The inverse DCT in double precision. In units of 1/8 of a level: in each pass a result is the sum of at most two products, each
    /// rounded down by less than 1. The second pass adds four results of the first, weighted by at most 1, 1.31, 1 and 0.54, so 3.85 × 2
    /// there and 2 of its own: less than 10, or 1.25 levels; and ½ for rounding to levels.
    @Test
    void isTheInverseDct() {
        Gen gen = new Gen(9);
        for (int round = 0; round < 200; round++) {
            short[] in = new short[16];
            for (int i = 0; i < 16; i++) {
                in[i] = (short) gen.integer(-200, 200);
            }
            byte[] out = new byte[16];
            Arrays.fill(out, (byte) 128);
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
                    assertThat(Math.abs((out[4 * y + x] & 0xff) - expected)).as("sample %d, %d", x, y).isLessThan(1.75);
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
            byte[] quick = new byte[16];
            Arrays.fill(full, (byte) 100);
            Arrays.fill(quick, (byte) 100);
            InverseTransform.add(in, 0, full, 0, 4);
            InverseTransform.addDc(dc, quick, 0, 4);
            assertThat(quick).as("%d", dc).isEqualTo(full);
        }
    }

    /// The first row and column of the matrix are ones, so a DC alone is an eighth of itself everywhere, rounded.
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
