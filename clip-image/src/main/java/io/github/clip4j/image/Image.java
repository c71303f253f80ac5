package io.github.clip4j.image;

import io.github.clip4j.core.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A decoded picture in the form its file has. Immutable.
///
/// The form matters because openai/CLIP and open_clip resize a picture before they convert it to RGB, and Pillow resizes each form in its own way
/// ([Resize]).
public final class Image {
    /// The forms of pictures, by their names in Pillow.
    public enum Mode {
        /// `1`: black or white, a byte of 0 or 255 each.
        BILEVEL(1),
        /// `P`: an index into a palette of colours.
        PALETTE(1),
        /// `L`
        GREY(1),
        /// `I;16`: two bytes, the more significant one first.
        GREY16(2),
        /// `I;16B`, 16-bit grey of a big-endian TIFF: as [#GREY16], but Pillow resamples it with its bytes swapped.
        GREY16_BIG_ENDIAN(2),
        /// `LA`
        GREY_ALPHA(2),
        /// `RGB`
        RGB(3),
        /// `RGBA`
        RGBA(4),
        /// `CMYK`: 255 is full ink.
        CMYK(4);

        private final int bytes;

        Mode(int bytes) {
            this.bytes = bytes;
        }

        /// The bytes of a pixel.
        int bytes() {
            return bytes;
        }
    }

    /// Red, green, blue.
    static final int CHANNELS = 3;

    private static final int[] NO_PALETTE = {};

    private final int width;
    private final int height;
    private final Mode mode;
    private final byte[] samples;
    private final int[] palette;

    /// Takes over `samples` and `palette` without copying them.
    ///
    /// @param palette of a picture of [Mode#PALETTE]: 0xRRGGBB; indices beyond it are black
    Image(int width, int height, Mode mode, byte[] samples, int @Nullable [] palette) {
        if (width < 1 || height < 1 || samples.length != (long) width * height * mode.bytes()) {
            throw new IllegalArgumentException("image of %d × %d: expected at least 1 × 1 and %d bytes, got %d"
                    .formatted(width, height, (long) width * height * mode.bytes(), samples.length));
        }
        this.width = width;
        this.height = height;
        this.mode = mode;
        this.samples = samples;
        this.palette = palette == null ? NO_PALETTE : palette;
    }

    /// A picture from its pixels.
    ///
    /// @param rgb `[height, width, 3]`, row by row from the top; copied
    /// @throws IllegalArgumentException when the number of bytes does not fit
    public static Image ofRgb(int width, int height, byte[] rgb) {
        return new Image(width, height, Mode.RGB, rgb.clone(), null);
    }

    /// Pixels.
    public int width() {
        return width;
    }

    /// Pixels.
    public int height() {
        return height;
    }

    public Mode mode() {
        return mode;
    }

    /// `[height, width, 3]`, the shape of [#toRgb()].
    public Shape shape() {
        return Shape.of(height, width, CHANNELS);
    }

    /// The pixels as RGB, `[height, width, 3]`.
    public byte[] toRgb() {
        return mode == Mode.RGB ? samples.clone() : convertToRgb().samples;
    }

    /// The samples themselves, for this package's loops: `[height, width, mode.bytes()]`.
    byte[] samples() {
        return samples;
    }

    /// A picture of this one's mode and palette.
    Image like(int newWidth, int newHeight, byte[] newSamples) {
        return new Image(newWidth, newHeight, mode, newSamples, palette);
    }

    /// Pillow's `convert("RGB")`: palettes looked up, grey repeated, transparency dropped, 16 bits clipped rather than scaled, inks subtracted
    /// from white without a colour profile (python-pillow/Pillow `Convert.c`).
    Image convertToRgb() {
        if (mode == Mode.RGB) {
            return this;
        }
        int pixels = width * height;
        byte[] rgb = new byte[Math.multiplyExact(pixels, CHANNELS)];
        for (int i = 0; i < pixels; i++) {
            int from = i * mode.bytes();
            int to = i * CHANNELS;
            switch (mode) {
                case BILEVEL, GREY, GREY_ALPHA -> Arrays.fill(rgb, to, to + CHANNELS, samples[from]);
                case GREY16, GREY16_BIG_ENDIAN -> Arrays.fill(rgb, to, to + CHANNELS, samples[from] == 0 ? samples[from + 1] : (byte) 255);
                case RGB, RGBA -> System.arraycopy(samples, from, rgb, to, CHANNELS);
                case PALETTE -> {
                    int index = samples[from] & 0xff;
                    int color = index < palette.length ? palette[index] : 0;
                    rgb[to] = (byte) (color >> 16);
                    rgb[to + 1] = (byte) (color >> 8);
                    rgb[to + 2] = (byte) color;
                }
                case CMYK -> {
                    int light = 255 - (samples[from + 3] & 0xff);
                    for (int c = 0; c < CHANNELS; c++) {
                        rgb[to + c] = (byte) Math.max(0, light - multiply(samples[from + c] & 0xff, light));
                    }
                }
            }
        }
        return new Image(width, height, Mode.RGB, rgb, null);
    }

    /// a·b/255, rounded (Pillow's `MULDIV255`).
    static int multiply(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    @Override
    public String toString() {
        return "Image[" + width + " × " + height + " " + mode + "]";
    }
}
