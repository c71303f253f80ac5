package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import io.github.clip4j.image.ResampleAxis.Weights;

/// Both passes of resampling for samples of more than 8 bits: sums in double, rounded to the image's numbers after each pass (python-
/// pillow/Pillow `Resample.c`, `…_16bpc` and `…_32bpc`).
final class WideSums {
    private WideSums() {}

    /// Whether an image has such samples.
    static boolean cover(Image image) {
        return switch (image.mode()) {
            case GREY16, GREY16_BIG_ENDIAN, INT32, FLOAT32 -> true;
            case BILEVEL, PALETTE, GREY, GREY_ALPHA, RGB, RGBA, CMYK -> false;
        };
    }

    /// The horizontal pass over `rows` rows from `top`, into `out` from column `left` of `width` on.
    static void horizontal(Image image, Weights columns, int top, int rows, byte[] out, int left, int width) {
        int bytes = image.mode().bytes();
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns.outputs(); x++) {
                int from = bytes * ((top + y) * image.width() + columns.first()[x]);
                put(image.mode(), out, bytes * (y * width + left + x), sum(image, from, bytes, columns, x));
            }
        }
    }

    /// The vertical pass for output `i`, over `width` columns.
    ///
    /// @param from the byte of the first sample
    /// @param stride the bytes of a row
    static void row(Image image, int from, int stride, Weights rows, int i, byte[] out, int to, int width) {
        int bytes = image.mode().bytes();
        for (int x = 0; x < width; x++) {
            put(image.mode(), out, to + bytes * x, sum(image, from + bytes * x, stride, rows, i));
        }
    }

    /// One output: samples from the byte `from`, `stride` bytes apart.
    private static double sum(Image image, int from, int stride, Weights weights, int i) {
        byte[] in = image.samples();
        double sum = 0;
        for (int j = 0; j < weights.count()[i]; j++) {
            int at = from + j * stride;
            double sample = switch (image.mode()) {
                case INT32 -> (int) Image.WORDS.get(in, at);
                case FLOAT32 -> Float.intBitsToFloat((int) Image.WORDS.get(in, at));
                default -> (in[at] & 0xff) << 8 | (in[at + 1] & 0xff);
            };
            sum += sample * weights.weights()[i * weights.size() + j];
        }
        return sum;
    }

    private static void put(Mode mode, byte[] out, int at, double sum) {
        switch (mode) {
            case INT32 -> Image.WORDS.set(out, at, rounded(sum >= 0 ? sum + 0.5 : sum - 0.5));
            case FLOAT32 -> Image.WORDS.set(out, at, Float.floatToRawIntBits((float) sum));
            default -> {
                int value = Math.clamp((long) Math.floor(sum + 0.5), 0, 0xffff);
                out[at] = (byte) (value >> 8);
                out[at + 1] = (byte) value;
            }
        }
    }

    /// Towards 0; what does not fit is the lowest integer, as C's conversion gives it on the processors that Pillow runs on.
    private static int rounded(double value) {
        return value < 0x1p31 && value > -0x1p31 - 1 ? (int) value : Integer.MIN_VALUE;
    }
}
