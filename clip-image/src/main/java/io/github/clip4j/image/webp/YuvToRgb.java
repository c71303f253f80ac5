package io.github.clip4j.image.webp;

/// From the planes of a lossy image to RGB, as libwebp does. RFC 6386 leaves this to the program; here is what makes the samples equal to
/// Pillow's.
///
/// Chroma is interpolated ("fancy upsampling", `upsampling.c`): a pixel lies between four chroma samples and takes 9, 3, 3 and 1 sixteenths
/// of them, the nearest most. That is computed in two steps, each rounded on its own. Outside the image the samples at its edge are
/// repeated.
///
/// RGB is that of ITU-R BT.601 with luma from 16 to 235, in fixed point with 14 bits behind the point of which 8 are dropped before the sum
/// (`yuv.h`).
final class YuvToRgb {
    private final Vp8Decoder planes;
    private final int width;
    private final int height;
    /// One row's chroma, a sample a pixel.
    private final int[] u;
    private final int[] v;

    YuvToRgb(Vp8Decoder planes, int width, int height) {
        this.planes = planes;
        this.width = width;
        this.height = height;
        u = new int[width];
        v = new int[width];
    }

    /// Writes the pixels.
    ///
    /// @param to where the first red sample goes
    /// @param pixelStride from a red sample to the next, 3 or 4
    /// @param rowStride from a row to the next
    void write(byte[] out, int to, int pixelStride, int rowStride) {
        int lastRow = (height - 1) / 2;
        for (int y = 0; y < height; y++) {
            int near = y / 2;
            int far = Math.clamp(y % 2 == 0 ? near - 1 : near + 1, 0, lastRow);
            interpolate(planes.u, near, far, u);
            interpolate(planes.v, near, far, v);
            row(planes.y.samples, planes.y.at(0, y), out, to + y * rowStride, pixelStride);
        }
    }

    /// One row of chroma between its two rows of samples.
    private void interpolate(Plane plane, int near, int far, int[] row) {
        byte[] s = plane.samples;
        int n = plane.at(0, near);
        int f = plane.at(0, far);
        int nearLeft = s[n] & 0xff;
        int farLeft = s[f] & 0xff;
        row[0] = (3 * nearLeft + farLeft + 2) >> 2;
        int pairs = (width - 1) / 2; // pixels 2i − 1 and 2i lie between the samples i − 1 and i
        for (int i = 1; i <= pairs; i++) {
            int nearRight = s[n + i] & 0xff;
            int farRight = s[f + i] & 0xff;
            int sum = nearLeft + nearRight + farLeft + farRight + 8;
            row[2 * i - 1] = (((sum + 2 * (nearRight + farLeft)) >> 3) + nearLeft) >> 1;
            row[2 * i] = (((sum + 2 * (nearLeft + farRight)) >> 3) + nearRight) >> 1;
            nearLeft = nearRight;
            farLeft = farRight;
        }
        if (width % 2 == 0) {
            row[width - 1] = (3 * nearLeft + farLeft + 2) >> 2;
        }
    }

    private void row(byte[] luma, int from, byte[] out, int to, int pixelStride) {
        for (int x = 0; x < width; x++) {
            int y = ((luma[from + x] & 0xff) * 19077) >> 8;
            int blue = u[x];
            int red = v[x];
            int at = to + x * pixelStride;
            out[at] = clamped(y + ((red * 26149) >> 8) - 14234);
            out[at + 1] = clamped(y - ((blue * 6419) >> 8) - ((red * 13320) >> 8) + 8708);
            out[at + 2] = clamped(y + ((blue * 33050) >> 8) - 17685);
        }
    }

    private static byte clamped(int fixed) {
        return (byte) Math.max(0, Math.min(255, fixed >> 6));
    }
}
