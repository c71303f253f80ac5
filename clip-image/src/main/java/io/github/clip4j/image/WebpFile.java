package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import io.github.clip4j.image.webp.WebpContainer;
import io.github.clip4j.image.webp.WebpException;

/// WebP files, lossy, lossless and animated, of which the first frame is read: sample for sample what Pillow gives (python-pillow/Pillow
/// `WebPImagePlugin.py`, with libwebp 1.6).
final class WebpFile {
    private WebpFile() {}

    static boolean isWebp(byte[] bytes) {
        return WebpContainer.isWebp(bytes);
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        try {
            WebpContainer file = WebpContainer.parse(bytes);
            int width = file.width();
            int height = file.height();
            source.requirePixels(width, height);
            return new Image(width, height, file.hasAlpha() ? Mode.RGBA : Mode.RGB, decode(file, source), null);
        } catch (WebpException e) {
            throw new ImageFormatException("%s: a WebP file that cannot be decoded: %s".formatted(source, e.getMessage()), e);
        }
    }

    /// A few bytes can say that all pixels of a large image are alike. Such a file is valid, so nothing is known to be wrong before its
    /// memory is taken; the arrays are few and large, and nothing else is lost when one of them does not fit.
    private static byte[] decode(WebpContainer file, Source source) throws WebpException, ImageFormatException {
        try {
            return file.decode();
        } catch (OutOfMemoryError e) {
            throw new ImageFormatException("%s: %d × %d pixels need more memory than this process has (%,d bytes at most); raise -Xmx"
                    .formatted(source, file.width(), file.height(), Runtime.getRuntime().maxMemory()), e);
        }
    }
}
