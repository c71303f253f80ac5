package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.io.EOFException;

/// Targa files, raw or with run lengths (python-pillow/Pillow `TgaImagePlugin.py`, `TgaRleDecode.c`). They start with no fixed letters, so
/// they are tried after all others.
final class TgaFile {
    private static final int HEADER = 18;
    private static final int FOOTER = 26;
    private static final String SIGNATURE = "TRUEVISION-XFILE.\0";
    private static final int ATTRIBUTES = 494;

    private TgaFile() {}

    static boolean isTga(byte[] bytes) {
        if (bytes.length < HEADER || bytes[1] < 0 || bytes[1] > 1
                || (bytes[12] == 0 && bytes[13] == 0) || (bytes[14] == 0 && bytes[15] == 0)) {
            return false;
        }
        boolean kind = switch (bytes[2]) {
            case 1, 2, 3, 9, 10, 11 -> true;
            default -> false;
        };
        return kind && switch (bytes[16]) {
            case 1, 8, 16, 24, 32 -> true;
            default -> false;
        };
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        try {
            int kind = bytes[2] & 7;
            boolean runs = (bytes[2] & 8) != 0;
            int width = LittleEndian.u16(bytes, 12);
            int height = LittleEndian.u16(bytes, 14);
            source.requirePixels(width, height);
            int depth = bytes[16];
            boolean mapped = bytes[1] == 1;
            if (mapped != (kind == 1) || (runs && depth == 1)) {
                throw source.refused("a Targa file of kind %d%s, which Pillow does not read", bytes[2], mapped ? " with a palette" : "");
            }
            Unpacker unpacker = switch (kind << 8 | depth) {
                case 0x108 -> Unpacker.palette(8);
                case 0x301 -> Unpacker.grey(1, false);
                case 0x308 -> Unpacker.grey(8, false);
                case 0x310 -> Unpacker.ofBytes(Mode.GREY_ALPHA, 2, 0, 1);
                case 0x210 -> Unpacker.bgra15();
                case 0x218 -> Unpacker.ofBytes(Mode.RGB, 3, 2, 1, 0);
                case 0x220 -> Unpacker.ofBytes(Mode.RGBA, 4, 2, 1, 0, 3);
                default -> throw source.refused("a Targa file of kind %d with %d bits a pixel, which Pillow does not read",
                        bytes[2], depth);
            };
            int at = HEADER + (bytes[0] & 0xff);
            int[] palette = null;
            if (mapped) {
                int entryBits = bytes[7];
                palette = palette(bytes, at, LittleEndian.u16(bytes, 3), LittleEndian.u16(bytes, 5), entryBits, source);
                at += LittleEndian.u16(bytes, 5) * (entryBits / 8);
            }
            boolean bottomUp = (bytes[17] & 0x20) == 0;
            byte[] samples;
            if (runs) {
                samples = runs(bytes, at, unpacker, width, height, bottomUp, source);
            } else {
                int stride = unpacker.rowBytes(width);
                RawRows.require(bytes, at, stride, height, source);
                samples = source.samples(width, height, unpacker.mode());
                RawRows.read(bytes, at, stride, unpacker, samples, width, height, bottomUp, source);
            }
            if (unpacker.mode() == Mode.RGBA && isOpaque(bytes, source)) {
                for (int i = 3; i < samples.length; i += 4) {
                    samples[i] = (byte) 255;
                }
            }
            Image image = new Image(width, height, unpacker.mode(), samples, palette);
            return (bytes[17] & 0x10) != 0 ? ExifOrientation.MIRRORED.apply(image) : image;
        } catch (EOFException e) {
            throw new ImageFormatException("%s: a Targa file that is cut short within its header".formatted(source), e);
        }
    }

    private static int[] palette(byte[] bytes, int at, int first, int colors, int bits, Source source)
            throws ImageFormatException, EOFException {
        if ((bits != 16 && bits != 24 && bits != 32) || first + colors > 256) {
            throw source.refused("a Targa file with %d colours of %d bits from %d on: expected up to 256 of 16, 24 or 32",
                    colors, bits, first);
        }
        int[] palette = new int[first + colors];
        for (int i = 0; i < colors; i++) {
            int from = at + i * bits / 8;
            int low = LittleEndian.u16(bytes, from);
            palette[first + i] = bits == 16
                    ? stretched(low >> 10) << 16 | stretched(low >> 5) << 8 | stretched(low)
                    : low | LittleEndian.u8(bytes, from + 2) << 16;
        }
        return palette;
    }

    /// Five bits as eight.
    private static int stretched(int value) {
        return (value & 31) * 255 / 31;
    }

    /// Whether the extension area of version 2 says that there is no alpha.
    private static boolean isOpaque(byte[] bytes, Source source) throws ImageFormatException, EOFException {
        int footer = bytes.length - FOOTER;
        if (footer < 0) {
            throw source.refused("a Targa file of %d bytes: expected at least %d, for its footer", bytes.length, FOOTER);
        }
        for (int i = 0; i < SIGNATURE.length(); i++) {
            if (bytes[footer + 8 + i] != SIGNATURE.charAt(i)) {
                return false;
            }
        }
        long extension = LittleEndian.i32(bytes, footer) & 0xffffffffL;
        return extension != 0 && extension + ATTRIBUTES < bytes.length && bytes[(int) extension + ATTRIBUTES] == 0;
    }

    /// Runs and pieces of up to 128 pixels. A run ends within its row, a piece may go on in the next ones.
    private static byte[] runs(byte[] bytes, int start, Unpacker unpacker, int width, int height, boolean bottomUp, Source source)
            throws ImageFormatException {
        int pixelBytes = unpacker.bits() / 8;
        byte[] row = new byte[width * pixelBytes];
        long most = (bytes.length - start) / (1L + pixelBytes) * 128 + bytes.length;
        if ((long) width * height > most) {
            source.damaged("expected %d × %d pixels, got data for at most %,d".formatted(width, height, most));
        }
        byte[] samples = source.samples(width, height, unpacker.mode());
        int at = start;
        int x = 0;
        int y = 0;
        while (y < height) {
            int count = at < bytes.length ? pixelBytes * ((bytes[at] & 0x7f) + 1) : 0;
            boolean run = at < bytes.length && bytes[at] < 0;
            int length = run ? pixelBytes : count;
            if (count == 0 || at + 1 + length > bytes.length) {
                source.damaged("the data end early: row %d of %d".formatted(y, height));
                break;
            }
            at++;
            if (run && x + count > row.length) {
                source.damaged("a run reaches beyond row %d of %d".formatted(y, height));
                break;
            }
            for (int done = 0; done < count && y < height; ) {
                int n = Math.min(count - done, row.length - x);
                for (int i = 0; i < n; i++) {
                    row[x + i] = bytes[at + (run ? i % pixelBytes : done + i)];
                }
                done += n;
                x += n;
                if (x == row.length) {
                    int to = (bottomUp ? height - 1 - y : y) * width * unpacker.mode().bytes();
                    unpacker.row().unpack(row, 0, samples, to, width);
                    x = 0;
                    y++;
                }
            }
            at += length;
        }
        return samples;
    }
}
