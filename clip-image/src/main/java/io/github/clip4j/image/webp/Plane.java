package io.github.clip4j.image.webp;

import java.util.Arrays;

/// The samples of an image's luma or of one chroma, in whole macroblocks, with the samples around it that predictions refer to (RFC 6386,
/// sections 12.2 and 12.3): a row of 127 above, a column of 129 to the left, and 127 at their corner.
final class Plane {
    private static final byte ABOVE = 127;
    private static final byte LEFT = (byte) 129;
    /// A subblock at the right edge refers to four samples above and to its right.
    private static final int BORDER = 1 + 4;

    final byte[] samples;
    /// From one sample to the one below.
    final int stride;

    /// @param width the samples of a row, without the border
    Plane(int width, int height) {
        stride = width + BORDER;
        samples = new byte[Math.multiplyExact(stride, height + 1)];
        Arrays.fill(samples, 0, stride, ABOVE);
        for (int y = 0; y < height; y++) {
            samples[at(0, y) - 1] = LEFT;
        }
    }

    /// Where a sample is.
    int at(int x, int y) {
        return (y + 1) * stride + 1 + x;
    }
}
