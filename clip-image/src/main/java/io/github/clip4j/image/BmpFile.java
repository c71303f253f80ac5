package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.io.EOFException;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// BMP files, and BMP images without their file header as icons hold them (python-pillow/Pillow `BmpImagePlugin.py`).
final class BmpFile {
    private static final int FILE_HEADER = 14;
    private static final int RAW = 0;
    private static final int RUNS_OF_8_BITS = 1;
    private static final int RUNS_OF_4_BITS = 2;
    private static final int MASKS = 3;

    private final byte[] bytes;
    private final Source source;
    /// Where the header of the image starts.
    private final int header;

    private int width;
    private int height;
    private boolean topDown;
    private int bits;
    private int compression;
    private Unpacker unpacker = Unpacker.palette(8);
    private int @Nullable [] palette;
    /// Where the pixels start.
    private long pixels;

    private BmpFile(byte[] bytes, int header, Source source) {
        this.bytes = bytes;
        this.header = header;
        this.source = source;
    }

    static boolean isBmp(byte[] bytes) {
        return bytes.length > FILE_HEADER + 4 && bytes[0] == 'B' && bytes[1] == 'M';
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        BmpFile file = new BmpFile(bytes, FILE_HEADER, source);
        file.readHeader(file.u32(10));
        return file.decode(file.height);
    }

    /// Whether a file is a BMP without its file header, by the size of the image's header.
    static boolean isHeaderless(byte[] bytes) {
        return bytes.length > 40 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0 && switch (bytes[0]) {
            case 12, 40, 52, 56, 64, 108, 124 -> true;
            default -> false;
        };
    }

    static Image decodeHeaderless(byte[] bytes, Source source) throws ImageFormatException {
        BmpFile file = new BmpFile(bytes, 0, source);
        file.readHeader(0);
        return file.decode(file.height);
    }

    /// The image of an icon, which is the upper half of what its header declares. Its pixels follow the header.
    static Half decodeUpperHalf(byte[] bytes, int header, Source source) throws ImageFormatException {
        BmpFile file = new BmpFile(bytes, header, source);
        file.readHeader(0);
        file.height /= 2;
        return new Half(file.decode(file.height), (int) file.pixels);
    }

    /// @param pixels where its pixels start in the file
    record Half(Image image, int pixels) {}

    private int u8(long at) throws ImageFormatException {
        try {
            return LittleEndian.u8(bytes, (int) Math.min(Integer.MAX_VALUE, at));
        } catch (EOFException e) {
            throw new ImageFormatException("%s: the file is cut short within its header".formatted(source), e);
        }
    }

    private int u16(long at) throws ImageFormatException {
        return u8(at) | u8(at + 1) << 8;
    }

    private long u32(long at) throws ImageFormatException {
        return u16(at) | (long) u16(at + 2) << 16;
    }

