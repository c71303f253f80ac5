package io.github.clip4j.image;

import java.util.Arrays;

/// Pillow's resampling, bit for bit (python-pillow/Pillow `Image.py`, `Image.resize`; `src/libImaging/Resample.c`).
///
/// Each output pixel is a weighted sum of the input pixels under a filter that is as wide as one output pixel when shrinking. Weights are
/// computed in double and rounded to 22 fractional bits; sums are exact integers. The horizontal pass comes first and is rounded to 8
/// bits before the vertical one. A pass that changes nothing is skipped.
///
/// By the picture's mode: black-and-white and palettes take the nearest pixel, whatever the filter; colours with transparency are multiplied
/// by it before and divided by it after; 16-bit grey is summed in double.
public final class Resize {
    /// 32 bits less 8 for the pixel, less 2 for weights beyond 1 and their sign.
    private static final int PRECISION_BITS = 22;

    /// How pixels are weighted.
    public enum Filter {
        /// A triangle; support 1.
        BILINEAR(1) {
            @Override
            double weight(double x) {
                return Math.abs(x) < 1 ? 1 - Math.abs(x) : 0;
            }
        },
        /// Keys' cubic with a = −½ (1981, doi:10.1109/TASSP.1981.1163711 §III); support 2. OpenCV and PyTorch's `interpolate` use a = −¾.
        BICUBIC(2) {
            @Override
            double weight(double offset) {
                double x = Math.abs(offset);
                if (x < 1) {
                    return ((A + 2) * x - (A + 3)) * x * x + 1;
                }
                return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
            }
        };

        private static final double A = -0.5;

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        abstract double weight(double offset);
    }

    private Resize() {}

    /// `image` resampled to `width` × `height` pixels.
    public static Image resize(Image image, int width, int height, Filter filter) {
        if (width == image.width() && height == image.height()) {
            return image;
        }
        return switch (image.mode()) {
            case BILEVEL, PALETTE -> nearest(image, width, height);
            case GREY_ALPHA, RGBA -> divideByAlpha(resample(multiplyByAlpha(image), width, height, filter));
            case GREY16 -> resample16(image, width, height, filter);
            case GREY16_BIG_ENDIAN -> swapBytes(resample16(swapBytes(image), width, height, filter));
            case GREY, RGB, CMYK -> resample(image, width, height, filter);
        };
    }

    private static Image resample(Image image, int width, int height, Filter filter) {
        Image wide = width == image.width() ? image : horizontal(image, Weights.of(image.width(), width, filter).fixedPoint());
        return height == image.height() ? wide : vertical(wide, Weights.of(image.height(), height, filter).fixedPoint());
    }

