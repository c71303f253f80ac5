package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.io.EOFException;

/// PCX files (python-pillow/Pillow `PcxImagePlugin.py`, `PcxDecode.c`).
final class PcxFile {
    private static final int HEADER = 128;
    private static final int PALETTE = 1 + 3 * 256;
    private static final int PALETTE_FOLLOWS = 12;
    /// A run of 63 takes two bytes.
    private static final int MOST_OF_A_BYTE = 32;

    private PcxFile() {}

    static boolean isPcx(byte[] bytes) {
        return bytes.length > HEADER && bytes[0] == 10 && (bytes[1] == 0 || bytes[1] == 2 || bytes[1] == 3 || bytes[1] == 5)
                && bytes[2] <= 1 && bytes[2] >= 0;
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        try {
            int width = LittleEndian.u16(bytes, 8) + 1 - LittleEndian.u16(bytes, 4);
            int height = LittleEndian.u16(bytes, 10) + 1 - LittleEndian.u16(bytes, 6);
            source.requirePixels(width, height);
            int bits = bytes[3];
            int planes = bytes[65];
            int stride = (width * bits + 7) / 8;
            if (LittleEndian.u16(bytes, 66) != stride) {
                stride += stride % 2;
            }
            int[] palette = null;
            Unpacker unpacker;
            if (bits == 1 && planes == 1) {
                unpacker = Unpacker.grey(1, false);
            } else if (bits == 1 && (planes == 2 || planes == 4)) {
                unpacker = bitPlanes(planes, stride);
                palette = palette(bytes, 16, 16);
            } else if (bytes[1] == 5 && bits == 8 && planes == 1) {
                if (bytes.length > PALETTE && bytes[bytes.length - PALETTE] == PALETTE_FOLLOWS) {
                    palette = palette(bytes, bytes.length - PALETTE + 1, 256);
                }
                palette = palette == null || isGrey(palette) ? null : palette;
                unpacker = Unpacker.ofBytes(palette == null ? Mode.GREY : Mode.PALETTE, 1, 0);
            } else if (bytes[1] == 5 && bits == 8 && planes == 3) {
                unpacker = Unpacker.planes(Mode.RGB, stride);
            } else {
                throw source.refused("a PCX file of version %d with %d planes of %d bits, which Pillow does not read",
                        bytes[1], planes, bits);
            }
            return new Image(width, height, unpacker.mode(), rows(bytes, unpacker, planes * stride, width, height, source), palette);
        } catch (EOFException e) {
            throw new ImageFormatException("%s: a PCX file that is cut short within its header".formatted(source), e);
        }
    }

    private static int[] palette(byte[] bytes, int at, int colors) throws EOFException {
        int[] palette = new int[colors];
        for (int i = 0; i < colors; i++) {
            int from = at + 3 * i;
            palette[i] = LittleEndian.u8(bytes, from) << 16 | LittleEndian.u8(bytes, from + 1) << 8 | LittleEndian.u8(bytes, from + 2);
        }
        return palette;
    }

    private static boolean isGrey(int[] palette) {
        for (int i = 0; i < palette.length; i++) {
            if (palette[i] != i * 0x010101) {
                return false;
            }
        }
        return true;
    }

    /// Indices whose bits are in planes, the lowest first.
    private static Unpacker bitPlanes(int planes, int stride) {
        return new Unpacker(Mode.PALETTE, planes, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                int index = 0;
                for (int plane = 0; plane < planes; plane++) {
                    index |= (in[from + plane * stride + i / 8] >> (7 - i % 8) & 1) << plane;
                }
                out[to + i] = (byte) index;
            }
        });
    }

    private static byte[] rows(byte[] bytes, Unpacker unpacker, int rowBytes, int width, int height, Source source)
            throws ImageFormatException {
        if ((long) rowBytes * height > (long) (bytes.length - HEADER) * MOST_OF_A_BYTE) {
            source.damaged("expected %d rows of %,d bytes, got %,d bytes of data".formatted(height, rowBytes, bytes.length - HEADER));
        }
        byte[] samples = source.samples(width, height, unpacker.mode());
        byte[] row = new byte[rowBytes];
        int at = HEADER;
        int x = 0;
        for (int y = 0; y < height; ) {
            boolean run = at < bytes.length && (bytes[at] & 0xc0) == 0xc0;
            if (at >= bytes.length || (run && at + 1 >= bytes.length)) {
                source.damaged("the data end early: row %d of %d".formatted(y, height));
                break;
            }
            int count = run ? bytes[at++] & 0x3f : 1;
            byte value = bytes[at++];
            if (x + count > rowBytes) {
                source.damaged("a run reaches beyond row %d of %d".formatted(y, height));
                count = rowBytes - x;
            }
            for (int i = 0; i < count; i++) {
                row[x++] = value;
            }
            if (x == rowBytes) {
                unpacker.row().unpack(row, 0, samples, y * width * unpacker.mode().bytes(), width);
                x = 0;
                y++;
            }
        }
        return samples;
    }
}
