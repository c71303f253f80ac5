package io.github.clip4j.image;

import io.github.clip4j.core.ops.ByteRows;
import io.github.clip4j.image.ClipPreprocess.Filter;
import io.github.clip4j.image.ResampleAxis.Arithmetic;
import io.github.clip4j.image.ResampleAxis.Weights;

/// Pillow's resampling and torchvision's, bit for bit (python-pillow/Pillow `Image.py`, `Image.resize`; `src/libImaging/Resample.c`;
/// pytorch/vision `transforms/v2/functional/_geometry.py`, `resize_image`, of bytes).
///
/// Each output pixel is a weighted sum of the input pixels under a filter that is as wide as one output pixel when shrinking. Weights are
/// computed in double and rounded to fixed point ([ResampleAxis]); sums are exact integers. The horizontal pass comes first and is
/// rounded to 8 bits before the vertical one; Pillow has the vertical one first when it lowers an image more than 100 times as high as
/// wide. A pass that changes nothing is skipped.
///
/// In Pillow the image's mode decides: black-and-white and palettes take the nearest pixel, whatever the filter; colours with
/// transparency are multiplied by it before and divided by it after; samples of more than 8 bits are summed in double.
///
/// Output pixels do not depend on each other, so only those of a [Window] are computed. Memory follows from the window and the image,
/// not from the resized image, which is 224 × 13,440,000 pixels for one of 1 × 60,000.
final class Resize {
    /// The rows that the horizontal pass takes at once, as the columns of a strip: a vector of bytes.
    private static final int STRIP = 16;

    /// The weights that are held at once, unless a single output has more.
    private static final int WEIGHTS = 1 << 20;

    /// The bytes between the two passes that are held at once, unless a single output needs more.
    private static final int BETWEEN = 1 << 26;

    private Resize() {}

    /// `image` resampled to `width` × `height` pixels.
    static Image resize(Image image, int width, int height, Filter filter) {
        return resize(image, width, height, filter, new Window(0, 0, width, height));
    }

    /// The part within `window` of `image` resampled to `width` × `height` pixels.
    ///
    /// @param window within these extents
    static Image resize(Image image, int width, int height, Filter filter, Window window) {
        if (width == image.width() && height == image.height()) {
            return window.of(image);
        }
        return switch (image.mode()) {
            case BILEVEL, PALETTE -> nearest(image, width, height, window);
            case GREY_ALPHA, RGBA -> divideByAlpha(resample(multiplyByAlpha(image), width, height, filter, Arithmetic.PILLOW, window));
            case GREY16_BIG_ENDIAN -> swapBytes(resample(swapBytes(image), width, height, filter, Arithmetic.PILLOW, window));
            case GREY, GREY16, INT32, FLOAT32, RGB, CMYK -> resample(image, width, height, filter, Arithmetic.PILLOW, window);
        };
    }

    /// The part within `window` of an RGB image resampled to `width` × `height` pixels as torchvision does with a tensor of bytes.
    ///
    /// @param window within these extents
    static Image torchResize(Image image, int width, int height, Filter filter, Window window) {
        return resample(image, width, height, filter, Arithmetic.TORCH, window);
    }

    /// Pillow's `Geometry.c`, `ImagingScaleAffine`: positions are summed up in double.
    private static Image nearest(Image image, int width, int height, Window window) {
        int[] columns = nearest(image.width(), width, window.left(), window.width());
        int[] rows = nearest(image.height(), height, window.top(), window.height());
        byte[] out = new byte[Math.multiplyExact(window.width(), window.height())];
        for (int y = 0; y < window.height(); y++) {
            for (int x = 0; x < window.width(); x++) {
                out[y * window.width() + x] = image.samples()[rows[y] * image.width() + columns[x]];
            }
        }
        return image.like(window.width(), window.height(), out);
    }

