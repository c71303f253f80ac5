package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.util.Arrays;

/// PBM, PGM and PPM files, plain and raw (https://netpbm.sourceforge.net/doc/pnm.html), as far as Pillow reads them to bytes
/// (python-pillow/Pillow `PpmImagePlugin.py`).
final class NetpbmFile {
    private final byte[] bytes;
    private final Source source;
    private int at = 2;

    private NetpbmFile(byte[] bytes, Source source) {
        this.bytes = bytes;
        this.source = source;
    }

    static boolean isNetpbm(byte[] bytes) {
        return bytes.length > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && (isSpace(bytes[2]) || bytes[2] == '#');
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        return new NetpbmFile(bytes, source).decode();
    }

    private Image decode() throws ImageFormatException {
        int kind = bytes[1] - '0';
        boolean plain = kind <= 3;
        Mode mode = switch (kind) {
            case 1, 4 -> Mode.BILEVEL;
            case 2, 5 -> Mode.GREY;
            default -> Mode.RGB;
        };
        int width = number();
        int height = number();
        int max = mode == Mode.BILEVEL ? 1 : number();
        source.requirePixels(width, height);
        if (max < 1 || max > 255) {
            throw new ImageFormatException("%s: expected a greatest value of 1 to 255, got %d".formatted(source, max));
        }
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), mode.bytes())];
        at += plain ? 0 : 1; // one white space before raw samples
        if (mode == Mode.BILEVEL && !plain) {
            readBits(samples, width, height);
        } else if (plain) {
            for (int i = 0; i < samples.length; i++) {
                samples[i] = mode == Mode.BILEVEL ? (byte) (bit() ? 0 : 255) : scaled(number(), max);
            }
        } else {
            require(samples.length);
            for (int i = 0; i < samples.length; i++) {
                samples[i] = scaled(bytes[at + i] & 0xff, max);
            }
        }
        return new Image(width, height, mode, samples, null);
    }

    /// A bit is 1 for black.
    private void readBits(byte[] samples, int width, int height) throws ImageFormatException {
        int rowBytes = (width + 7) / 8;
        require((long) rowBytes * height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int bit = bytes[at + y * rowBytes + x / 8] >> (7 - x % 8) & 1;
                samples[y * width + x] = (byte) (bit == 1 ? 0 : 255);
            }
        }
    }

    private static byte scaled(int value, int max) {
        return (byte) Math.min(255, max == 255 ? value : Math.round(value * 255.0 / max));
    }

    private void require(long count) throws ImageFormatException {
        if (bytes.length - at < count) {
            throw new ImageFormatException("%s: the file is cut short: expected %d bytes of samples, got %d"
                    .formatted(source, count, Math.max(0, bytes.length - at)));
        }
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
            throw new ImageFormatException("%s: expected a number at byte %d, got %s".formatted(source, start, got));
        }
        return (int) value;
    }

    /// The digits of a plain bitmap need no white space between them.
    private boolean bit() throws ImageFormatException {
        skipSpace();
        if (at >= bytes.length || (bytes[at] != '0' && bytes[at] != '1')) {
            throw new ImageFormatException("%s: expected 0 or 1 at byte %d".formatted(source, at));
        }
        return bytes[at++] == '1';
    }
}