    /// Pillow's `Geometry.c`, `ImagingScaleAffine`: positions are summed up in double.
    private static Image nearest(Image image, int width, int height) {
        int[] columns = nearest(image.width(), width);
        int[] rows = nearest(image.height(), height);
        byte[] out = new byte[Math.multiplyExact(width, height)];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                out[y * width + x] = image.samples()[rows[y] * image.width() + columns[x]];
            }
        }
        return image.like(width, height, out);
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

    /// The weights of one pass: output `i` is Σⱼ weights[i·size + j]·input[first[i] + j] for j < count[i].
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Weights(int[] first, int[] count, double[] weights, int size) {
        static Weights of(int in, int out, Filter filter) {
            double scale = (double) in / out;
            double filterScale = Math.max(scale, 1);
            double support = filter.support * filterScale;
            int size = (int) Math.ceil(support) * 2 + 1;
            int[] first = new int[out];
            int[] count = new int[out];
            double[] weights = new double[Math.multiplyExact(out, size)];
            for (int i = 0; i < out; i++) {
                double center = (i + 0.5) * scale;
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
            return new Weights(first, count, weights, size);
        }

        FixedWeights fixedPoint() {
            int[] fixed = new int[weights.length];
            for (int i = 0; i < fixed.length; i++) {
                double weight = weights[i] * (1 << PRECISION_BITS);
                fixed[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5); // half away from zero
            }
            return new FixedWeights(first, count, fixed, size);
        }
    }

    /// The same with 22 fractional bits.
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record FixedWeights(int[] first, int[] count, int[] weights, int size) {}

    private static Image horizontal(Image image, FixedWeights weights) {
        int width = weights.first.length;
        int bytes = image.mode().bytes();
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, image.height()), bytes)];
        for (int y = 0; y < image.height(); y++) {
            if (bytes == Image.CHANNELS) {
                rgbRow(image.samples(), y * image.width() * bytes, weights, out, y * width * bytes);
            } else {
                row(image.samples(), y * image.width() * bytes, bytes, weights, out, y * width * bytes);
            }
        }
        return image.like(width, image.height(), out);
    }

    /// The common case, with the three sums in registers.
    private static void rgbRow(byte[] in, int row, FixedWeights weights, byte[] out, int outRow) {
        int to = outRow;
        for (int x = 0; x < weights.first.length; x++) {
            int red = 1 << (PRECISION_BITS - 1); // one half: the shift then rounds
            int green = red;
            int blue = red;
            int from = row + weights.first[x] * Image.CHANNELS;
            int w = x * weights.size;
            for (int end = w + weights.count[x]; w < end; w++, from += Image.CHANNELS) {
                int weight = weights.weights[w];
                red += (in[from] & 0xff) * weight;
                green += (in[from + 1] & 0xff) * weight;
                blue += (in[from + 2] & 0xff) * weight;
            }
            out[to++] = clip(red);
            out[to++] = clip(green);
            out[to++] = clip(blue);
        }
    }

    private static void row(byte[] in, int row, int bytes, FixedWeights weights, byte[] out, int outRow) {
        for (int x = 0; x < weights.first.length; x++) {
            for (int c = 0; c < bytes; c++) {
                int sum = 1 << (PRECISION_BITS - 1);
                for (int j = 0; j < weights.count[x]; j++) {
                    sum += (in[row + (weights.first[x] + j) * bytes + c] & 0xff) * weights.weights[x * weights.size + j];
                }
                out[outRow + x * bytes + c] = clip(sum);
            }
        }
    }

    private static Image vertical(Image image, FixedWeights weights) {
        int height = weights.first.length;
        int rowBytes = image.width() * image.mode().bytes();
        byte[] in = image.samples();
        byte[] out = new byte[Math.multiplyExact(rowBytes, height)];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, 1 << (PRECISION_BITS - 1));
            for (int j = 0; j < weights.count[y]; j++) {
                int weight = weights.weights[y * weights.size + j];
                int row = (weights.first[y] + j) * rowBytes;
                for (int x = 0; x < rowBytes; x++) {
                    sums[x] += (in[row + x] & 0xff) * weight;
                }
            }
            for (int x = 0; x < rowBytes; x++) {
                out[y * rowBytes + x] = clip(sums[x]);
            }
        }
        return image.like(image.width(), height, out);
    }

    /// Pillow takes the more significant byte for the less significant one here (`_ImagingResampleHorizontal_16bpc`, version 12). What it shows is
    /// followed: a model's features of such a picture depend on it.
    private static Image swapBytes(Image image) {
        byte[] out = image.samples().clone();
        for (int i = 0; i < out.length; i += 2) {
            out[i] = image.samples()[i + 1];
            out[i + 1] = image.samples()[i];
        }
        return image.like(image.width(), image.height(), out);
    }

    private static Image resample16(Image image, int width, int height, Filter filter) {
        Image wide = image;
        if (width != image.width()) {
            Weights weights = Weights.of(image.width(), width, filter);
            byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, image.height()), 2)];
            for (int y = 0; y < image.height(); y++) {
                for (int x = 0; x < width; x++) {
                    put16(out, y * width + x, sum16(image.samples(), y * image.width(), 1, weights, x));
                }
            }
            wide = image.like(width, image.height(), out);
        }
        if (height == image.height()) {
            return wide;
        }
        Weights weights = Weights.of(image.height(), height, filter);
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 2)];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                put16(out, y * width + x, sum16(wide.samples(), x, width, weights, y));
            }
        }
        return wide.like(width, height, out);
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

    private static byte clip(int sum) {
        return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
    }
}
