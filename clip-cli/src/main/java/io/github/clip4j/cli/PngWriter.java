package io.github.clip4j.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/// Writes PNG files of 8-bit RGB (https://www.w3.org/TR/png-3/): the smallest subset that shows what a command has drawn.
final class PngWriter {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final byte BITS = 8;
    private static final byte RGB = 2;

    private PngWriter() {}

    /// {@return the bytes of a file}
    ///
    /// @param rgb `[height][width][3]`, row by row
    static byte[] write(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "expected 3 bytes for each of %d × %d pixels, got %d", width, height, rgb.length));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(SIGNATURE);
        chunk(out, "IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put(BITS).put(RGB).array()); // then three zeros
        chunk(out, "IDAT", deflate(withFilterBytes(width, height, rgb)));
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    /// Each row begins with its filter; 0 leaves the row as it is.
    private static byte[] withFilterBytes(int width, int height, byte[] rgb) {
        byte[] rows = new byte[rgb.length + height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(rgb, y * 3 * width, rows, y * (3 * width + 1) + 1, 3 * width);
        }
        return rows;
    }

    private static byte[] deflate(byte[] bytes) {
        try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
            deflater.setInput(bytes);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 13];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }

    /// Length, name, data, and a checksum of name and data.
    private static void chunk(ByteArrayOutputStream out, String name, byte[] data) {
        byte[] named = ByteBuffer.allocate(4 + data.length).put(name.getBytes(StandardCharsets.US_ASCII)).put(data).array();
        CRC32 checksum = new CRC32();
        checksum.update(named);
        out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        out.writeBytes(named);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
    }
}
