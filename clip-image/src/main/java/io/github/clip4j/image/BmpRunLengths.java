package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.io.EOFException;
import java.io.IOException;

/// BMP files with run lengths of 4 or 8 bits, decoded as Pillow does, damaged ones included (python-pillow/Pillow `BmpImagePlugin.py`,
/// `BmpRleDecoder`); the JDK decodes runs of 4 bits to other pixels.
final class BmpRunLengths {
    private static final int FILE_HEADER = 14;

    private BmpRunLengths() {}

    static boolean isRunLengthCoded(byte[] bytes) {
        return bytes.length > 54 && bytes[0] == 'B' && bytes[1] == 'M' && bytes[14] >= 40
                && (bytes[30] == 1 || bytes[30] == 2) && bytes[31] == 0;
    }

    static Image decode(byte[] bytes, Source source) throws IOException {
        int headerBytes = LittleEndian.i32(bytes, FILE_HEADER);
        int width = LittleEndian.i32(bytes, 18);
        int height = LittleEndian.i32(bytes, 22);
        boolean topDown = height < 0;
        source.requirePixels(width, Math.abs((long) height));
        int rows = Math.abs(height);
        int bits = LittleEndian.u16(bytes, 28);
        int declared = LittleEndian.i32(bytes, 46);
        int colors = declared == 0 ? 1 << Math.min(bits, 8) : declared;
        if (colors < 1 || colors > 256) {
            throw new ImageFormatException("%s: expected a palette of 1 to 256 colours, got %d".formatted(source, colors));
        }
        int[] palette = new int[colors];
        for (int i = 0; i < colors; i++) {
            palette[i] = LittleEndian.i32(bytes, FILE_HEADER + headerBytes + 4 * i) & 0xffffff;
        }
        byte[] bottomUp = runs(bytes, LittleEndian.i32(bytes, 10), bytes[30] == 2, width, rows, source);
        byte[] indices = new byte[bottomUp.length];
        for (int y = 0; y < rows; y++) {
            System.arraycopy(bottomUp, (topDown ? y : rows - 1 - y) * width, indices, y * width, width);
        }
        return new Image(width, rows, isGrey(palette) ? Mode.GREY : Mode.PALETTE, indices, palette);
    }

    /// Pillow treats an image whose palette is a ramp of grey as one without a palette.
    private static boolean isGrey(int[] palette) {
        for (int i = 0; i < palette.length; i++) {
            if (palette[i] != i * 0x010101) {
                return false;
            }
        }
        return true;
    }

    private static byte[] runs(byte[] bytes, int start, boolean fourBits, int width, int rows, Source source) throws IOException {
        byte[] out = new byte[width * rows];
        int at = start;
        int done = 0;
        int x = 0;
        try {
            while (done < out.length) {
                int count = LittleEndian.u8(bytes, at);
                int value = LittleEndian.u8(bytes, at + 1);
                at += 2;
                if (count > 0) { // a run; what does not fit into its row is dropped
                    int run = Math.min(count, Math.max(0, width - x));
                    for (int i = 0; i < run && done < out.length; i++) {
                        out[done++] = (byte) (!fourBits ? value : i % 2 == 0 ? value >> 4 : value & 0xf);
                    }
                    x += run;
                } else if (value == 0) { // the end of a row
                    done = Math.min(out.length, (done + width - 1) / width * width);
                    x = 0;
                } else if (value == 1) { // the end of the image
                    break;
                } else if (value == 2) { // a jump to the right and up
                    long jump = LittleEndian.u8(bytes, at) + (long) LittleEndian.u8(bytes, at + 1) * width;
                    at += 2;
                    done = (int) Math.min(out.length, done + jump);
                    x = done % width;
                } else { // pixels as they are
                    int pixels = Math.min(out.length - done, value);
                    for (int i = 0; i < pixels; i++) {
                        int b = LittleEndian.u8(bytes, at + (fourBits ? i / 2 : i));
                        out[done++] = (byte) (!fourBits ? b : i % 2 == 0 ? b >> 4 : b & 0xf);
                    }
                    at += fourBits ? (pixels + 1) / 2 : pixels;
                    x += value;
                    at += at % 2; // to an even offset in the file
                }
            }
        } catch (EOFException e) {
            if (done == 0) {
                throw new ImageFormatException(source + ": the file is cut short before its first pixel", e);
            }
        }
        return out;
    }
}
