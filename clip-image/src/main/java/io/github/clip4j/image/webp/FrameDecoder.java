package io.github.clip4j.image.webp;

import org.jspecify.annotations.Nullable;

/// The first frame on its canvas, as libwebp's `anim_decode.c` composes it for Pillow: it is not blended with the background, and what it
/// does not cover stays transparent black.
final class FrameDecoder {
    private final byte[] file;
    private final WebpContainer.Frame frame;
    private final int width;
    private final int height;
    private final int pixelBytes;

    /// @param width of the canvas
    /// @param height of the canvas
    FrameDecoder(byte[] file, WebpContainer.Frame frame, int width, int height, boolean withAlpha) {
        this.file = file;
        this.frame = frame;
        this.width = width;
        this.height = height;
        this.pixelBytes = withAlpha ? 4 : 3;
    }

    /// `[height, width, 3 or 4]`
    byte[] decode() throws WebpException {
        return frame.lossless() ? lossless() : lossy();
    }

    private byte[] lossless() throws WebpException {
        int[] pixels = LosslessDecoder.decode(file, frame.data().start(), frame.data().end());
        byte[] canvas = canvas();
        for (int y = 0; y < frame.height(); y++) {
            int to = position(0, y);
            int from = y * frame.width();
            for (int x = 0; x < frame.width(); x++, to += pixelBytes) {
                int pixel = pixels[from + x];
                canvas[to] = (byte) (pixel >> 16);
                canvas[to + 1] = (byte) (pixel >> 8);
                canvas[to + 2] = (byte) pixel;
                if (pixelBytes == 4) {
                    canvas[to + 3] = (byte) (pixel >> 24);
                }
            }
        }
        return canvas;
    }

    private byte[] lossy() throws WebpException {
        Vp8Header header = Vp8Header.parse(file, frame.data().start(), frame.data().end());
        // Decoded even where it is not shown: a damaged plane is an error to libwebp.
        byte[] alpha = frame.alpha() == null ? null : AlphaPlane.decode(file, frame.alpha(), frame.width(), frame.height());
        Vp8Decoder planes = Vp8Decoder.decode(header);
        byte[] canvas = canvas();
        new YuvToRgb(planes, frame.width(), frame.height()).write(canvas, position(0, 0), pixelBytes, width * pixelBytes);
        if (pixelBytes == 4) {
            writeAlpha(alpha, canvas);
        }
        return canvas;
    }

    private void writeAlpha(byte @Nullable [] alpha, byte[] canvas) {
        for (int y = 0; y < frame.height(); y++) {
            int to = position(0, y) + 3;
            int from = y * frame.width();
            for (int x = 0; x < frame.width(); x++) {
                canvas[to + 4 * x] = alpha == null ? (byte) 255 : alpha[from + x];
            }
        }
    }

    private byte[] canvas() {
        return new byte[Math.multiplyExact(Math.multiplyExact(width, height), pixelBytes)];
    }

    private int position(int x, int y) {
        return ((frame.y() + y) * width + frame.x() + x) * pixelBytes;
    }
}
