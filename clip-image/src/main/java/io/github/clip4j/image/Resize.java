package io.github.clip4j.image;

import io.github.clip4j.core.ops.ByteRows;
import io.github.clip4j.image.ClipPreprocess.Filter;

/// Pillow's resampling, bit for bit (python-pillow/Pillow `Image.py`, `Image.resize`; `src/libImaging/Resample.c`).
///
/// Each output pixel is a weighted sum of the input pixels under a filter that is as wide as one output pixel when shrinking. Weights are
/// computed in double and rounded to 22 fractional bits; sums are exact integers. The horizontal pass comes first and is rounded to 8
/// bits before the vertical one. A pass that changes nothing is skipped.
///
/// The image's mode decides: black-and-white and palettes take the nearest pixel, whatever the filter; colours with transparency are
/// multiplied by it before and divided by it after; 16-bit grey is summed in double.
///
/// Output pixels do not depend on each other, so only those of a [Window] are computed.
final class Resize {
    /// The rows that the horizontal pass takes at once, as the columns of a strip: a vector of bytes.
    private static final int STRIP = 16;

    private Resize() {}

    /// `image` resampled to `width` × `height` pixels.
    static Image resize(Image image, int width, int height, Filter filter) {
        return resize(image, width, height, filter, new Window(0, 0, width, height));
    }

    /// The part within `window` of `image` resampled to `width` × `height` pixels.
    ///
    /// @param window within these extents
    static Image resize(Image image, int width, int height, Filter filter, Window window) {
        if (width == image.width() && height == image.height()) {
            return window.of(image);
        }
        return switch (image.mode()) {
            case BILEVEL, PALETTE -> nearest(image, width, height, window);
            case GREY_ALPHA, RGBA -> divideByAlpha(resample(multiplyByAlpha(image), width, height, filter, window));
            case GREY16 -> resample16(image, width, height, filter, window);
            case GREY16_BIG_ENDIAN -> swapBytes(resample16(swapBytes(image), width, height, filter, window));
            case INT32, FLOAT32 -> resample32(image, width, height, filter, window);
            case GREY, RGB, CMYK -> resample(image, width, height, filter, window);
        };
    }

    /// Pillow's `Geometry.c`, `ImagingScaleAffine`: positions are summed up in double.
    private static Image nearest(Image image, int width, int height, Window window) {
        int[] columns = nearest(image.width(), width);
        int[] rows = nearest(image.height(), height);
        byte[] out = new byte[Math.multiplyExact(window.width(), window.height())];
        for (int y = 0; y < window.height(); y++) {
            for (int x = 0; x < window.width(); x++) {
                out[y * window.width() + x] = image.samples()[rows[window.top() + y] * image.width() + columns[window.left() + x]];
            }
        }
        return image.like(window.width(), window.height(), out);
    }

    private static int[] nearest(int in, int out) {
        int[] positions = new int[out];
        double scale = (double) in / out;
        double at = scale * 0.5;
        for (int i = 0; i < out; i++) {
            positions[i] = Math.min(in - 1, (int) at);
            at += scale;
        }
        return positions;
    }

    private static Image multiplyByAlpha(Image image) {
        int bytes = image.mode().bytes();
        byte[] out = image.samples().clone();
        for (int i = 0; i < out.length; i += bytes) {
            int alpha = out[i + bytes - 1] & 0xff;
            for (int c = i; c < i + bytes - 1; c++) {
                out[c] = (byte) Image.multiply(out[c] & 0xff, alpha);
            }
        }
        return image.like(image.width(), image.height(), out);
    }

    /// Pillow's conversion of premultiplied pixels (`Convert.c`, `rgbA2rgba`), in place.
    static Image divideByAlpha(Image image) {
        int bytes = image.mode().bytes();
        byte[] out = image.samples();
        for (int i = 0; i < out.length; i += bytes) {
            int alpha = out[i + bytes - 1] & 0xff;
            for (int c = i; c < i + bytes - 1 && alpha != 0; c++) {
                out[c] = (byte) Math.min(255, 255 * (out[c] & 0xff) / alpha);
            }
        }
        return image;
    }

