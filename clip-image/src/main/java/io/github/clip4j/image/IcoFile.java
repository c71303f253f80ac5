package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.io.IOException;
import java.util.Arrays;

/// Windows icons: the largest image in the file, which is a PNG or a BMP without its file header (python-pillow/Pillow
/// `IcoImagePlugin.py`).
final class IcoFile {
    private static final int HEADER = 6;
    private static final int ENTRY = 16;

    private IcoFile() {}

    static boolean isIco(byte[] bytes) {
        return bytes.length >= HEADER + ENTRY && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 1 && bytes[3] == 0;
    }

    static Image decode(byte[] bytes, Source source) throws IOException {
        int entries = LittleEndian.u16(bytes, 4);
        int best = -1;
        int bestSquare = -1;
        int bestDepth = 0;
        for (int i = 0; i < entries; i++) { // the largest, of equally large ones that of the fewest colours
            int entry = HEADER + i * ENTRY;
            int square = extent(bytes, entry) * extent(bytes, entry + 1);
            int depth = LittleEndian.u16(bytes, entry + 6);
            if (square > bestSquare || (square == bestSquare && depth < bestDepth)) {
                best = entry;
                bestSquare = square;
                bestDepth = depth;
            }
        }
        if (best < 0) {
            throw new ImageFormatException(source + ": expected an icon with an image, got none");
        }
        int size = LittleEndian.i32(bytes, best + 8);
        int offset = LittleEndian.i32(bytes, best + 12);
        if (offset < 0 || size < 40 || (long) offset + size > bytes.length) {
            throw new ImageFormatException(
                    "%s: expected an image within the file's %d bytes, got %d at %d".formatted(source, bytes.length, size, offset));
        }
        byte[] content = Arrays.copyOfRange(bytes, offset, offset + size);
        return content[0] == (byte) 0x89 ? ImageFile.decode(content, source) : bitmap(content, bestDepth, source);
    }

    /// An icon's edge is a byte, 0 for 256.
    private static int extent(byte[] bytes, int at) throws IOException {
        int extent = LittleEndian.u8(bytes, at);
        return extent == 0 ? 256 : extent;
    }

    /// A BMP of twice the height, the lower half of which is a mask of one bit a pixel. With 32 bits a pixel the fourth byte is the
    /// transparency.
    private static Image bitmap(byte[] dib, int depth, Source source) throws IOException {
        int header = LittleEndian.i32(dib, 0);
        int width = LittleEndian.i32(dib, 4);
        int height = LittleEndian.i32(dib, 8) / 2;
        int bits = LittleEndian.u16(dib, 14);
        int declared = LittleEndian.i32(dib, 32);
        source.requirePixels(width, height);
        if (LittleEndian.i32(dib, 16) != 0 || (bits != 1 && bits != 4 && bits != 8 && bits != 24 && bits != 32)) {
            throw new ImageFormatException(
                    "%s: expected an uncompressed icon of 1, 4, 8, 24 or 32 bits a pixel, got %d".formatted(source, bits));
        }
        int colors = bits > 8 ? 0 : declared == 0 ? 1 << bits : declared;
        int pixels = header + 4 * colors;
        int rowBytes = (width * bits + 31) / 32 * 4;
        int maskRow = (width + 31) / 32 * 4;
        int mask = dib.length - maskRow * height;
        byte[] rgba = new byte[Math.multiplyExact(width * height, 4)];
        for (int y = 0; y < height; y++) {
            int row = pixels + (height - 1 - y) * rowBytes;
            for (int x = 0; x < width; x++) {
                int at = bits <= 8 ? header + 4 * index(dib, row, x, bits) : row + x * bits / 8;
                int to = (y * width + x) * 4;
                for (int c = 0; c < 3; c++) {
                    rgba[to + c] = (byte) LittleEndian.u8(dib, at + 2 - c); // blue comes first
                }
                int hidden = LittleEndian.u8(dib, mask + (height - 1 - y) * maskRow + x / 8) >> (7 - x % 8) & 1;
                rgba[to + 3] = (byte) (depth == 32 && bits == 32 ? LittleEndian.u8(dib, at + 3) : hidden == 1 ? 0 : 255);
            }
        }
        return new Image(width, height, Mode.RGBA, rgba, null);
    }

    private static int index(byte[] dib, int row, int x, int bits) throws IOException {
        int perByte = 8 / bits;
        return (LittleEndian.u8(dib, row + x / perByte) >> ((perByte - 1 - x % perByte) * bits)) & ((1 << bits) - 1);
    }
}
