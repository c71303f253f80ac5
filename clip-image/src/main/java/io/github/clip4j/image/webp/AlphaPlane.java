package io.github.clip4j.image.webp;

/// The transparency of a lossy image, the chunk `ALPH` (RFC 9649, section 2.7.1.2): a byte for how it is coded, then a sample a pixel, as
/// they are or as the green of a lossless image. Samples may be differences to a neighbour.
///
/// That levels were reduced before they were coded is noted in the first byte; libwebp smooths them only when asked to, and Pillow does not
/// ask.
final class AlphaPlane {
    private static final int RAW = 0;
    private static final int LOSSLESS = 1;
    private static final int HORIZONTAL = 1;
    private static final int VERTICAL = 2;
    private static final int GRADIENT = 3;

    private AlphaPlane() {}

    /// Decodes the payload of `ALPH`.
    ///
    /// @return `[height, width]`, 255 for opaque
    static byte[] decode(byte[] data, WebpContainer.Bytes chunk, int width, int height) throws WebpException {
        int length = chunk.end() - chunk.start();
        if (length < 2) {
            throw new WebpException("ALPH: expected at least 2 bytes, got %d".formatted(length));
        }
        int how = data[chunk.start()] & 0xff;
        int compression = how & 3;
        int filter = how >> 2 & 3;
        if (compression > LOSSLESS || (how >> 4) > 1) {
            throw new WebpException("ALPH: expected a known compression and preprocessing, got %#x".formatted(how));
        }
        int start = chunk.start() + 1;
        byte[] alpha = compression == RAW
                ? raw(data, start, chunk.end(), width, height)
                : lossless(data, start, chunk.end(), width, height);
        for (int y = 0; y < height && filter != 0; y++) {
            unfilter(filter, alpha, y * width, width);
        }
        return alpha;
    }

    private static byte[] raw(byte[] data, int start, int end, int width, int height) throws WebpException {
        if (end - start < (long) width * height) {
            throw new WebpException("ALPH: expected %d × %d bytes, got %,d".formatted(width, height, end - start));
        }
        byte[] alpha = new byte[width * height];
        System.arraycopy(data, start, alpha, 0, alpha.length);
        return alpha;
    }

    private static byte[] lossless(byte[] data, int start, int end, int width, int height) throws WebpException {
        int[] pixels = LosslessDecoder.decode(new LosslessBits(data, start, end), width, height);
        byte[] alpha = new byte[pixels.length];
        for (int i = 0; i < alpha.length; i++) {
            alpha[i] = (byte) (pixels[i] >> 8);
        }
        return alpha;
    }

    /// Adds to each sample of a row what was predicted. The first row is predicted from the left, and the first column from above.
    private static void unfilter(int filter, byte[] a, int row, int width) {
        if (row > 0) {
            a[row] = (byte) (a[row] + a[row - width]);
        }
        int how = row == 0 ? HORIZONTAL : filter;
        for (int i = row + 1; i < row + width; i++) {
            int prediction = switch (how) {
                case HORIZONTAL -> a[i - 1];
                case VERTICAL -> a[i - width];
                case GRADIENT -> Math.clamp((a[i - 1] & 0xff) + (a[i - width] & 0xff) - (a[i - width - 1] & 0xff), 0, 255);
                default -> throw new IllegalArgumentException("filter " + how);
            };
            a[i] = (byte) (a[i] + prediction);
        }
    }
}
