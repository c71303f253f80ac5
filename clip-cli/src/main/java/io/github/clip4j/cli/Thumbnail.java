package io.github.clip4j.cli;

import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;

/// A small copy of an image, for pages and terminals.
final class Thumbnail {
    private Thumbnail() {}

    /// {@return an image whose longer edge has so many pixels} A smaller image stays as it is.
    static Image of(Image image, int edge) {
        double scale = edge / (double) Math.max(image.width(), image.height());
        if (scale >= 1) {
            return image;
        }
        int width = (int) Math.max(1, Math.round(scale * image.width()));
        int height = (int) Math.max(1, Math.round(scale * image.height()));
        return new ClipPreprocess(
                new ClipPreprocess.ResizeTo.Exactly(width, height), Optional.empty(), 0, ClipPreprocess.Filter.BICUBIC, 1.0 / 255,
                List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0), ClipPreprocess.Convention.HUGGING_FACE).resizeAndCrop(image);
    }

    /// {@return the bytes of a JPEG file} Of a photograph it is a tenth of a PNG.
    static byte[] jpeg(Image image) throws IOException {
        BufferedImage pixels = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        byte[] rgb = image.toRgb();
        for (int i = 0; i < image.width() * image.height(); i++) {
            int color = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | (rgb[3 * i + 2] & 0xff);
            pixels.setRGB(i % image.width(), i / image.width(), color);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.setUseCache(false); // no files beside those that the user asked for
        if (!ImageIO.write(pixels, "jpg", bytes)) {
            throw new IOException("this JDK writes no JPEG files");
        }
        return bytes.toByteArray();
    }
}
