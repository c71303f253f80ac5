package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// PBM, PGM, PPM and grey PFM files, plain and raw (https://netpbm.sourceforge.net/doc/pnm.html), as Pillow reads them
/// (python-pillow/Pillow `PpmImagePlugin.py`): grey of more than 8 bits becomes integers of 32 bits.
final class NetpbmFile {
    private static final int MOST = 65_535;

    private final byte[] bytes;
    private final Source source;
    private int at = 2;

    private NetpbmFile(byte[] bytes, Source source) {
        this.bytes = bytes;
        this.source = source;
    }

    static boolean isNetpbm(byte[] bytes) {
        return bytes.length > 2 && bytes[0] == 'P' && ((bytes[1] >= '1' && bytes[1] <= '6') || bytes[1] == 'f')
                && (isSpace(bytes[2]) || bytes[2] == '#');
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        return new NetpbmFile(bytes, source).decode();
    }

    private Image decode() throws ImageFormatException {
        byte kind = bytes[1];
        int width = number();
        int height = number();
        if (kind == 'f') {
            return floats(width, height);
        }
        boolean plain = kind <= '3';
        boolean grey = kind == '2' || kind == '5';
        int max = kind == '1' || kind == '4' ? 1 : number();
        source.requirePixels(width, height);
        if (max < 1 || max > MOST) {
            throw source.refused("expected a greatest value of 1 to 65,535, got %d", max);
        }
        Mode mode = kind == '1' || kind == '4' ? Mode.BILEVEL : !grey ? Mode.RGB : max > 255 ? Mode.INT32 : Mode.GREY;
        if (plain) {
            return new Image(width, height, mode, plain(width, height, mode, max), null);
        }
        at++; // one white space before raw samples
        Unpacker unpacker = switch (kind) {
            case '4' -> Unpacker.grey(1, true);
            case '5' -> max == MOST ? Unpacker.unsigned16() : Unpacker.grey(8, false);
            default -> Unpacker.ofBytes(Mode.RGB, 3, 0, 1, 2);
        };
        if (kind != '4' && max != 255 && unpacker.mode() != Mode.INT32) {
            return new Image(width, height, mode, scaled(width, height, mode, max), null);
        }
        int stride = unpacker.rowBytes(width);
        RawRows.require(bytes, at, stride, height, source);
        byte[] samples = source.samples(width, height, mode);
        RawRows.read(bytes, at, stride, unpacker, samples, width, height, false, source);
        return new Image(width, height, mode, samples, null);
    }

    /// Raw samples whose greatest value is not that of their bytes.
    private byte[] scaled(int width, int height, Mode mode, int max) throws ImageFormatException {
        int sampleBytes = max > 255 ? 2 : 1;
        int channels = mode == Mode.RGB ? 3 : 1;
        long count = (long) width * height * channels;
        if (bytes.length - at < count * sampleBytes) {
            throw source.refused("the file is cut short: expected %,d bytes of pixels, got %,d", count * sampleBytes, bytes.length - at);
        }
        byte[] samples = source.samples(width, height, mode);
        for (int i = 0; i < count; i++) {
            int from = at + i * sampleBytes;
            int value = sampleBytes == 1 ? bytes[from] & 0xff : (bytes[from] & 0xff) << 8 | (bytes[from + 1] & 0xff);
            put(samples, i, mode, value, max);
        }
        return samples;
    }

    private byte[] plain(int width, int height, Mode mode, int max) throws ImageFormatException {
        int channels = mode == Mode.RGB ? 3 : 1;
        long count = (long) width * height * channels;
        if (bytes.length - at < (mode == Mode.BILEVEL ? count : 2 * count - 1)) {
            throw source.refused("the file is cut short: expected %,d numbers, got %,d bytes", count, bytes.length - at);
        }
        byte[] samples = source.samples(width, height, mode);
        for (int i = 0; i < count; i++) {
            if (mode == Mode.BILEVEL) {
                samples[i] = (byte) (bit() ? 0 : 255);
            } else {
                int value = number();
                if (value > max) {
                    throw source.refused("expected numbers up to %d, got %d", max, value);
                }
                put(samples, i, mode, value, max);
            }
        }
        return samples;
    }

    /// Scales a sample as Python does: the quotient is rounded first, and a half at last goes to the even number.
    private static void put(byte[] samples, int i, Mode mode, int value, int max) {
        int most = mode == Mode.INT32 ? MOST : 255;
        int scaled = max == most ? value : (int) Math.min(most, Math.rint((double) value / max * most));
        if (mode == Mode.INT32) {
            Image.WORDS.set(samples, 4 * i, scaled);
        } else {
            samples[i] = (byte) scaled;
        }
    }

    /// A scale whose sign gives the order of the bytes, then rows from the lowest up.
    private Image floats(int width, int height) throws ImageFormatException {
        skipSpace();
        int start = at;
        while (at < bytes.length && !isSpace(bytes[at]) && at - start < 11) {
            at++;
        }
        String text = new String(bytes, start, at - start, StandardCharsets.ISO_8859_1);
        double scale;
        try {
            scale = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            scale = 0;
        }
        if (scale == 0 || !Double.isFinite(scale) || at == bytes.length) {
            throw source.refused("expected a scale other than 0 at byte %d of a PFM file", start);
        }
        at++;
        source.requirePixels(width, height);
        Unpacker unpacker = Unpacker.ofWords(Mode.FLOAT32, scale > 0);
        RawRows.require(bytes, at, 4L * width, height, source);
        byte[] samples = source.samples(width, height, Mode.FLOAT32);
        RawRows.read(bytes, at, 4 * width, unpacker, samples, width, height, true, source);
        return new Image(width, height, Mode.FLOAT32, samples, null);
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    private void skipSpace() {
        while (at < bytes.length && (isSpace(bytes[at]) || bytes[at] == '#')) {
            if (bytes[at] == '#') {
                while (at < bytes.length && bytes[at] != '\n' && bytes[at] != '\r') {
                    at++;
                }
            } else {
                at++;
            }
        }
    }

    private int number() throws ImageFormatException {
        skipSpace();
        int start = at;
        long value = 0;
        while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && at - start < 10) {
            value = value * 10 + bytes[at++] - '0';
        }
        if (at == start || value > Integer.MAX_VALUE) {
            int shown = Math.min(bytes.length, start + 4);
            String got = start < bytes.length ? Arrays.toString(Arrays.copyOfRange(bytes, start, shown)) : "the end";
            throw source.refused("expected a number at byte %d, got %s", start, got);
        }
        return (int) value;
    }

    /// The digits of a plain bitmap need no white space between them.
    private boolean bit() throws ImageFormatException {
        skipSpace();
        if (at >= bytes.length || (bytes[at] != '0' && bytes[at] != '1')) {
            throw source.refused("expected 0 or 1 at byte %d", at);
        }
        return bytes[at++] == '1';
    }
}
