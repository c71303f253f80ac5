package io.github.clip4j.image.webp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.testkit.Gen;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PrefixCodeTest {
    /// Lengths 1, 2, 3, 3 are the codes 0, 10, 110, 111, read from each byte's lowest bit.
    @Test
    void codesAreCanonical() throws WebpException {
        PrefixCode code = PrefixCode.of(new int[] {2, 1, 3, 3});
        LosslessBits bits = new LosslessBits(new byte[] {(byte) 0b0_111_011_0, 0b1}, 0, 2); // from the right: 0, 110, 111, 0, 1…0
        assertThat(code.symbol(bits)).isEqualTo(1);
        assertThat(code.symbol(bits)).isEqualTo(2);
        assertThat(code.symbol(bits)).isEqualTo(3);
        assertThat(code.symbol(bits)).isEqualTo(1);
        assertThat(code.symbol(bits)).isEqualTo(0);
    }

    /// A full code of random lengths up to 15: each symbol's bits, by the canonical order, are read as that symbol.
    @Test
    void readsEverySymbolOfLongCodes() throws WebpException {
        Gen gen = new Gen(5);
        for (int round = 0; round < 50; round++) {
            int[] lengths = randomLengths(gen);
            PrefixCode code = PrefixCode.of(lengths);
            int next = 0;
            for (int length = 1; length <= PrefixCode.MAX_LENGTH; length++) {
                next <<= 1;
                for (int symbol = 0; symbol < lengths.length; symbol++) {
                    if (lengths[symbol] == length) {
                        int reversed = Integer.reverse(next++) >>> (32 - length);
                        byte[] data = {(byte) reversed, (byte) (reversed >> 8), 0, 0};
                        assertThat(code.symbol(new LosslessBits(data, 0, 4))).as("%s", Arrays.toString(lengths)).isEqualTo(symbol);
                    }
                }
            }
        }
    }

    /// Leaves of a tree that is grown by splitting a random leaf.
    private static int[] randomLengths(Gen gen) {
        int[] lengths = new int[gen.integer(20, 300)];
        lengths[0] = 1;
        lengths[1] = 1;
        for (int used = 2; used < lengths.length - 5; ) {
            int leaf = gen.integer(0, 3) == 0 ? used - 1 : gen.integer(0, used);
            if (lengths[leaf] < PrefixCode.MAX_LENGTH) {
                lengths[leaf]++;
                lengths[used++] = lengths[leaf];
            }
        }
        return lengths;
    }

    @Test
    void oneSymbolTakesNoBits() throws WebpException {
        PrefixCode code = PrefixCode.of(new int[] {0, 0, 7, 0});
        LosslessBits bits = new LosslessBits(new byte[0], 0, 0);
        for (int i = 0; i < 100; i++) {
            assertThat(code.symbol(bits)).isEqualTo(2);
        }
    }

    @Test
    void refusesLengthsThatAreNoCode() {
        assertThatThrownBy(() -> PrefixCode.of(new int[] {1, 1, 1}))
                .hasMessage("VP8L: expected a prefix code, got too many codes of 1 bits");
        assertThatThrownBy(() -> PrefixCode.of(new int[] {2, 1, 2, 15}))
                .hasMessage("VP8L: expected a prefix code, got too many codes of 15 bits");
        assertThatThrownBy(() -> PrefixCode.of(new int[] {1, 2}))
                .hasMessage("VP8L: expected a complete prefix code, got one of 2 symbols");
        assertThatThrownBy(() -> PrefixCode.of(new int[4]))
                .hasMessage("VP8L: expected a complete prefix code, got one of 0 symbols");
    }
}
