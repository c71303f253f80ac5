package io.github.clip4j.image.webp;

/// The four ways in which a lossless image is transformed before it is coded, undone here (RFC 9649, section 3.5). Pixels are 0xAARRGGBB;
/// sums are modulo 256 in each channel.
sealed interface LosslessTransform {
    /// The predictor of the first pixel, and of modes 0, 14 and 15.
    int BLACK = 0xff000000;

    /// Undoes the transform.
    ///
    /// @param pixels may be changed
    /// @return the pixels before the transform; the width is this transform's
    int[] undo(int[] pixels, int height);

    /// Pixels are differences to a prediction from those above and to the left; the mode of each square tile is in its green (section
    /// 3.5.1).
    final class Predictor implements LosslessTransform {
        private final int width;
        private final int tileBits;
        private final int[] modes;

        Predictor(int width, int tileBits, int[] modes) {
            this.width = width;
            this.tileBits = tileBits;
            this.modes = modes;
        }

        @Override
        public int[] undo(int[] pixels, int height) {
            pixels[0] = add(pixels[0], BLACK);
            for (int x = 1; x < width; x++) {
                pixels[x] = add(pixels[x], pixels[x - 1]);
            }
            int columns = EntropyImage.tiles(width, tileBits);
            for (int y = 1; y < height; y++) {
                int row = y * width;
                pixels[row] = add(pixels[row], pixels[row - width]);
                int tiles = (y >> tileBits) * columns;
                for (int x = 1; x < width; ) {
                    int mode = modes[tiles + (x >> tileBits)] >> 8 & 0xf;
                    int end = Math.min(width, ((x >> tileBits) + 1) << tileBits);
                    PixelPredictors.add(mode, pixels, row + x, row + end, width);
                    x = end;
                }
            }
            return pixels;
        }
    }

    /// Red and blue are reduced by multiples of green, and blue by one of red, in 32nds; each tile has its factors in blue, green and red
    /// (section 3.5.2).
    final class CrossColor implements LosslessTransform {
        private final int width;
        private final int tileBits;
        private final int[] factors;

        CrossColor(int width, int tileBits, int[] factors) {
            this.width = width;
            this.tileBits = tileBits;
            this.factors = factors;
        }

        @Override
        public int[] undo(int[] pixels, int height) {
            int columns = EntropyImage.tiles(width, tileBits);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int factor = factors[(y >> tileBits) * columns + (x >> tileBits)];
                    int pixel = pixels[y * width + x];
                    byte green = (byte) (pixel >> 8);
                    int red = (pixel >> 16) + (((byte) factor * green) >> 5) & 0xff;
                    int blue = pixel + (((byte) (factor >> 8) * green) >> 5) + (((byte) (factor >> 16) * (byte) red) >> 5) & 0xff;
                    pixels[y * width + x] = (pixel & 0xff00ff00) | red << 16 | blue;
                }
            }
            return pixels;
        }
    }

    /// Green is subtracted from red and blue (section 3.5.3).
    final class SubtractGreen implements LosslessTransform {
        @Override
        public int[] undo(int[] pixels, int height) {
            for (int i = 0; i < pixels.length; i++) {
                int green = pixels[i] >> 8 & 0xff;
                pixels[i] = (pixels[i] & 0xff00ff00) | ((pixels[i] & 0x00ff00ff) + (green << 16 | green) & 0x00ff00ff);
            }
            return pixels;
        }
    }

    /// Green is an index into a palette; of a palette of at most 16 colours several indices share a pixel (section 3.5.4).
    final class ColorIndexing implements LosslessTransform {
        private final int width;
        /// The logarithm of the indices a pixel holds: 0 to 3.
        private final int bundleBits;
        /// As many colours as an index of that size can name.
        private final int[] palette;

        /// @param width of the image, pixels
        /// @param differences the colours, each as the difference to the one before
        ColorIndexing(int width, int[] differences) {
            this.width = width;
            bundleBits = bundleBits(differences.length);
            palette = new int[1 << (8 >> bundleBits)];
            palette[0] = differences[0];
            for (int i = 1; i < differences.length; i++) {
                palette[i] = add(differences[i], palette[i - 1]);
            }
        }

        private static int bundleBits(int colors) {
            return colors > 16 ? 0 : colors > 4 ? 1 : colors > 2 ? 2 : 3;
        }

        /// The width of the image of indices.
        int codedWidth() {
            return EntropyImage.tiles(width, bundleBits);
        }

        @Override
        public int[] undo(int[] pixels, int height) {
            int[] out = bundleBits == 0 ? pixels : new int[Math.multiplyExact(width, height)];
            int codedWidth = codedWidth();
            int indexBits = 8 >> bundleBits;
            int mask = (1 << indexBits) - 1;
            int bundleMask = (1 << bundleBits) - 1;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int bundle = pixels[y * codedWidth + (x >> bundleBits)] >> 8 & 0xff;
                    out[y * width + x] = palette[bundle >> ((x & bundleMask) * indexBits) & mask];
                }
            }
            return out;
        }
    }

    /// The sum of two pixels, channel by channel.
    static int add(int a, int b) {
        int alphaAndGreen = (a & 0xff00ff00) + (b & 0xff00ff00);
        int redAndBlue = (a & 0x00ff00ff) + (b & 0x00ff00ff);
        return (alphaAndGreen & 0xff00ff00) | (redAndBlue & 0x00ff00ff);
    }
}
