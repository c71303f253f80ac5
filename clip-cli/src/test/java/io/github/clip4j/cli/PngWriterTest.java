package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PngWriterTest {
    @Test
    void theJdksReaderReadsWhatWasWritten() throws IOException {
        byte[] rgb = new byte[7 * 5 * 3];
        new Random(1).nextBytes(rgb);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(PngWriter.write(7, 5, rgb)));
        assertThat(image.getWidth()).isEqualTo(7);
        for (int i = 0; i < 35; i++) {
            int pixel = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | (rgb[3 * i + 2] & 0xff);
            assertThat(image.getRGB(i % 7, i / 7) & 0xffffff).isEqualTo(pixel);
        }
    }

    @Test
    void anArrayOfAnotherSizeIsRefused() {
        assertThatThrownBy(() -> PngWriter.write(2, 2, new byte[11])).hasMessageContaining("2 × 2 pixels, got 11");
    }
}
