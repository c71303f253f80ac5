package io.github.clip4j.image;

import java.util.Arrays;

/// Pillow's resampling of 8-bit pictures, bit for bit (python-pillow/Pillow `src/libImaging/Resample.c`).
///
/// Each output pixel is a weighted sum of the input pixels under a filter that is as wide as one output pixel when shrinking. Weights are
/// computed in double and rounded to 22 fractional bits; sums are exact integers. The horizontal pass comes first and is rounded to 8
/// bits before the vertical one. A pass that changes nothing is skipped.
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
        Image wide = width == image.width() ? image : horizontal(image, Weights.of(image.width(), width, filter));
        return height == image.height() ? wide : vertical(wide, Weights.of(image.height(), height, filter));
    }

    /// The weights of one pass: output `i` is Σⱼ weights[i·size + j]·input[first[i] + j] for j < count[i].
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Weights(int[] first, int[] count, int[] weights, int size) {
        static Weights of(int in, int out, Filter filter) {
            double scale = (double) in / out;
            double filterScale = Math.max(scale, 1);
            double support = filter.support * filterScale;
            int size = (int) Math.ceil(support) * 2 + 1;
            int[] first = new int[out];
            int[] count = new int[out];
            int[] fixed = new int[Math.multiplyExact(out, size)];
            double[] weights = new double[size];
            for (int i = 0; i < out; i++) {
                double center = (i + 0.5) * scale;
                first[i] = Math.max(0, (int) (center - support + 0.5));
                count[i] = Math.min(in, (int) (center + support + 0.5)) - first[i];
                double sum = 0;
                for (int j = 0; j < count[i]; j++) {
                    weights[j] = filter.weight((j + first[i] - center + 0.5) * (1 / filterScale));
                    sum += weights[j];
                }
                for (int j = 0; j < count[i]; j++) {
                    double weight = (sum != 0 ? weights[j] / sum : weights[j]) * (1 << PRECISION_BITS);
                    fixed[i * size + j] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5); // half away from zero
                }
            }
            return new Weights(first, count, fixed, size);
        }
    }

    private static Image horizontal(Image image, Weights weights) {
        int width = weights.first.length;
        byte[] in = image.rgb();
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, image.height()), Image.CHANNELS)];
        for (int y = 0; y < image.height(); y++) {
            int row = y * image.width() * Image.CHANNELS;
            int to = y * width * Image.CHANNELS;
            for (int x = 0; x < width; x++) {
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
        return new Image(width, image.height(), out);
    }

    private static Image vertical(Image image, Weights weights) {
        int height = weights.first.length;
        int rowBytes = image.width() * Image.CHANNELS;
        byte[] in = image.rgb();
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
        return new Image(image.width(), height, out);
    }

    private static byte clip(int sum) {
        return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
    }
}