    /// The weights of one pass: output `i` of `outputs` is Σⱼ weights[i·size + j]·input[first[i] + j] for j < count[i].
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Weights(int outputs, int[] first, int[] count, double[] weights, int size) {
        /// For `outputs` outputs from `start`, out of `out` in all.
        static Weights of(int in, int out, int start, int outputs, Filter filter) {
            double scale = (double) in / out;
            double filterScale = Math.max(scale, 1);
            double support = filter.support() * filterScale;
            int size = (int) Math.ceil(support) * 2 + 1;
            int[] first = new int[outputs];
            int[] count = new int[outputs];
            double[] weights = new double[Math.multiplyExact(outputs, size)];
            for (int i = 0; i < outputs; i++) {
                double center = (start + i + 0.5) * scale;
                first[i] = Math.max(0, (int) (center - support + 0.5));
                count[i] = Math.min(in, (int) (center + support + 0.5)) - first[i];
                double sum = 0;
                for (int j = 0; j < count[i]; j++) {
                    double weight = filter.weight((j + first[i] - center + 0.5) * (1 / filterScale));
                    weights[i * size + j] = weight;
                    sum += weight;
                }
                for (int j = 0; j < count[i] && sum != 0; j++) {
                    weights[i * size + j] /= sum;
                }
            }
            return new Weights(outputs, first, count, weights, size);
        }

        /// The first input that any output needs.
        int begin() {
            return first[0];
        }

        /// The input after the last one needed.
        int end() {
            return first[outputs - 1] + count[outputs - 1];
        }

        /// The weights with 22 fractional bits.
        int[] fixedPoint() {
            int[] fixed = new int[weights.length];
            for (int i = 0; i < fixed.length; i++) {
                double weight = weights[i] * (1 << ByteRows.PRECISION_BITS);
                fixed[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5); // half away from zero
            }
            return fixed;
        }
    }

    private static Image resample(Image image, int width, int height, Filter filter, Window window) {
        if (height == image.height()) {
            Weights columns = Weights.of(image.width(), width, window.left(), window.width(), filter);
            return horizontal(image, columns, window.top(), window.height());
        }
        Weights rows = Weights.of(image.height(), height, window.top(), window.height(), filter);
        if (width == image.width()) {
            return vertical(image, rows, 0, window.left(), window.width());
        }
        Weights columns = Weights.of(image.width(), width, window.left(), window.width(), filter);
        return vertical(horizontal(image, columns, rows.begin(), rows.end() - rows.begin()), rows, rows.begin(), 0, window.width());
    }

    /// The horizontal pass over `rows` rows from `top`. A strip of rows is transposed, so that each of its columns is a row of bytes, and
    /// this pass computes the same sums as the vertical one.
    private static Image horizontal(Image image, Weights columns, int top, int rows) {
        int bytes = image.mode().bytes();
        int[] weights = columns.fixedPoint();
        int begin = columns.begin();
        int wide = (columns.end() - begin) * bytes;
        int narrow = columns.outputs * bytes;
        byte[] strip = new byte[Math.multiplyExact(wide, STRIP)];
        byte[] sums = new byte[Math.multiplyExact(narrow, STRIP)];
        byte[] out = new byte[Math.multiplyExact(narrow, rows)];
        for (int y = 0; y < rows; y += STRIP) {
            int height = Math.min(STRIP, rows - y);
            transpose(image.samples(), ((top + y) * image.width() + begin) * bytes, image.width() * bytes, height, wide, strip, 0, STRIP);
            for (int x = 0; x < columns.outputs; x++) {
                ByteRows.weightedSum(
                        strip, (columns.first[x] - begin) * bytes * STRIP, bytes * STRIP, weights, x * columns.size, columns.count[x], sums,
                        x * bytes * STRIP, bytes * STRIP);
            }
            transpose(sums, 0, STRIP, narrow, height, out, y * narrow, narrow);
        }
        return image.like(columns.outputs, rows, out);
    }

    /// `to[toOff + c·ldt + r] = from[fromOff + r·ldf + c]` for r < rows, c < columns; four rows at a time, which is twice as fast as one.
    private static void transpose(byte[] from, int fromOff, int ldf, int rows, int columns, byte[] to, int toOff, int ldt) {
        int r = 0;
        for (; r <= rows - 4; r += 4) {
            int row0 = fromOff + r * ldf;
            int row1 = row0 + ldf;
            int row2 = row1 + ldf;
            int row3 = row2 + ldf;
            int at = toOff + r;
            for (int c = 0; c < columns; c++, at += ldt) {
                to[at] = from[row0 + c];
                to[at + 1] = from[row1 + c];
                to[at + 2] = from[row2 + c];
                to[at + 3] = from[row3 + c];
            }
        }
        for (; r < rows; r++) {
            int row = fromOff + r * ldf;
            int at = toOff + r;
            for (int c = 0; c < columns; c++, at += ldt) {
                to[at] = from[row + c];
            }
        }
    }

    /// The vertical pass over `width` columns from `left`.
    ///
    /// @param top the row of the whole image that `image` begins with
    private static Image vertical(Image image, Weights rows, int top, int left, int width) {
        int bytes = image.mode().bytes();
        int[] weights = rows.fixedPoint();
        int stride = image.width() * bytes;
        byte[] out = new byte[Math.multiplyExact(width * bytes, rows.outputs)];
        for (int y = 0; y < rows.outputs; y++) {
            ByteRows.weightedSum(
                    image.samples(), (rows.first[y] - top) * stride + left * bytes, stride, weights, y * rows.size, rows.count[y], out,
                    y * width * bytes, width * bytes);
        }
        return image.like(width, rows.outputs, out);
    }

