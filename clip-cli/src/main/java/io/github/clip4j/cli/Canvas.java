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
    private static final float GOLDEN = 0.618034f; // of the circle of hues: neighbours lie far apart
    private static final int[] COLORS = {0xe69f00, 0x56b4e9, 0x009e73, 0xf0e442, 0x0072b2, 0xd55e00, 0xcc79a7, 0x000000};

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
                int grey = grey(rgb, at);
                double value = map[row * map.length / edge][column * map[0].length / edge];
                image.setRGB(x + column, y + row, over(grey, value / largest));
            }
        }
    }

    /// A picture in grey under the colours of the labels that fit its patches best.
    ///
    /// @param segments the number of a label for each patch, `[rows][columns]`
    void segments(Image picture, int[][] segments, int x, int y, int edge) {
        byte[] rgb = picture.toRgb();
        for (int row = 0; row < edge; row++) {
            for (int column = 0; column < edge; column++) {
                int at = 3 * (row * picture.height() / edge * picture.width() + column * picture.width() / edge);
                int label = segments[row * segments.length / edge][column * segments[0].length / edge];
                image.setRGB(x + column, y + row, tint(grey(rgb, at), label));
            }
        }
    }

    /// The grey level of a pixel (ITU-R BT.601).
    ///
    /// @param at where it begins
    static int grey(byte[] rgb, int at) {
        return (299 * (rgb[at] & 0xff) + 587 * (rgb[at + 1] & 0xff) + 114 * (rgb[at + 2] & 0xff)) / 1000;
    }

    /// A grey level in the colour of a label. The first eight can be told apart by most colour-blind people (Okabe, Ito 2008).
    static int tint(int grey, int label) {
        int color = label < COLORS.length ? COLORS[label] : Color.HSBtoRGB(label * GOLDEN, 0.8f, 0.9f);
        int tinted = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            tinted |= ((((color >> shift) & 0xff) * 2 + grey) / 3) << shift;
        }
        return tinted;
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
