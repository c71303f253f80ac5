package io.github.clip4j.image.webp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class BoolDecoderTest {
    /// An encoder by the definition: the interval is exact, and the number in it with the fewest bytes is written.
    private static byte[] encode(int[] bits, int[] probabilities) {
        BigInteger bottom = BigInteger.ZERO; // with `shifts` bits more than the first byte
        int range = 255;
        int shifts = 0;
        for (int i = 0; i < bits.length; i++) {
            int split = 1 + (((range - 1) * probabilities[i]) >> 8);
            if (bits[i] == 1) {
                bottom = bottom.add(BigInteger.valueOf(split));
                range -= split;
            } else {
                range = split;
            }
            while (range < 128) {
                range *= 2;
                bottom = bottom.shiftLeft(1);
                shifts++;
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int padding = (8 - shifts % 8) % 8;
        BigInteger number = bottom.shiftLeft(padding);
        for (int shift = shifts + padding; shift >= 0; shift -= 8) {
            out.write(number.shiftRight(shift).intValue());
        }
        return out.toByteArray();
    }

    @Test
    void readsWhatAnEncoderWrote() throws WebpException {
        Gen gen = new Gen(3);
        int[] bits = new int[5000];
        int[] probabilities = new int[bits.length];
        for (int i = 0; i < bits.length; i++) {
            probabilities[i] = i % 10 == 0 ? gen.integer(0, 2) * 255 : gen.integer(1, 256);
            bits[i] = gen.integer(0, 256) < probabilities[i] ? 0 : 1;
        }
        byte[] data = encode(bits, probabilities);
        BoolDecoder decoder = new BoolDecoder(data, 0, data.length);
        for (int i = 0; i < bits.length; i++) {
            assertThat(decoder.bit(probabilities[i])).as("bit %d of probability %d", i, probabilities[i]).isEqualTo(bits[i]);
        }
    }

    @Test
    void refusesToReadBehindTheEnd() throws WebpException {
        BoolDecoder decoder = new BoolDecoder(new byte[] {9, 0, 0, 9}, 1, 3);
        for (int i = 0; i < 10; i++) { // the first of probability ½ consumes none of the 9 bits behind the first byte's
            assertThat(decoder.flag()).as("bit %d", i).isFalse();
        }
        assertThatThrownBy(decoder::flag).isInstanceOf(WebpException.class).hasMessageContaining("the data is cut short");
    }

    @Test
    void numbersStartWithTheirHighestBit() throws WebpException {
        int[] bits = {1, 0, 1, 1, 1, 0, 1, 0, 1, 0};
        int[] even = {128, 128, 128, 128, 128, 128, 128, 128, 128, 128};
        byte[] data = encode(bits, even);
        BoolDecoder decoder = new BoolDecoder(data, 0, data.length);
        assertThat(decoder.number(3)).isEqualTo(0b101);
        assertThat(decoder.optionalNumber(3)).as("a flag, 101 and a sign").isEqualTo(0b101);
        assertThat(decoder.flag()).isTrue();
    }
}
