package io.github.clip4j.core.kernel;

/// Weighted sums of rows of bytes: one pass of an image's resampling, as Pillow computes it in integers.
public final class ByteRowsScalar {
    /// The fractional bits of a weight: 32 less 8 for the byte, less 2 for sums beyond 255 and their sign.
    public static final int PRECISION_BITS = 22;

    private ByteRowsScalar() {}

    /// `y[i]` = Σⱼ `weights[j]·x[j·ldx + i]` for i < n and j < count, bytes as 0 to 255; rounded, and clipped to that range.
    public static void weightedSum(byte[] x, int xOff, int ldx, int[] weights, int wOff, int count, byte[] y, int yOff, int n) {
        for (int i = 0; i < n; i++) {
            int sum = 1 << (PRECISION_BITS - 1); // one half: the shift then rounds
            for (int j = 0; j < count; j++) {
                sum += weights[wOff + j] * (x[xOff + j * ldx + i] & 0xff);
            }
            y[yOff + i] = (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
        }
    }
}