    /// Pillow exchanges the more and the less significant byte here (`_ImagingResampleHorizontal_16bpc`, version 12). This is repeated,
    /// because a model's features of such an image depend on it.
    private static Image swapBytes(Image image) {
        byte[] out = image.samples().clone();
        for (int i = 0; i < out.length; i += 2) {
            out[i] = image.samples()[i + 1];
            out[i + 1] = image.samples()[i];
        }
        return image.like(image.width(), image.height(), out);
    }

    private static Image resample16(Image image, int width, int height, Filter filter, Window window) {
        Image wide = image;
        int left = window.left();
        if (width != image.width()) {
            Weights weights = Weights.of(image.width(), width, left, window.width(), filter);
            left = 0;
            byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(weights.outputs, image.height()), 2)];
            for (int y = 0; y < image.height(); y++) {
                for (int x = 0; x < weights.outputs; x++) {
                    put16(out, y * weights.outputs + x, sum16(image.samples(), y * image.width(), 1, weights, x));
                }
            }
            wide = image.like(weights.outputs, image.height(), out);
        }
        if (height == image.height()) {
            return new Window(left, window.top(), window.width(), window.height()).of(wide);
        }
        Weights weights = Weights.of(image.height(), height, window.top(), window.height(), filter);
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(window.width(), window.height()), 2)];
        for (int y = 0; y < window.height(); y++) {
            for (int x = 0; x < window.width(); x++) {
                put16(out, y * window.width() + x, sum16(wide.samples(), left + x, wide.width(), weights, y));
            }
        }
        return wide.like(window.width(), window.height(), out);
    }

    /// Pillow's `ImagingResampleHorizontal_32bpc` and `…Vertical_32bpc`: sums in double, rounded to the image's numbers after each pass.
    private static Image resample32(Image image, int width, int height, Filter filter, Window window) {
        Image wide = image;
        int left = window.left();
        if (width != image.width()) {
            Weights columns = Weights.of(image.width(), width, left, window.width(), filter);
            left = 0;
            wide = sums32(image, columns.outputs, image.height(), (x, y) -> sum32(image, y * image.width(), 1, columns, x));
        }
        if (height == image.height()) {
            return new Window(left, window.top(), window.width(), window.height()).of(wide);
        }
        Weights rows = Weights.of(image.height(), height, window.top(), window.height(), filter);
        Image in = wide;
        int first = left;
        return sums32(wide, window.width(), window.height(), (x, y) -> sum32(in, first + x, in.width(), rows, y));
    }

    private interface Sum {
        double at(int x, int y);
    }

    private static Image sums32(Image image, int width, int height, Sum sum) {
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 4)];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double value = sum.at(x, y);
                int word = image.mode() == Image.Mode.FLOAT32
                        ? Float.floatToRawIntBits((float) value)
                        : rounded(value >= 0 ? value + 0.5 : value - 0.5);
                Image.WORDS.set(out, 4 * (y * width + x), word);
            }
        }
        return image.like(width, height, out);
    }

    /// Towards 0; what does not fit is the lowest integer, as C's conversion gives it on the processors that Pillow runs on.
    private static int rounded(double value) {
        return value < 0x1p31 && value > -0x1p31 - 1 ? (int) value : Integer.MIN_VALUE;
    }

    private static double sum32(Image image, int start, int stride, Weights weights, int i) {
        boolean floats = image.mode() == Image.Mode.FLOAT32;
        double sum = 0;
        for (int j = 0; j < weights.count[i]; j++) {
            int word = (int) Image.WORDS.get(image.samples(), 4 * (start + (weights.first[i] + j) * stride));
            double sample = floats ? Float.intBitsToFloat(word) : (double) word;
            sum += sample * weights.weights[i * weights.size + j];
        }
        return sum;
    }

    private static double sum16(byte[] in, int start, int stride, Weights weights, int i) {
        double sum = 0;
        for (int j = 0; j < weights.count[i]; j++) {
            int at = 2 * (start + (weights.first[i] + j) * stride);
            sum += ((in[at] & 0xff) << 8 | (in[at + 1] & 0xff)) * weights.weights[i * weights.size + j];
        }
        return sum;
    }

    private static void put16(byte[] out, int i, double sum) {
        int value = Math.clamp((long) Math.floor(sum + 0.5), 0, 0xffff);
        out[2 * i] = (byte) (value >> 8);
        out[2 * i + 1] = (byte) value;
    }
}
