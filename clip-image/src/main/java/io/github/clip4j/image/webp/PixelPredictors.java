package io.github.clip4j.image.webp;

/// The fourteen predictions of a pixel of a lossless image from its neighbours `L`, `TL`, `T` and `TR`: left, top left, top, top right (RFC
/// 9649, section 3.5.1). At the right edge `TR` is the first pixel of the current row, which follows `T` in memory.
final class PixelPredictors {
    private PixelPredictors() {}

    /// Adds the prediction of a mode to the pixels from `start` to `end`, which lie in one row.
    static void add(int mode, int[] p, int start, int end, int width) {
        for (int i = start; i < end; i++) {
            int t = i - width;
            int prediction = switch (mode) {
                case 1 -> p[i - 1];
                case 2 -> p[t];
                case 3 -> p[t + 1];
                case 4 -> p[t - 1];
                case 5 -> mean(mean(p[i - 1], p[t + 1]), p[t]);
                case 6 -> mean(p[i - 1], p[t - 1]);
                case 7 -> mean(p[i - 1], p[t]);
                case 8 -> mean(p[t - 1], p[t]);
                case 9 -> mean(p[t], p[t + 1]);
                case 10 -> mean(mean(p[i - 1], p[t - 1]), mean(p[t], p[t + 1]));
                case 11 -> select(p[i - 1], p[t], p[t - 1]);
                case 12 -> gradient(p[i - 1], p[t], p[t - 1]);
                case 13 -> halfGradient(mean(p[i - 1], p[t]), p[t - 1]);
                default -> LosslessTransform.BLACK;
            };
            p[i] = LosslessTransform.add(p[i], prediction);
        }
    }

    /// The mean of two pixels, rounded down in each channel: the bits they share and half of those they do not.
    private static int mean(int a, int b) {
        return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
    }

    /// The one of left and top that is nearer to `left + top − topLeft`, by the sum of the channels' differences.
    private static int select(int left, int top, int topLeft) {
        int toLeft = 0;
        int toTop = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            int corner = topLeft >>> shift & 0xff;
            toLeft += Math.abs((top >>> shift & 0xff) - corner); // |left + top − topLeft − left|
            toTop += Math.abs((left >>> shift & 0xff) - corner);
        }
        return toLeft < toTop ? left : top;
    }

    private static int gradient(int left, int top, int topLeft) {
        int out = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            out |= clamped((left >>> shift & 0xff) + (top >>> shift & 0xff) - (topLeft >>> shift & 0xff)) << shift;
        }
        return out;
    }

    private static int halfGradient(int mean, int topLeft) {
        int out = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            int m = mean >>> shift & 0xff;
            out |= clamped(m + (m - (topLeft >>> shift & 0xff)) / 2) << shift;
        }
        return out;
    }

    private static int clamped(int x) {
        return Math.max(0, Math.min(255, x));
    }
}