    private void readHeader(long offset) throws ImageFormatException {
        long size = u32(header);
        int colorBytes = 4;
        long declaredWidth;
        long declaredHeight;
        long colors = 0;
        if (size == 12) {
            declaredWidth = u16(header + 4);
            declaredHeight = u16(header + 6);
            bits = u16(header + 10);
            colorBytes = 3;
        } else if (size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124) {
            u8(header + size - 1); // is there
            declaredWidth = u32(header + 4);
            topDown = u8(header + 11) == 0xff;
            declaredHeight = topDown ? (1L << 32) - u32(header + 8) : u32(header + 8);
            bits = u16(header + 14);
            compression = (int) Math.min(Integer.MAX_VALUE, u32(header + 16));
            colors = u32(header + 32);
        } else {
            throw source.refused("a BMP file with a header of %,d bytes: expected 12, 40, 52, 56, 64, 108 or 124", size);
        }
        source.requirePixels(declaredWidth, declaredHeight);
        width = (int) declaredWidth;
        height = (int) declaredHeight;
        if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
            throw source.refused("a BMP file of %d bits a pixel: expected 1, 4, 8, 16, 24 or 32", bits);
        }
        colors = colors != 0 ? colors : 1L << bits;
        long end = header + size + (compression == MASKS && size < 52 ? 12 : 0);
        pixels = offset;
        if (offset == FILE_HEADER + size && bits <= 8) {
            pixels += colorBytes * colors;
        }
        unpacker = switch (compression) {
            case RAW -> raw();
            case MASKS -> masks(size);
            case RUNS_OF_8_BITS, RUNS_OF_4_BITS -> Unpacker.palette(8);
            default -> throw source.refused("a BMP file with compression %,d: expected 0 to 3; save it without compression", compression);
        };
        if (bits <= 8) {
            readPalette(end, colors, colorBytes);
            end += colorBytes * colors;
        }
        pixels = pixels == 0 ? end : pixels;
    }

    private Unpacker raw() {
        return switch (bits) {
            case 16 -> Unpacker.bgr16(5);
            case 24 -> Unpacker.ofBytes(Mode.RGB, 3, 2, 1, 0);
            case 32 -> Unpacker.ofBytes(Mode.RGB, 4, 2, 1, 0);
            default -> Unpacker.palette(bits);
        };
    }

    /// Where the channels lie is given by four masks, of which the last, for alpha, is in the longer headers alone.
    private Unpacker masks(long size) throws ImageFormatException {
        long red = u32(header + 40);
        long green = u32(header + 44);
        long blue = u32(header + 48);
        long alpha = size >= 56 ? u32(header + 52) : 0;
        String layout = bits == 32
                ? String.format(Locale.ROOT, "%08x %08x %08x %08x", red, green, blue, alpha)
                : String.format(Locale.ROOT, "%d: %x %x %x", bits, red, green, blue);
        return switch (layout) {
            case "00ff0000 0000ff00 000000ff 00000000" -> Unpacker.ofBytes(Mode.RGB, 4, 2, 1, 0);
            case "ff000000 00ff0000 0000ff00 00000000" -> Unpacker.ofBytes(Mode.RGB, 4, 3, 2, 1);
            case "ff000000 0000ff00 000000ff 00000000" -> Unpacker.ofBytes(Mode.RGB, 4, 3, 1, 0);
            case "ff000000 00ff0000 0000ff00 000000ff" -> Unpacker.ofBytes(Mode.RGBA, 4, 3, 2, 1, 0);
            case "000000ff 0000ff00 00ff0000 ff000000" -> Unpacker.ofBytes(Mode.RGBA, 4, 0, 1, 2, 3);
            case "00ff0000 0000ff00 000000ff ff000000", "00000000 00000000 00000000 00000000" ->
                    Unpacker.ofBytes(Mode.RGBA, 4, 2, 1, 0, 3);
            case "ff000000 0000ff00 000000ff 00ff0000" -> Unpacker.ofBytes(Mode.RGBA, 4, 3, 1, 0, 2);
            case "24: ff0000 ff00 ff" -> Unpacker.ofBytes(Mode.RGB, 3, 2, 1, 0);
            case "16: f800 7e0 1f" -> Unpacker.bgr16(6);
            case "16: 7c00 3e0 1f" -> Unpacker.bgr16(5);
            default -> throw source.refused("a BMP file of %d bits with the masks %s, which Pillow does not read; save it as PNG",
                    bits, layout);
        };
    }

    /// An image whose palette is a ramp of grey is treated as one without a palette.
    private void readPalette(long at, long colors, int colorBytes) throws ImageFormatException {
        if (colors > 65_536) {
            throw source.refused("a BMP file with a palette of %,d colours: expected at most 256", colors);
        }
        int read = (int) Math.clamp((bytes.length - at) / colorBytes, 0, colors);
        int[] found = new int[read];
        boolean grey = read == colors;
        for (int i = 0; i < read; i++) {
            long color = at + (long) i * colorBytes;
            found[i] = u8(color) | u8(color + 1) << 8 | u8(color + 2) << 16;
            grey &= found[i] == (colors == 2 ? 255 * i : i) * 0x010101;
        }
        if (grey) {
            if (colors == 2) {
                unpacker = Unpacker.grey(1, false);
            } else if (bits == 8) {
                unpacker = Unpacker.grey(8, false);
            } else {
                throw source.refused("a BMP file of %d bits whose palette is a ramp of %d greys, which Pillow does not read", bits, colors);
            }
        } else if (read > 256) {
            throw source.refused("a BMP file with a palette of %,d colours: expected at most 256", colors);
        } else {
            palette = found;
        }
    }

    private Image decode(int rows) throws ImageFormatException {
        source.requirePixels(width, rows);
        byte[] samples;
        if (compression == RUNS_OF_4_BITS || compression == RUNS_OF_8_BITS) {
            if (bits > 8 || unpacker.mode() == Mode.BILEVEL) {
                throw source.refused("a BMP file of %d bits with run lengths: expected a palette or grey levels", bits);
            }
            samples = runs(compression == RUNS_OF_4_BITS, rows);
        } else {
            int stride = Math.toIntExact((((long) width * bits + 31) >> 3) & ~3L);
            RawRows.require(bytes, pixels, stride, rows, source);
            samples = source.samples(width, rows, unpacker.mode());
            RawRows.read(bytes, pixels, stride, unpacker, samples, width, rows, !topDown, source);
        }
        return new Image(width, rows, unpacker.mode(), samples, palette);
    }

    /// Run lengths, with the faults of Pillow 12.3: the last pixel of a piece of an odd number of 4-bit pixels is lost, and a file whose
    /// last pixels are left out is refused.
    private byte[] runs(boolean fourBits, int rows) throws ImageFormatException {
        byte[] out = new byte[1024];
        int size = width * rows;
        int done = 0;
        int x = 0;
        long at = pixels;
        while (done < size && at + 1 < bytes.length) {
            int count = u8(at);
            int value = u8(at + 1);
            at += 2;
            if (count > 0) { // a run; what does not fit into its row is dropped
                int run = Math.min(Math.min(count, Math.max(0, width - x)), size - done);
                out = withRoom(out, done + run, size);
                for (int i = 0; i < run; i++) {
                    out[done++] = (byte) (!fourBits ? value : i % 2 == 0 ? value >> 4 : value & 0xf);
                }
                x += run;
            } else if (value == 0) { // the end of a row
                done = Math.min(size, (int) (((long) done + width - 1) / width * width));
                x = 0;
            } else if (value == 1) { // the end of the image
                break;
            } else if (value == 2) { // a jump to the right and up
                if (at + 1 >= bytes.length) {
                    break;
                }
                done = (int) Math.min(size, done + u8(at) + (long) u8(at + 1) * width);
                at += 2;
                x = done % width;
            } else { // pixels as they are
                int read = fourBits ? value / 2 : value;
                int there = (int) Math.min(read, bytes.length - at);
                int wanted = Math.min(fourBits ? 2 * there : there, size - done);
                out = withRoom(out, done + wanted, size);
                for (int i = 0; i < wanted; i++) {
                    int b = u8(at + (fourBits ? i / 2 : i));
                    out[done++] = (byte) (!fourBits ? b : i % 2 == 0 ? b >> 4 : b & 0xf);
                }
                if (there < read) {
                    break;
                }
                at += read;
                x += value;
                at += at % 2; // to an even offset in the file
            }
        }
        if (done < size) {
            throw source.refused("a BMP file whose run lengths end after %,d of %,d pixels, which Pillow does not read", done, size);
        }
        byte[] samples = new byte[size];
        for (int y = 0; y < rows; y++) {
            int row = (topDown ? y : rows - 1 - y) * width;
            int there = Math.clamp((long) out.length - row, 0, width); // what was jumped over at the end is 0
            System.arraycopy(out, Math.min(row, out.length), samples, y * width, there);
        }
        return samples;
    }

    /// Memory for pixels that are in the file, doubled as they come.
    private static byte[] withRoom(byte[] out, int length, int most) {
        return length <= out.length ? out : Arrays.copyOf(out, (int) Math.min(most, Math.max(length, 2L * out.length)));
    }
}
