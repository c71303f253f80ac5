package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/// From the rasters of `java.awt.image` to [Image]. The raster is read rather than `getRGB`, which converts grey and profiled images to
/// sRGB and changes their levels.
final class Rasters {
    /// An index of a palette is a byte.
    private static final int MAX_COLORS = 256;

    private static final String DRAW_IT = "draw it into a BufferedImage.TYPE_INT_RGB first";

    private Rasters() {}

    /// An image that something else has decoded.
    ///
    /// @throws ImageFormatException when its samples are not integers, or its colours none of grey, RGB and CMYK
    static Image of(BufferedImage buffered, Source source) throws ImageFormatException {
        int samples = buffered.getRaster().getDataBuffer().getDataType();
        if (samples == DataBuffer.TYPE_FLOAT || samples == DataBuffer.TYPE_DOUBLE) {
            throw new ImageFormatException("%s: expected integer samples, got floating point; %s".formatted(source, DRAW_IT));
        }
        int colors = buffered.getColorModel().getColorSpace().getType();
        if (colors != ColorSpace.TYPE_GRAY && colors != ColorSpace.TYPE_RGB && colors != ColorSpace.TYPE_CMYK) {
            throw new ImageFormatException(
                    "%s: expected grey, RGB or CMYK colours, got the colour space type %d; %s".formatted(source, colors, DRAW_IT));
        }
        return of(buffered, mode(buffered, source), source);
    }

    /// The mode that Pillow would give an image of this colour model.
    static Mode mode(BufferedImage buffered, Source source) throws ImageFormatException {
        if (buffered.getColorModel() instanceof IndexColorModel palette) {
            if (palette.getMapSize() > MAX_COLORS) {
                throw new ImageFormatException(
                        "%s: expected a palette of at most %d colours, got %d".formatted(source, MAX_COLORS, palette.getMapSize()));
            }
            return palette.getMapSize() == 2 && isBlackAndWhite(palette) ? Mode.BILEVEL : Mode.PALETTE;
        }
        int bands = buffered.getRaster().getNumBands();
        int type = buffered.getColorModel().getColorSpace().getType();
        return switch (bands) {
            case 1 -> buffered.getSampleModel().getSampleSize(0) == 16 ? Mode.GREY16 : Mode.GREY;
            case 2 -> Mode.GREY_ALPHA;
            case 3 -> Mode.RGB;
            case 4 -> type == ColorSpace.TYPE_CMYK ? Mode.CMYK : Mode.RGBA;
            default -> throw new ImageFormatException("%s: expected 1 to 4 channels, got %d".formatted(source, bands));
        };
    }

    private static boolean isBlackAndWhite(IndexColorModel palette) {
        int first = palette.getRGB(0) & 0xffffff;
        int second = palette.getRGB(1) & 0xffffff;
        return (first == 0 && second == 0xffffff) || (first == 0xffffff && second == 0);
    }

    /// Whether a palette's colour i is the grey level i · step: Pillow treats such an image as one without a palette.
    static boolean isGreyRamp(IndexColorModel palette, int step) {
        for (int i = 0; i < palette.getMapSize(); i++) {
            if (palette.getRed(i) != i * step || palette.getGreen(i) != i * step || palette.getBlue(i) != i * step) {
                return false;
            }
        }
        return true;
    }

    /// The raster as samples of `mode`. Bands beyond those of the mode are dropped: some readers turn a transparent colour into one.
    static Image of(BufferedImage buffered, Mode mode, Source source) throws ImageFormatException {
        Raster raster = buffered.getRaster();
        int width = buffered.getWidth();
        int height = buffered.getHeight();
        int bands = raster.getNumBands();
        int bytes = mode.bytes();
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), bytes)];
        IndexColorModel palette = buffered.getColorModel() instanceof IndexColorModel indexed ? indexed : null;
        int[] bits = raster.getSampleModel().getSampleSize();
        if (palette == null && bands < (isGrey16(mode) ? 1 : bytes)) {
            throw new ImageFormatException("%s: expected %d channels, got %d".formatted(source, bytes, bands));
        }
        int[] row = new int[width * bands];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int to = (y * width + x) * bytes;
                int from = x * bands;
                if (mode == Mode.PALETTE) {
                    samples[to] = (byte) row[from];
                } else if (palette != null) {
                    samples[to] = (byte) palette.getRed(row[from]); // grey of few bits, which the JDK gives a palette
                } else if (isGrey16(mode)) {
                    samples[to] = (byte) (row[from] >> 8);
                    samples[to + 1] = (byte) row[from];
                } else {
                    for (int c = 0; c < bytes; c++) {
                        samples[to + c] = (byte) toByte(row[from + c], bits[c]);
                    }
                }
            }
        }
        Image image = new Image(width, height, mode, samples, mode == Mode.PALETTE && palette != null ? colors(palette) : null);
        boolean hasAlpha = mode == Mode.RGBA || mode == Mode.GREY_ALPHA;
        return hasAlpha && buffered.isAlphaPremultiplied() ? Resize.divideByAlpha(image) : image;
    }

    private static boolean isGrey16(Mode mode) {
        return mode == Mode.GREY16 || mode == Mode.GREY16_BIG_ENDIAN;
    }

    private static int[] colors(IndexColorModel palette) {
        int[] colors = new int[palette.getMapSize()];
        palette.getRGBs(colors);
        return colors;
    }

    /// A sample of `bits` bits as 8: shorter ones are stretched to 255, longer ones lose their low bits.
    private static int toByte(int sample, int bits) {
        if (bits == 8) {
            return sample;
        }
        return bits > 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1);
    }
}
