package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// The chunks before the image (W3C, section 11).
final class PngChunks {
    private static final int HEADER = 8;
    private static final int CRC = 4;

    final byte[] bytes;
    private final Source source;
    private int at;
    int width;
    int height;
    Unpacker unpacker = Unpacker.grey(8, false);
    private boolean hasHeader;
    boolean interlaced;
    int[] palette = {};
    @Nullable Window frame;

    PngChunks(byte[] bytes, int start, Source source) throws ImageFormatException {
        this.bytes = bytes;
        this.source = source;
        this.at = start;
        while (!isData()) {
            if (name().equals("IEND")) {
                throw source.refused("a PNG file without an image: expected IDAT before IEND");
            }
            int length = length();
            int content = at + HEADER;
            if (content + (long) length + CRC > bytes.length) {
                throw source.refused("the file is cut short: chunk %s at byte %d has %,d bytes, got %,d",
                        printable(name()), at, length & 0xffffffffL, Math.max(0, bytes.length - content - CRC));
            }
            requireChecksum(content, length);
            read(name(), content, length);
            at = content + length + CRC;
        }
        if (!hasHeader) {
            throw source.refused("a PNG file without a header: expected IHDR before IDAT");
        }
    }

    private boolean isData() throws ImageFormatException {
        if (bytes.length - at < HEADER) {
            throw source.refused("the file is cut short: expected a PNG chunk at byte %d", at);
        }
        for (int i = 0; i < 4; i++) {
            byte b = bytes[at + 4 + i];
            if (!((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_')) {
                throw source.refused("a damaged PNG file: expected the name of a chunk at byte %d, got %s", at, printable(name()));
            }
        }
        return name().equals("IDAT");
    }

    private String name() {
        return new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1);
    }

    private static String printable(String name) {
        StringBuilder out = new StringBuilder();
        name.chars().forEach(c -> out.append(c > ' ' && c < 127 ? String.valueOf((char) c) : "\\x%02x".formatted(c)));
        return out.toString();
    }

    /// Negative for more than 2 GiB, which no file has.
    private int length() {
        int length = i32(bytes, at);
        return length < 0 ? Integer.MAX_VALUE : length;
    }

    private void requireChecksum(int content, int length) throws ImageFormatException {
        CRC32 crc = new CRC32();
        crc.update(bytes, content - 4, length + 4);
        boolean skipped = source.partial() && (bytes[content - 4] & 0x20) != 0; // a chunk that is not needed
        if ((int) crc.getValue() != i32(bytes, content + length) && !skipped) {
            throw source.refused("a damaged PNG file: chunk %s at byte %d: expected the checksum %08x, got %08x",
                    name(), at, i32(bytes, content + length), (int) crc.getValue());
        }
    }

    private void read(String name, int content, int length) throws ImageFormatException {
        switch (name) {
            case "IHDR" -> {
                if (length < 13) {
                    throw source.refused("a damaged PNG file: IHDR: expected 13 bytes, got %d", length);
                }
                width = i32(bytes, content);
                height = i32(bytes, content + 4);
                source.requirePixels(width & 0xffffffffL, height & 0xffffffffL);
                unpacker = unpacker(bytes[content + 8], bytes[content + 9]);
                if (bytes[content + 11] != 0) {
                    throw source.refused("a PNG file of filter method %d: expected 0", bytes[content + 11]);
                }
                interlaced |= bytes[content + 12] != 0;
                hasHeader = true;
            }
            case "PLTE" -> {
                palette = new int[length / 3];
                if (palette.length > 256) {
                    throw source.refused("a damaged PNG file: PLTE: expected at most 256 colours, got %d", palette.length);
                }
                for (int i = 0; i < palette.length; i++) {
                    palette[i] = i32(bytes, content + 3 * i - 1) & 0xffffff;
                }
            }
            case "fcTL" -> {
                if (length < 26) {
                    throw source.refused("a damaged PNG file: fcTL: expected 26 bytes, got %d", length);
                }
                frame = frame(content);
            }
            case "fdAT" -> throw source.refused("an animated PNG file without an image: expected IDAT before fdAT");
            default -> {
                // not needed
            }
        }
    }

    private Window frame(int content) throws ImageFormatException {
        long frameWidth = i32(bytes, content + 4) & 0xffffffffL;
        long frameHeight = i32(bytes, content + 8) & 0xffffffffL;
        long x = i32(bytes, content + 12) & 0xffffffffL;
        long y = i32(bytes, content + 16) & 0xffffffffL;
        if (frameWidth < 1 || frameHeight < 1 || x + frameWidth > width || y + frameHeight > height) {
            throw source.refused("a damaged PNG file: fcTL: expected a frame within %d × %d, got %d × %d at %d, %d",
                    width, height, frameWidth, frameHeight, x, y);
        }
        return new Window((int) x, (int) y, (int) frameWidth, (int) frameHeight);
    }

    Unpacker unpacker(int depth, int colors) throws ImageFormatException {
        return switch (colors << 8 | depth) {
            case 1, 2, 4, 8 -> Unpacker.grey(depth, false);
            case 16 -> Unpacker.ofBytes(Mode.GREY16, 2, 0, 1);
            case 0x208 -> Unpacker.ofBytes(Mode.RGB, 3, 0, 1, 2);
            case 0x210 -> Unpacker.ofBytes(Mode.RGB, 6, 0, 2, 4);
            case 0x301, 0x302, 0x304, 0x308 -> Unpacker.palette(depth);
            case 0x408 -> Unpacker.ofBytes(Mode.GREY_ALPHA, 2, 0, 1);
            case 0x410 -> Unpacker.ofBytes(Mode.RGBA, 4, 0, 0, 0, 2);
            case 0x608 -> Unpacker.ofBytes(Mode.RGBA, 4, 0, 1, 2, 3);
            case 0x610 -> Unpacker.ofBytes(Mode.RGBA, 8, 0, 2, 4, 6);
            default -> throw source.refused("a PNG file of colour type %d and %d bits: there is no such", colors, depth);
        };
    }

    /// The bytes of the image's chunks.
    long dataBytes() {
        long sum = 0;
        for (Piece piece = first(); piece != null; piece = next(piece)) {
            sum += piece.end - piece.start;
        }
        return sum;
    }

    /// A part of the file, from `start` to `end`, exclusive.
    record Piece(int start, int end) {}

    Piece first() {
        return piece(at);
    }

    private Piece piece(int chunk) {
        return new Piece(chunk + HEADER, (int) Math.min(bytes.length, chunk + HEADER + (long) length(chunk)));
    }

    private int length(int chunk) {
        int length = i32(bytes, chunk);
        return length < 0 ? Integer.MAX_VALUE : length;
    }

    /// The image's chunks lie together.
    @Nullable Piece next(Piece piece) {
        long chunk = (long) piece.end + CRC;
        if (chunk + HEADER > bytes.length || !new String(bytes, (int) chunk + 4, 4, StandardCharsets.ISO_8859_1).equals("IDAT")) {
            return null;
        }
        return piece((int) chunk);
    }

    private static int i32(byte[] bytes, int at) {
        return bytes[at] << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
    }
}
