package io.github.clip4j.spark;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/// Drawn images, each another one.
final class Images {
    private Images() {}

    /// An image file: three rectangles on a ground.
    static byte[] png(int seed) throws IOException {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(40 + random.nextInt(40), 40 + random.nextInt(40), BufferedImage.TYPE_INT_RGB);
        var graphics = image.createGraphics();
        graphics.setColor(new Color(random.nextInt(1 << 24)));
        graphics.fillRect(0, 0, 100, 100);
        for (int i = 0; i < 3; i++) {
            graphics.setColor(new Color(random.nextInt(1 << 24)));
            graphics.fillRect(random.nextInt(40), random.nextInt(40), 5 + random.nextInt(40), 5 + random.nextInt(40));
        }
        graphics.dispose();
        var out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    /// A folder with images in two folders, and a file that is none.
    static Path folder(Path folder, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Path file = folder.resolve(i % 2 == 0 ? "even" : "odd [1] é").resolve("image %04d.png".formatted(i));
            Files.createDirectories(file.getParent());
            Files.write(file, png(i));
        }
        Files.writeString(folder.resolve("no-image.png"), "not an image");
        return folder;
    }
}
