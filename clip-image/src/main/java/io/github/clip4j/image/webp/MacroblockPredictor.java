package io.github.clip4j.image.webp;

import java.util.Arrays;

/// The prediction of a square of samples from the row above it and the column to its left: 16 × 16 of luma (RFC 6386, section 12.3) or
/// 8 × 8 of chroma (section 12.2); of 4 × 4 only the mode that all sizes share.
final class MacroblockPredictor {
    private MacroblockPredictor() {}

    /// Fills a square.
    ///
    /// @param mode of [MacroblockModes]
    /// @param x its first column, a multiple of `edge`
    /// @param y its first row
    /// @param edge 16 or 8
    static void predict(int mode, Plane plane, int x, int y, int edge) {
        byte[] samples = plane.samples;
        int stride = plane.stride;
        int to = plane.at(x, y);
        switch (mode) {
            case MacroblockModes.DC -> {
                byte mean = (byte) mean(plane, x, y, edge);
                for (int row = to; row < to + edge * stride; row += stride) {
                    Arrays.fill(samples, row, row + edge, mean);
                }
            }
            case MacroblockModes.TRUE_MOTION -> trueMotion(samples, to, stride, edge);
            case MacroblockModes.VERTICAL -> {
                for (int row = to; row < to + edge * stride; row += stride) {
                    System.arraycopy(samples, to - stride, samples, row, edge);
                }
            }
            default -> {
                for (int row = to; row < to + edge * stride; row += stride) {
                    Arrays.fill(samples, row, row + edge, samples[row - 1]);
                }
            }
        }
    }

    /// The mean of the neighbours within the image; 128 without any.
    private static int mean(Plane plane, int x, int y, int edge) {
        if (x == 0 && y == 0) {
            return 128;
        }
        int to = plane.at(x, y);
        int sum = 0;
        for (int i = 0; i < edge; i++) {
            sum += y > 0 ? plane.samples[to - plane.stride + i] & 0xff : 0;
            sum += x > 0 ? plane.samples[to + i * plane.stride - 1] & 0xff : 0;
        }
        int count = x > 0 && y > 0 ? 2 * edge : edge;
        return (sum + count / 2) / count;
    }

    /// Each sample is the one to the left plus the slope of the row above: `left + above − corner`, clamped.
    static void trueMotion(byte[] samples, int to, int stride, int edge) {
        int corner = samples[to - stride - 1] & 0xff;
        for (int y = 0; y < edge; y++) {
            int row = to + y * stride;
            int difference = (samples[row - 1] & 0xff) - corner;
            for (int x = 0; x < edge; x++) {
                samples[row + x] = (byte) Math.max(0, Math.min(255, (samples[to - stride + x] & 0xff) + difference));
            }
        }
    }
}
