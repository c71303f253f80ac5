package io.github.clip4j.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Decodes picture files to RGB as Pillow's `convert("RGB")` does: palettes looked up, grey repeated, transparency dropped, colour
/// profiles ignored.
///
/// PNG, JPEG, GIF, BMP and TIFF are read by the JDK; further formats by any ImageIO plug-in on the class path. Of several frames the first is read.
/// The raster is read rather than `getRGB`, which converts grey and profiled pictures to sRGB and changes their levels.
public final class ImageFile {
    /// The pixels Pillow refuses beyond (`Image.py`, twice `MAX_IMAGE_PIXELS`): a small file can declare a picture that fills any memory.
    public static final long MAX_PIXELS = 178_956_970;

    private ImageFile() {}

    /// Reads a picture file.
    ///
    /// @throws ImageFormatException when it is no picture, is damaged, or has more than [#MAX_PIXELS]
    public static Image read(Path file) throws IOException {
        return decode(Files.readAllBytes(file), String.valueOf(file.getFileName()));
    }

    /// Decodes the bytes of a picture file.
    ///
    /// @param where what to call it in messages
    public static Image decode(byte[] bytes, String where) throws ImageFormatException {
        requireExact(bytes, where);
        try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            ImageReader reader = reader(input, where);
            try {
                reader.setInput(input, true, true);
                requirePixels(reader.getWidth(0), reader.getHeight(0), where);
                return reader.getFormatName().equalsIgnoreCase("gif") ? readGif(reader, where) : toRgb(reader.read(0, unmanaged(reader)), where);
            } finally {
                reader.dispose();
            }
        } catch (ImageFormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // decoders meet damaged files with exceptions of every kind
            throw new ImageFormatException("%s: not a picture that can be decoded: %s".formatted(where, e), e);
        }
    }

    /// Refuses what the JDK decodes to wrong pixels without a word: BMP with 4-bit run lengths (`biCompression` 2, at byte 30).
    private static void requireExact(byte[] bytes, String where) throws ImageFormatException {
        if (bytes.length > 34 && bytes[0] == 'B' && bytes[1] == 'M' && bytes[30] == 2 && bytes[31] == 0) {
            throw new ImageFormatException(where + ": a BMP with 4-bit run-length coding cannot be decoded exactly; save it as PNG");
        }
    }

    private static void requirePixels(int width, int height, String where) throws ImageFormatException {
        if ((long) width * height > MAX_PIXELS) {
            throw new ImageFormatException("%s: expected at most %,d pixels, got %d × %d".formatted(where, MAX_PIXELS, width, height));
        }
    }

    private static Image readGif(ImageReader reader, String where) throws IOException {
        GifScreen screen = GifScreen.of(reader);
        requirePixels(screen.width(), screen.height(), where);
        BufferedImage frame = reader.read(0);
        Image rgb = toRgb(frame, where);
        return frame.getColorModel() instanceof IndexColorModel palette ? screen.place(rgb, palette) : rgb;
    }

    /// Parameters that keep a profiled picture's levels: where a reader offers the picture's own colour space beside sRGB, that is its destination,
    /// and nothing is converted.
    private static ImageReadParam unmanaged(ImageReader reader) throws IOException {
        ImageReadParam param = reader.getDefaultReadParam();
        int bands = 0;
        for (Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0); types.hasNext(); ) {
            ImageTypeSpecifier type = types.next();
            if (bands == 0) {
                bands = type.getNumBands();
            } else if (type.getNumBands() == bands && !type.getColorModel().getColorSpace().isCS_sRGB()) {
                param.setDestinationType(type);
                break;
            }
        }
        return param;
    }

    /// The JDK's own reader where there is one, so that a plug-in on the class path does not change what is decoded.
    private static ImageReader reader(ImageInputStream input, String where) throws ImageFormatException {
        List<ImageReader> readers = new ArrayList<>();
        for (Iterator<ImageReader> all = ImageIO.getImageReaders(input); all.hasNext(); ) {
            readers.add(all.next());
        }
        if (readers.isEmpty()) {
            throw new ImageFormatException(where + ": expected a picture (PNG, JPEG, GIF, BMP, TIFF …), got an unknown format");
        }
        return readers.stream()
                .filter(reader -> reader.getClass().getModule().equals(ImageIO.class.getModule()))
                .findFirst()
                .orElse(readers.getFirst());
    }

    private static Image toRgb(BufferedImage picture, String where) throws ImageFormatException {
        Raster raster = picture.getRaster();
        int width = picture.getWidth();
        int height = picture.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), Image.CHANNELS)];
        int bands = raster.getNumBands();
        int[] row = new int[width * bands];
        if (picture.getColorModel() instanceof IndexColorModel palette) {
            int[] colors = new int[palette.getMapSize()];
            palette.getRGBs(colors);
            for (int y = 0; y < height; y++) {
                raster.getPixels(0, y, width, 1, row);
                for (int x = 0; x < width; x++) {
                    int color = row[x] < colors.length ? colors[row[x]] : 0;
                    int at = (y * width + x) * Image.CHANNELS;
                    rgb[at] = (byte) (color >> 16);
                    rgb[at + 1] = (byte) (color >> 8);
                    rgb[at + 2] = (byte) color;
                }
            }
            return new Image(width, height, rgb);
        }
        if (bands > 4) {
            throw new ImageFormatException("%s: expected 1 to 4 channels, got %d".formatted(where, bands));
        }
        int[] offsets = bands < 3 ? new int[] {0, 0, 0} : new int[] {0, 1, 2}; // grey, with alpha or without; RGB, with alpha or without
        int[] bits = raster.getSampleModel().getSampleSize();
        boolean wideGrey = bands == 1 && bits[0] == 16; // Pillow's mode I;16, which its conversion clips rather than scales
        boolean premultiplied = bands == 4 && picture.isAlphaPremultiplied();
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int at = (y * width + x) * Image.CHANNELS;
                for (int c = 0; c < Image.CHANNELS; c++) {
                    int sample = row[x * bands + offsets[c]];
                    rgb[at + c] = (byte) (wideGrey ? Math.min(sample, 255) : toByte(sample, bits[offsets[c]]));
                }
                if (premultiplied) {
                    divideByAlpha(rgb, at, toByte(row[x * bands + 3], bits[3]));
                }
            }
        }
        return new Image(width, height, rgb);
    }

    /// Pillow's conversion of premultiplied pixels (`Convert.c`, `rgbA2rgba`).
    private static void divideByAlpha(byte[] rgb, int at, int alpha) {
        for (int i = at; i < at + Image.CHANNELS && alpha != 0; i++) {
            rgb[i] = (byte) Math.min(255, 255 * (rgb[i] & 0xff) / alpha);
        }
    }

    /// A sample of `bits` bits as 8: shorter ones are stretched to 255, longer ones lose their low bits.
    private static int toByte(int sample, int bits) {
        if (bits == 8) {
            return sample;
        }
        return bits > 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1);
    }
}
