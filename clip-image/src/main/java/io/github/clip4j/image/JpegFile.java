package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// JPEG files, decoded as libjpeg does with its defaults, which Pillow uses.
///
/// The JDK decodes with libjpeg too, but its Java wrapper rejects files with some colour profiles, unusual markers or component numbers. It
/// also converts images with a profile, and does not convert CMYK. So the application segments are removed before the JDK reads the file,
/// and it is asked for the components as they are stored. Their conversion to colours, which those segments decide, happens here.
final class JpegFile {
    private static final int APP0 = 0xE0;
    private static final int APP14 = 0xEE;
    private static final int APP15 = 0xEF;
    private static final int COM = 0xFE;
    private static final int SOS = 0xDA;
    private static final int NO_ADOBE_MARKER = -1;

    private final byte[] bytes;
    private final Source source;
    private final ByteArrayOutputStream plain;
    private int width;
    private int height;
    private byte[] componentIds = {};
    private boolean jfif;
    private int adobeTransform = NO_ADOBE_MARKER;

    private JpegFile(byte[] bytes, Source source) {
        this.bytes = bytes.clone(); // component numbers may be rewritten
        this.source = source;
        this.plain = new ByteArrayOutputStream(bytes.length);
    }

    static boolean isJpeg(byte[] bytes) {
        return bytes.length > 3 && bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xD8 && bytes[2] == (byte) 0xFF;
    }

    static Image decode(byte[] bytes, Source source) throws IOException {
        JpegFile file = new JpegFile(bytes, source);
        file.removeApplicationSegments();
        source.requirePixels(file.width, file.height);
        return file.convert(file.readComponents());
    }

    private int u8(int at) throws ImageFormatException {
        if (at >= bytes.length) {
            throw new ImageFormatException(source + ": the file is cut short within its header");
        }
        return bytes[at] & 0xff;
    }

    private int u16(int at) throws ImageFormatException {
        return u8(at) << 8 | u8(at + 1);
    }

    /// Copies the segments before the first scan without APPn and comments, then the rest as it is.
    private void removeApplicationSegments() throws ImageFormatException {
        plain.write(bytes, 0, 2);
        int at = 2;
        while (true) {
            if (u8(at) != 0xFF) {
                at++; // libjpeg skips bytes between segments
                continue;
            }
            int marker = u8(at + 1);
            if (marker == 0xFF || marker == 0 || (marker >= 0xD0 && marker <= 0xD8) || marker == 0x01) {
                at += marker == 0xFF ? 1 : 2;
                continue;
            }
            int length = u16(at + 2);
            if (length < 2) {
                throw new ImageFormatException(
                        "%s: segment %02X at byte %d: expected a length of at least 2, got %d".formatted(source, marker, at, length));
            }
            boolean isFrame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            if (isFrame) {
                readFrame(at);
            } else if (marker == APP0 || marker == APP14) {
                readApplication(marker, at + 4, length - 2);
            }
            if (marker == SOS) {
                writeScans(at);
                return;
            }
            if (marker == COM || (marker >= APP0 && marker <= APP15)) {
                at += 2 + length;
                continue;
            }
            u8(at + 1 + length); // throws when the segment is cut short
            plain.write(bytes, at, 2 + length);
            at += 2 + length;
        }
    }

    private void readFrame(int at) throws ImageFormatException {
        int precision = u8(at + 4);
        if (precision != 8) {
            throw new ImageFormatException("%s: expected samples of 8 bits, got %d".formatted(source, precision));
        }
        height = u16(at + 5);
        width = u16(at + 7);
        int components = u8(at + 9);
        if (components != 1 && components != 3 && components != 4) {
            throw new ImageFormatException("%s: expected 1, 3 or 4 components, got %d".formatted(source, components));
        }
        componentIds = new byte[components];
        for (int c = 0; c < components; c++) {
            componentIds[c] = (byte) u8(at + 10 + 3 * c);
        }
        if (hasRepeatedIds()) {
            for (int c = 0; c < components; c++) {
                bytes[at + 10 + 3 * c] = (byte) (c + 1);
            }
        }
    }

    private boolean hasRepeatedIds() {
        for (int c = 1; c < componentIds.length; c++) {
            for (int other = 0; other < c; other++) {
                if (componentIds[c] == componentIds[other]) {
                    return true;
                }
            }
        }
        return false;
    }