    private static int[] nearest(int in, int out, int start, int outputs) {
        int[] positions = new int[outputs];
        double scale = (double) in / out;
        double at = scale * 0.5;
        for (int i = 0; i < start + outputs; i++) {
            if (i >= start) {
                positions[i - start] = Math.min(in - 1, (int) at);
            }
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

    private static Image resample(Image image, int width, int height, Filter filter, Arithmetic arithmetic, Window window) {
        if (image.width() == 1 && width > 1) { // the one weight of each column is 1
            Window column = new Window(0, window.top(), 1, window.height());
            return repeated(resample(image, 1, height, filter, arithmetic, column), window.width(), 1);
        }
        if (image.height() == 1 && height > 1) {
            Window row = new Window(window.left(), 0, window.width(), 1);
            return repeated(resample(image, width, 1, filter, arithmetic, row), 1, window.height());
        }
        if (height == image.height()) {
            return width == image.width()
                    ? window.of(image)
                    : horizontal(image, ResampleAxis.of(image.width(), width, filter, arithmetic), window);
        }
        boolean verticalFirst = arithmetic == Arithmetic.PILLOW && image.height() > 100L * image.width() && height < image.height();
        if (verticalFirst && width != image.width()) { // so `Image.resize`
            Window full = new Window(0, window.top(), image.width(), window.height());
            Image low = resample(image, image.width(), height, filter, arithmetic, full);
            Window part = new Window(window.left(), 0, window.width(), window.height());
            return horizontal(low, ResampleAxis.of(image.width(), width, filter, arithmetic), part);
        }
        ResampleAxis rows = ResampleAxis.of(image.height(), height, filter, arithmetic);
        int stride = window.width() * image.mode().bytes();
        byte[] out = new byte[Math.multiplyExact(stride, window.height())];
        if (width == image.width()) {
            for (int y = 0, most = Math.max(1, WEIGHTS / rows.taps()); y < window.height(); y += most) {
                Weights weights = rows.weights(window.top() + y, Math.min(most, window.height() - y));
                vertical(image, weights, 0, window.left(), window.width(), out, y * stride);
            }
            return image.like(window.width(), window.height(), out);
        }
        ResampleAxis columns = ResampleAxis.of(image.width(), width, filter, arithmetic);
        long between = rows.inputs(window.height()) * stride;
        if (between > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "expected at most 2^31 bytes between the two passes of resizing, got %,d; crop it first".formatted(between));
        }
        int parts = (int) (between / BETWEEN + 1);
        int most = Math.max(1, Math.min(WEIGHTS / rows.taps(), window.height() / parts));
        for (int y = 0; y < window.height(); y += most) {
            Weights weights = rows.weights(window.top() + y, Math.min(most, window.height() - y));
            Window part = new Window(window.left(), weights.begin(), window.width(), weights.end() - weights.begin());
            vertical(horizontal(image, columns, part), weights, part.top(), 0, window.width(), out, y * stride);
        }
        return image.like(window.width(), window.height(), out);
    }

    /// An image of one row or one column, repeated `across` times to the right, or `down` times downwards.
    private static Image repeated(Image image, int across, int down) {
        int bytes = image.mode().bytes();
        byte[] in = image.samples();
        byte[] out = new byte[Math.multiplyExact(in.length, across * down)];
        for (int i = 0; i < out.length; i += bytes) {
            System.arraycopy(in, across > 1 ? i / (across * bytes) * bytes : i % in.length, out, i, bytes);
        }
        return image.like(image.width() * across, image.height() * down, out);
    }

    /// The horizontal pass.
    ///
    /// @param window the rows of the image, and the columns of the result
    private static Image horizontal(Image image, ResampleAxis columns, Window window) {
        int bytes = image.mode().bytes();
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(window.width(), window.height()), bytes)];
        int across = Math.max(1, WEIGHTS / columns.taps());
        for (int x = 0; x < window.width(); x += across) {
            Weights weights = columns.weights(window.left() + x, Math.min(across, window.width() - x));
            if (WideSums.cover(image)) {
                WideSums.horizontal(image, weights, window.top(), window.height(), out, x, window.width());
            } else {
                horizontal(image, weights, window.top(), window.height(), out, x * bytes, window.width() * bytes);
            }
        }
        return image.like(window.width(), window.height(), out);
    }

    /// A strip of rows is transposed, so that each of its columns is a row of bytes, and this pass computes the same sums as the vertical
    /// one.
    ///
    /// @param ldo the bytes of a row of `out`
    private static void horizontal(Image image, Weights columns, int top, int rows, byte[] out, int outOff, int ldo) {
        int bytes = image.mode().bytes();
        int[] weights = columns.fixedPoint();
        int begin = columns.begin();
        int wide = (columns.end() - begin) * bytes;
        int narrow = columns.outputs() * bytes;
        byte[] strip = new byte[Math.multiplyExact(wide, STRIP)];
        byte[] sums = new byte[Math.multiplyExact(narrow, STRIP)];
        for (int y = 0; y < rows; y += STRIP) {
            int height = Math.min(STRIP, rows - y);
            transpose(image.samples(), ((top + y) * image.width() + begin) * bytes, image.width() * bytes, height, wide, strip, 0, STRIP);
            for (int x = 0; x < columns.outputs(); x++) {
                ByteRows.weightedSum(
                        strip, (columns.first()[x] - begin) * bytes * STRIP, bytes * STRIP, weights, x * columns.size(),
                        columns.count()[x], sums, x * bytes * STRIP, bytes * STRIP);
            }
            transpose(sums, 0, STRIP, narrow, height, out, outOff + y * ldo, ldo);
        }
    }

    /// `to[toOff + c·ldt + r] = from[fromOff + r·ldf + c]` for r < rows, c < columns; four rows at a time, which is twice as fast as one.
    private static void transpose(byte[] from, int fromOff, int ldf, int rows, int columns, byte[] to, int toOff, int ldt) {
        int r = 0;
        for (; r <= rows - 4; r += 4) {
            int row0 = fromOff + r * ldf;
            int row1 = row0 + ldf;
            int row2 = row1 + ldf;
            int row3 = row2 + ldf;
            int at = toOff + r;
            for (int c = 0; c < columns; c++, at += ldt) {
                to[at] = from[row0 + c];
                to[at + 1] = from[row1 + c];
                to[at + 2] = from[row2 + c];
                to[at + 3] = from[row3 + c];
            }
        }
        for (; r < rows; r++) {
            int row = fromOff + r * ldf;
            int at = toOff + r;
            for (int c = 0; c < columns; c++, at += ldt) {
                to[at] = from[row + c];
            }
        }
    }

    /// The vertical pass over `width` columns from `left`.
    ///
    /// @param top the row of the whole image that `image` begins with
    private static void vertical(Image image, Weights rows, int top, int left, int width, byte[] out, int outOff) {
        int bytes = image.mode().bytes();
        int stride = image.width() * bytes;
        int[] weights = WideSums.cover(image) ? new int[0] : rows.fixedPoint();
        for (int y = 0; y < rows.outputs(); y++) {
            int from = (rows.first()[y] - top) * stride + left * bytes;
            int to = outOff + y * width * bytes;
            if (WideSums.cover(image)) {
                WideSums.row(image, from, stride, rows, y, out, to, width);
            } else {
                ByteRows.weightedSum(
                        image.samples(), from, stride, weights, y * rows.size(), rows.count()[y], out, to, width * bytes);
            }
        }
    }

    /// Pillow exchanges the more and the less significant byte here (`_ImagingResampleHorizontal_16bpc`, version 12). This is repeated,
    /// because a model's features of such an image depend on it.
    private static Image swapBytes(Image image) {
        byte[] out = image.samples().clone();
        for (int i = 0; i < out.length; i += 2) {
            out[i] = image.samples()[i + 1];
            out[i + 1] = image.samples()[i];
        }
        return image.like(image.width(), image.height(), out);
    }
}
