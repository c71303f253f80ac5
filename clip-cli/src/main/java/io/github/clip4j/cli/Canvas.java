package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;

/// An RGB image that a command draws: cells, images and captions. Only captions need the fonts of the system.
final class Canvas {
    private static final int FONT = 13;

    private final BufferedImage image;

    /// A white canvas.
    Canvas(int width, int height) {
        image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        fill(0, 0, width, height, 0xffffff);
    }

    void fill(int x, int y, int width, int height, int rgb) {
        for (int row = y; row < y + height; row++) {
            for (int column = x; column < x + width; column++) {
                image.setRGB(column, row, rgb);
            }
        }
    }

    /// A picture in grey, enlarged without smoothing, under the colours of its patches: red for positive values, blue for negative ones.
    ///
    /// @param map `[rows][columns]`
    /// @param largest the value of the full colour
    void map(Image picture, double[][] map, double largest, int x, int y, int edge) {
        byte[] rgb = picture.toRgb();
        for (int row = 0; row < edge; row++) {
            for (int column = 0; column < edge; column++) {
                int at = 3 * (row * picture.height() / edge * picture.width() + column * picture.width() / edge);
                int grey = (299 * (rgb[at] & 0xff) + 587 * (rgb[at + 1] & 0xff) + 114 * (rgb[at + 2] & 0xff)) / 1000;
                double value = map[row * map.length / edge][column * map[0].length / edge];
                image.setRGB(x + column, y + row, over(grey, value / largest));
            }
        }
    }

    /// A grey level under a colour.
    ///
    /// @param share of the full colour, −1 to 1
    static int over(int grey, double share) {
        double strength = 0.85 * Math.min(1, Math.abs(share));
        int faded = (int) Math.round((1 - strength) * (64 + grey / 2)); // greys keep to the middle, so that both colours show on them
        int full = (int) Math.round(faded + 255 * strength);
        return share < 0 ? faded << 16 | faded << 8 | full : full << 16 | faded << 8 | faded;
    }

    /// A line of text that ends with an ellipsis where it has no room.
    ///
    /// @param y of its base line
    /// @throws IOException when the system has no fonts
    void caption(String text, int x, int y, int width) throws IOException {
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, FONT));
            graphics.setColor(Color.BLACK);
            FontMetrics metrics = graphics.getFontMetrics();
            String shown = text;
            while (metrics.stringWidth(shown) > width && shown.length() > 1) {
                shown = shown.substring(0, shown.length() - 2) + "…";
            }
            graphics.drawString(shown, x, y);
        } catch (RuntimeException | Error e) { // what the JDK throws without fonts depends on the system
            throw new IOException(
                    "expected fonts to write the legend with, got none: install some, such as fonts-dejavu-core, or use --json", e);
        } finally {
            graphics.dispose();
        }
    }

    byte[] toPng() {
        int width = image.getWidth();
        int[] pixels = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
        byte[] rgb = new byte[3 * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            rgb[3 * i] = (byte) (pixels[i] >> 16);
            rgb[3 * i + 1] = (byte) (pixels[i] >> 8);
            rgb[3 * i + 2] = (byte) pixels[i];
        }
        return PngWriter.write(width, image.getHeight(), rgb);
    }
}
