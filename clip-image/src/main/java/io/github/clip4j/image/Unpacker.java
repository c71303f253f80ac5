package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;

/// How pixels of a file become samples of an image: Pillow's raw modes (python-pillow/Pillow `Unpack.c`).
///
/// @param mode of the image
/// @param bits of a pixel in the file
/// @param row unpacks a row
record Unpacker(Mode mode, int bits, Row row) {
    /// Unpacks pixels.
    interface Row {
        /// Reads `pixels` pixels from `in` at `from`, and writes their samples to `out` at `to`.
        void unpack(byte[] in, int from, byte[] out, int to, int pixels);
    }

    /// The bytes of a row of `pixels`.
    int rowBytes(int pixels) {
        return Math.toIntExact(((long) pixels * bits + 7) / 8);
    }

    /// Samples of 1, 2, 4 or 8 bits, the first one in the highest bits.
    ///
    /// @param scale what they are multiplied by
    /// @param inverted whether 0 is white
    static Unpacker ofBits(Mode mode, int bits, int scale, boolean inverted) {
        int flip = inverted ? 0xff : 0;
        int mask = (1 << bits) - 1;
        int perByte = 8 / bits;
        return new Unpacker(mode, bits, (in, from, out, to, pixels) -> {
            if (bits == 8 && scale == 1 && flip == 0) {
                System.arraycopy(in, from, out, to, pixels);
                return;
            }
            for (int i = 0; i < pixels; i++) {
                int shift = (perByte - 1 - i % perByte) * bits;
                out[to + i] = (byte) ((in[from + i / perByte] >> shift & mask) * scale ^ flip);
            }
        });
    }

    /// Grey levels of few bits, stretched to 255.
    static Unpacker grey(int bits, boolean inverted) {
        return ofBits(bits == 1 ? Mode.BILEVEL : Mode.GREY, bits, 255 / ((1 << bits) - 1), inverted);
    }

    /// Indices into a palette.
    static Unpacker palette(int bits) {
        return ofBits(Mode.PALETTE, bits, 1, false);
    }

    /// Samples that are bytes of the file.
    ///
    /// @param bytes of a pixel in the file
    /// @param offsets where each sample is in its pixel
    static Unpacker ofBytes(Mode mode, int bytes, int... offsets) {
        boolean same = bytes == offsets.length;
        for (int i = 0; i < offsets.length; i++) {
            same &= offsets[i] == i;
        }
        boolean copied = same;
        int samples = offsets.length;
        return new Unpacker(mode, 8 * bytes, (in, from, out, to, pixels) -> {
            if (copied) {
                System.arraycopy(in, from, out, to, pixels * bytes);
                return;
            }
            for (int i = 0; i < pixels; i++) {
                for (int c = 0; c < samples; c++) {
                    out[to + i * samples + c] = in[from + i * bytes + offsets[c]];
                }
            }
        });
    }

    /// RGB that has been multiplied by its alpha: divided by it, cut at 255.
    ///
    /// @param bytes of a pixel in the file
    /// @param step the bytes of a sample, of which the one at `most` is the most significant
    static Unpacker premultiplied(int bytes, int step, int most) {
        return new Unpacker(Mode.RGBA, 8 * bytes, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                int at = from + i * bytes + most;
                int alpha = in[at + 3 * step] & 0xff;
                for (int c = 0; c < 3; c++) {
                    out[to + 4 * i + c] = alpha == 0 ? 0 : (byte) Math.min(255, (in[at + c * step] & 0xff) * 255 / alpha);
                }
                out[to + 4 * i + 3] = (byte) alpha;
            }
        });
    }

    /// Two bytes, little-endian: blue in the lowest 5 bits, then 5 or 6 bits of green, then 5 of red.
    static Unpacker bgr16(int greenBits) {
        int greens = (1 << greenBits) - 1;
        return new Unpacker(Mode.RGB, 16, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                int pixel = (in[from + 2 * i] & 0xff) | ((in[from + 2 * i + 1] & 0xff) << 8);
                out[to + 3 * i] = (byte) (((pixel >> (5 + greenBits)) & 31) * 255 / 31);
                out[to + 3 * i + 1] = (byte) (((pixel >> 5) & greens) * 255 / greens);
                out[to + 3 * i + 2] = (byte) ((pixel & 31) * 255 / 31);
            }
        });
    }

    /// The same with 5 bits each; the highest bit is set where the pixel is transparent.
    static Unpacker bgra15() {
        return new Unpacker(Mode.RGBA, 16, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                int pixel = (in[from + 2 * i] & 0xff) | ((in[from + 2 * i + 1] & 0xff) << 8);
                out[to + 4 * i] = (byte) (((pixel >> 10) & 31) * 255 / 31);
                out[to + 4 * i + 1] = (byte) (((pixel >> 5) & 31) * 255 / 31);
                out[to + 4 * i + 2] = (byte) ((pixel & 31) * 255 / 31);
                out[to + 4 * i + 3] = (byte) (pixel >> 15 == 0 ? 255 : 0);
            }
        });
    }

    /// Two samples of 12 bits in three bytes, the first in the higher bits.
    static Unpacker grey12() {
        return new Unpacker(Mode.GREY16, 12, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                int at = from + i / 2 * 3;
                int value = i % 2 == 0
                        ? ((in[at] & 0xff) << 4) | ((in[at + 1] & 0xff) >> 4)
                        : ((in[at + 1] & 0xf) << 8) | (in[at + 2] & 0xff);
                out[to + 2 * i] = (byte) (value >> 8);
                out[to + 2 * i + 1] = (byte) value;
            }
        });
    }

    /// Signed integers of 16 bits, extended to 32.
    static Unpacker signed16(boolean bigEndian) {
        int high = bigEndian ? 0 : 1;
        return new Unpacker(Mode.INT32, 16, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                byte sign = (byte) (in[from + 2 * i + high] >> 7);
                out[to + 4 * i] = sign;
                out[to + 4 * i + 1] = sign;
                out[to + 4 * i + 2] = in[from + 2 * i + high];
                out[to + 4 * i + 3] = in[from + 2 * i + 1 - high];
            }
        });
    }

    /// Integers of 16 bits without sign, the more significant byte first.
    static Unpacker unsigned16() {
        return new Unpacker(Mode.INT32, 16, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                out[to + 4 * i + 2] = in[from + 2 * i];
                out[to + 4 * i + 3] = in[from + 2 * i + 1];
            }
        });
    }

    /// Integers or floating point numbers of 32 bits.
    static Unpacker ofWords(Mode mode, boolean bigEndian) {
        return bigEndian ? ofBytes(mode, 4, 0, 1, 2, 3) : ofBytes(mode, 4, 3, 2, 1, 0);
    }

    /// Bytes that are the planes of a row one after the other.
    ///
    /// @param bytes of a plane's row
    static Unpacker planes(Mode mode, int bytes) {
        int samples = mode.bytes();
        return new Unpacker(mode, 8 * samples, (in, from, out, to, pixels) -> {
            for (int c = 0; c < samples; c++) {
                for (int i = 0; i < pixels; i++) {
                    out[to + i * samples + c] = in[from + c * bytes + i];
                }
            }
        });
    }
}
