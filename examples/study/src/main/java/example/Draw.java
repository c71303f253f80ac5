package example;

import io.github.clip4j.image.Image;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/// Images of clip-tiny's world: one shape on a ground.
final class Draw {
    private static final int SIZE = 96;

    private Draw() {}

    /// A circle, square or triangle about `x`, `y`, in pixels of 96.
    static Image shape(String shape, Color colour, Color ground, int x, int y, int radius) {
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setColor(ground);
        g.fillRect(0, 0, SIZE, SIZE);
        g.setColor(colour);
        switch (shape) {
            case "circle" -> g.fillOval(x - radius, y - radius, 2 * radius, 2 * radius);
            case "square" -> g.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
            case "triangle" -> g.fill(new Polygon(
                    new int[] {x, x + radius, x - radius}, new int[] {y - radius, y + radius, y + radius}, 3));
            default -> throw new IllegalArgumentException(shape);
        }
        g.dispose();
        return Image.of(image);
    }
}
