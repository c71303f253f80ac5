package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.airlift.compress.snappy.SnappyCompressor;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SnappyTest {
    private static String decompress(String hex, int length) throws IOException {
        return HexFormat.of().formatHex(Snappy.decompress(HexFormat.ofDelimiter(" ").parseHex(hex), length));
    }

    @Test
    void eachKindOfElementIsRead() throws IOException {
        assertThat(decompress("00", 0)).isEmpty();
        assertThat(decompress("02 04 0a 0b", 2)).as("two bytes as they are").isEqualTo("0a0b");
        assertThat(decompress("06 00 0a 05 01", 6 + 0)).as("a copy that overlaps what it makes: 4 + 1 bytes, offset 1")
                .isEqualTo("0a0a0a0a0a0a");
        assertThat(decompress("04 04 0a 0b 06 02 00", 4)).as("an offset of 16 bits").isEqualTo("0a0b0a0b");
        assertThat(decompress("04 04 0a 0b 07 02 00 00 00", 4)).as("an offset of 32 bits").isEqualTo("0a0b0a0b");
        assertThat(decompress("02 f0 01 0a 0b", 2)).as("a size in a byte of its own").isEqualTo("0a0b");
    }

    @Test
    void whatAirliftCompressesComesBack() throws IOException {
        Random random = new Random(7);
        SnappyCompressor compressor = new SnappyCompressor();
        for (int round = 0; round < 300; round++) {
            byte[] content = new byte[random.nextInt(1 << random.nextInt(1, 19))];
            for (int i = 0; i < content.length; i++) { // some of it said before, at any distance
                content[i] = i > 0 && random.nextInt(50) > 0 ? content[i - 1 - random.nextInt(Math.min(i, 1 + round * 100))]
                        : (byte) random.nextInt();
            }
            byte[] block = new byte[compressor.maxCompressedLength(content.length)];
            int size = compressor.compress(content, 0, content.length, block, 0, block.length);
            assertThat(Snappy.decompress(Arrays.copyOf(block, size), content.length)).as("round " + round).isEqualTo(content);
        }
    }

    @Test
    void damageIsSaid() {
        for (String hex : new String[] {
            "", "80", "ff ff ff ff ff 01", "02 04 0a", "02 04 0a 0b 0c", "02 00 0a 05 02", "02 00 0a 05 00", "01 04 0a 0b", "02 f4 01",
            "02 fc ff ff ff ff 0a", "02 00 0a", "ff ff ff ff 07 00 0a"}) {
            assertThatThrownBy(() -> decompress(hex, 2)).as(hex).isInstanceOf(IOException.class).hasMessageStartingWith("snappy: ");
        }
        assertThatThrownBy(() -> decompress("ff ff ff ff 07 00 0a", Integer.MAX_VALUE)).as("memory is not taken on trust")
                .isInstanceOf(IOException.class).hasMessageContaining("expected 2147483647 bytes of content, got a block of 7 bytes");
    }

    @Test
    void anyBytesAreReadOrRefused() {
        Random random = new Random(11);
        for (int round = 0; round < 200_000; round++) {
            byte[] block = new byte[1 + random.nextInt(20)];
            random.nextBytes(block);
            block[0] &= 0x7f;
            try {
                assertThat(Snappy.decompress(block, block[0]).length).isEqualTo(block[0]);
            } catch (IOException e) {
                assertThat(e.getMessage()).startsWith("snappy: ");
            }
        }
    }
}
