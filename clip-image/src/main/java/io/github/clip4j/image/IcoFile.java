package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.io.EOFException;

/// Windows icons: the largest image in the file, which is a PNG or a BMP without its file header (python-pillow/Pillow
/// `IcoImagePlugin.py`).
final class IcoFile {
    private static final int HEADER = 6;
    private static final int ENTRY = 16;

    private IcoFile() {}

    static boolean isIco(byte[] bytes) {
        return bytes.length >= HEADER + ENTRY && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 1 && bytes[3] == 0;
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        try {
            return largest(bytes, source);
        } catch (EOFException e) {
            throw new ImageFormatException("%s: an icon that is cut short".formatted(source), e);
        }
    }

    private static Image largest(byte[] bytes, Source source) throws EOFException, ImageFormatException {
        int entries = LittleEndian.u16(bytes, 4);
        int best = -1;
        int bestSquare = -1;
        int bestDepth = 0;
        for (int i = 0; i < entries; i++) { // the largest, of equally large ones that of the fewest colours
            int entry = HEADER + i * ENTRY;
            LittleEndian.u8(bytes, entry + ENTRY - 1); // is there
            int square = extent(bytes, entry) * extent(bytes, entry + 1);
            int depth = depth(bytes, entry);
            if (square > bestSquare || (square == bestSquare && depth < bestDepth)) {
                best = entry;
                bestSquare = square;
                bestDepth = depth;
            }
        }
        if (best < 0) {
            throw source.refused("expected an icon with an image, got none");
        }
        int bits = LittleEndian.u16(bytes, best + 6);
        int size = LittleEndian.i32(bytes, best + 8);
        int offset = LittleEndian.i32(bytes, best + 12);
        if (offset < 0 || offset >= bytes.length) {
            throw source.refused("expected an image within the icon's %,d bytes, got one at %,d", bytes.length, offset & 0xffffffffL);
        }
        if (PngFile.isPng(bytes, offset)) {
            return PngFile.decode(bytes, offset, source);
        }
        BmpFile.Half half = BmpFile.decodeUpperHalf(bytes, offset, source);
        return bits == 32
                ? withAlpha(half, bytes, half.pixels(), source)
                : withMask(half.image(), bytes, (long) offset + (size & 0xffffffffL), source);
    }

    /// Bits a pixel; without them what the number of colours needs.
    private static int depth(byte[] bytes, int entry) throws EOFException {
        int bits = LittleEndian.u16(bytes, entry + 6);
        int colors = LittleEndian.u8(bytes, entry + 2);
        return bits != 0 ? bits : colors > 1 ? 32 - Integer.numberOfLeadingZeros(colors - 1) : 256;
    }

    /// An icon's edge is a byte, 0 for 256.
    private static int extent(byte[] bytes, int at) throws EOFException {
        int extent = LittleEndian.u8(bytes, at);
        return extent == 0 ? 256 : extent;
    }

    private static byte[] opaque(Image image, Source source) throws ImageFormatException {
        byte[] rgb = image.convertToRgb().samples();
        byte[] rgba = source.samples(image.width(), image.height(), Mode.RGBA);
        for (int i = 0; i < rgb.length / 3; i++) {
            System.arraycopy(rgb, 3 * i, rgba, 4 * i, 3);
            rgba[4 * i + 3] = (byte) 255;
        }
        return rgba;
    }

    /// With 32 bits a pixel the fourth byte is the transparency; the lowest row comes first.
    private static Image withAlpha(BmpFile.Half half, byte[] bytes, int pixels, Source source) throws ImageFormatException {
        int width = half.image().width();
        int height = half.image().height();
        byte[] rgba = opaque(half.image(), source);
        if (pixels + 4L * width * height > bytes.length) {
            source.damaged("expected %,d bytes of transparency, got the end of the file".formatted(4L * width * height));
            return half.image();
        }
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                rgba[4 * (y * width + x) + 3] = bytes[pixels + 4 * ((height - 1 - y) * width + x) + 3];
            }
        }
        return new Image(width, height, Mode.RGBA, rgba, null);
    }

    /// With fewer bits there is a mask of one bit a pixel at the end.
    private static Image withMask(Image image, byte[] bytes, long end, Source source) throws ImageFormatException {
        int width = image.width();
        int height = image.height();
        int maskRow = Math.toIntExact(((long) width + 31) / 32 * 4);
        long mask = end - (long) maskRow * height;
        if (mask < 0) {
            throw source.refused("expected an icon with a mask of %,d bytes, got %,d bytes", (long) maskRow * height, end);
        }
        if (mask + (long) maskRow * (height - 1) + (width + 7) / 8 > bytes.length) {
            source.damaged("expected a mask of %,d bytes, got the end of the file".formatted((long) maskRow * height));
            return image;
        }
        byte[] rgba = opaque(image, source);
        for (int y = 0; y < height; y++) {
            int row = (int) mask + (height - 1 - y) * maskRow;
            for (int x = 0; x < width; x++) {
                boolean hidden = (bytes[row + x / 8] >> (7 - x % 8) & 1) == 1;
                rgba[4 * (y * width + x) + 3] = (byte) (hidden ? 0 : 255);
            }
        }
        return new Image(width, height, Mode.RGBA, rgba, null);
    }
}
