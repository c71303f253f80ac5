package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;

/// Silicon Graphics' image files, raw or with run lengths (python-pillow/Pillow `SgiImagePlugin.py`, `SgiRleDecode.c`). Rows come from the
/// lowest up; of samples of 16 bits the higher 8 are taken.
final class SgiFile {
    private static final int HEADER = 512;

    private final byte[] bytes;
    private final Source source;
    private final int sampleBytes;
    private final int width;
    private final int height;
    private final Mode mode;

    private SgiFile(byte[] bytes, Source source) throws ImageFormatException {
        this.bytes = bytes;
        this.source = source;
        if (bytes.length < HEADER) {
            throw source.refused("an SGI file that is cut short: expected a header of %d bytes, got %d", HEADER, bytes.length);
        }
        sampleBytes = bytes[3];
        width = u16(6);
        height = u16(8);
        source.requirePixels(width, height);
        int channels = u16(10);
        mode = switch (u16(4) << 8 | channels) {
            case 0x101, 0x201 -> Mode.GREY;
            case 0x303 -> Mode.RGB;
            case 0x304 -> Mode.RGBA;
            default -> throw source.refused("an SGI file of %d dimensions and %d channels, which Pillow does not read", u16(4), channels);
        };
        if (sampleBytes != 1 && sampleBytes != 2) {
            throw source.refused("an SGI file with samples of %d bytes: expected 1 or 2", sampleBytes);
        }
    }

    static boolean isSgi(byte[] bytes) {
        return bytes.length >= 12 && bytes[0] == 1 && bytes[1] == (byte) 0xda && (bytes[2] == 0 || bytes[2] == 1);
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        SgiFile file = new SgiFile(bytes, source);
        return new Image(file.width, file.height, file.mode, bytes[2] == 0 ? file.raw() : file.runs(), null);
    }

    private int u16(int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    private long u32(int at) {
        return (long) u16(at) << 16 | u16(at + 2);
    }

    /// One plane after the other.
    private byte[] raw() throws ImageFormatException {
        int channels = mode.bytes();
        long plane = (long) width * height * sampleBytes;
        if (HEADER + plane * channels > bytes.length) {
            String what = "expected %d planes of %,d bytes, got a file of %,d bytes".formatted(channels, plane, bytes.length);
            if (sampleBytes == 2) {
                throw source.refused("an SGI file that is cut short: %s", what);
            }
            source.damaged(what);
        }
        byte[] samples = source.samples(width, height, mode);
        for (int c = 0; c < channels; c++) {
            for (int row = 0; row < height; row++) {
                long from = HEADER + c * plane + (long) row * width * sampleBytes;
                if (from + (long) width * sampleBytes > bytes.length) {
                    break;
                }
                int to = (height - 1 - row) * width * channels + c;
                for (int x = 0; x < width; x++) {
                    samples[to + x * channels] = bytes[(int) from + x * sampleBytes];
                }
            }
        }
        return samples;
    }

    /// Tables say where each row of each channel starts and how long it is.
    private byte[] runs() throws ImageFormatException {
        int channels = mode.bytes();
        int rows = channels * height;
        if (HEADER + 8L * rows > bytes.length) {
            throw source.refused("an SGI file that is cut short: expected tables of %,d rows, got a file of %,d bytes", rows, bytes.length);
        }
        byte[] samples = source.samples(width, height, mode);
        byte[] line = new byte[width * channels];
        for (int row = 0; row < height; row++) {
            for (int c = 0; c < channels; c++) {
                int entry = HEADER + 4 * (row + c * height);
                long start = u32(entry);
                boolean ended = start >= HEADER && expand(start, u32(entry + 4 * rows), line, c);
                if (start < HEADER) {
                    source.damaged("row %d starts at byte %d, within the header".formatted(row, start));
                }
                if (!ended) {
                    return samples; // what is missing is black
                }
            }
            System.arraycopy(line, 0, samples, (height - 1 - row) * line.length, line.length);
        }
        return samples;
    }

    /// Expands a row of a channel. A piece starts with its length, in a byte or two, 0 for the end; the highest bit of 8 distinguishes
    /// pixels as they are from a run.
    ///
    /// @param units how long the row is, in samples; Pillow takes a row whose last one is not 0 for the end of the image
    /// @return whether the image goes on
    private boolean expand(long start, long units, byte[] line, int channel) throws ImageFormatException {
        int channels = mode.bytes();
        long at = start;
        int x = 0;
        for (long n = units; n > 0; n--) {
            if (at + sampleBytes > bytes.length) {
                return beyond(start);
            }
            int piece = bytes[(int) at + sampleBytes - 1];
            at += sampleBytes;
            if (n == 1 && piece != 0) {
                return false;
            }
            int count = piece & 0x7f;
            if (count == 0) {
                return true;
            }
            boolean copy = piece < 0;
            long end = at + (long) sampleBytes * (copy ? count : 1);
            boolean strict = copy || sampleBytes == 2; // Pillow's bound: what touches the end of the file is refused
            if (x + count > width || end > bytes.length - (strict ? 1 : 0)) {
                return beyond(start);
            }
            for (int i = 0; i < count; i++, x++) {
                line[x * channels + channel] = bytes[(int) at + (copy ? i * sampleBytes : 0)];
            }
            at = end;
        }
        return true;
    }

    private boolean beyond(long start) throws ImageFormatException {
        source.damaged("the row at byte %,d reaches beyond its end".formatted(start));
        return false;
    }
}