    private void readApplication(int marker, int at, int length) throws ImageFormatException {
        if (marker == APP0 && length >= 14 && matches(at, "JFIF\0")) {
            jfif = true;
        } else if (marker == APP14 && length >= 12 && matches(at, "Adobe")) {
            adobeTransform = u8(at + 11);
        }
    }

    private boolean matches(int at, String text) throws ImageFormatException {
        for (int i = 0; i < text.length(); i++) {
            if (u8(at + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// Components that share a number are distinguished by their order, in a scan that holds them all.
    private void writeScans(int at) throws ImageFormatException {
        if (componentIds.length == 0) {
            throw new ImageFormatException(source + ": expected a frame header before the first scan, got none");
        }
        if (hasRepeatedIds() && u8(at + 4) == componentIds.length) {
            for (int c = 0; c < componentIds.length; c++) {
                u8(at + 5 + 2 * c);
                bytes[at + 5 + 2 * c] = (byte) (c + 1);
            }
        }
        plain.write(bytes, at, bytes.length - at);
    }

    private Raster readComponents() throws IOException {
        for (Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg"); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (reader.getClass().getModule().equals(ImageIO.class.getModule())) {
                try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(plain.toByteArray()))) {
                    reader.setInput(input, true, true);
                    return reader.readRaster(0, null);
                } finally {
                    reader.dispose();
                }
            }
        }
        throw new IOException("the Java runtime has no JPEG decoder: is its module java.desktop complete?");
    }

    private Image convert(Raster raster) throws ImageFormatException {
        int components = raster.getNumBands();
        if (components != componentIds.length || raster.getWidth() != width || raster.getHeight() != height) {
            throw new ImageFormatException("%s: expected %d components of %d × %d, got %d of %d × %d".formatted(
                    source, componentIds.length, width, height, components, raster.getWidth(), raster.getHeight()));
        }
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), components)];
        int[] row = new int[width * components];
        boolean luminance = components > 1 && isLuminanceChrominance();
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int from = x * components;
                int to = y * row.length + from;
                if (luminance) {
                    putColors(row[from], row[from + 1], row[from + 2], samples, to);
                } else {
                    for (int c = 0; c < Math.min(3, components); c++) {
                        samples[to + c] = (byte) row[from + c];
                    }
                }
                if (components == 4) {
                    putInks(luminance, row[from + 3], samples, to);
                }
            }
        }
        return new Image(width, height, components == 1 ? Mode.GREY : components == 3 ? Mode.RGB : Mode.CMYK, samples, null);
    }

    /// Whether libjpeg reads the components as Y, Cb, Cr (`jdapimin.c`, `default_decompress_parms`).
    private boolean isLuminanceChrominance() {
        if (componentIds.length == 4) {
            return adobeTransform != NO_ADOBE_MARKER && adobeTransform != 0;
        }
        if (jfif) {
            return true;
        }
        if (adobeTransform != NO_ADOBE_MARKER) {
            return adobeTransform != 0;
        }
        return !(componentIds[0] == 'R' && componentIds[1] == 'G' && componentIds[2] == 'B');
    }

    /// libjpeg's conversion of Y, Cb, Cr to RGB, in 16-bit fixed point (`jdcolor.c`, `build_ycc_rgb_table`).
    private static void putColors(int luminance, int blueness, int redness, byte[] samples, int to) {
        int cb = blueness - 128;
        int cr = redness - 128;
        int half = 1 << 15;
        samples[to] = clip(luminance + ((91881 * cr + half) >> 16)); //                1.40200
        samples[to + 1] = clip(luminance + ((-22554 * cb - 46802 * cr + half) >> 16)); // 0.34414, 0.71414
        samples[to + 2] = clip(luminance + ((116130 * cb + half) >> 16)); //              1.77200
    }

    /// Pillow reads every CMYK file as one of Adobe's, which store 255 − ink. For YCCK, libjpeg's conversion gives 255 − RGB.
    private static void putInks(boolean luminance, int black, byte[] samples, int to) {
        for (int c = to; c < to + 3; c++) {
            samples[c] = luminance ? samples[c] : (byte) (255 - (samples[c] & 0xff));
        }
        samples[to + 3] = (byte) (255 - black);
    }

    private static byte clip(int value) {
        return (byte) Math.clamp(value, 0, 255);
    }
}
