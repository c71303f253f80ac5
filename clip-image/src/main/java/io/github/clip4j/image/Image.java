package io.github.clip4j.image;

import io.github.clip4j.core.Shape;
import java.awt.image.BufferedImage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A decoded image in the form its file has. Immutable.
///
/// The form matters because openai/CLIP and open_clip resize an image before they convert it to RGB, and Pillow resizes each form in its
/// own way.
public final class Image {
    /// The forms of images, by their names in Pillow.
    enum Mode {
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
        CMYK(4),
        /// `I`: an integer of 32 bits with sign, the most significant byte first.
        INT32(4),
        /// `F`: a floating point number of 32 bits, the most significant byte first.
        FLOAT32(4);

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

    /// Four bytes of an array as an integer, the most significant one first.
    static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private static final int[] NO_PALETTE = {};

    private final int width;
    private final int height;
    private final Mode mode;
    private final byte[] samples;
    private final int[] palette;
    private final String damage;

    /// Takes over `samples` and `palette` without copying them.
    ///
    /// @param palette of an image of [Mode#PALETTE]: 0xRRGGBB; indices beyond it are black
    Image(int width, int height, Mode mode, byte[] samples, int @Nullable [] palette) {
        this(width, height, mode, samples, palette, "");
    }

    private Image(int width, int height, Mode mode, byte[] samples, int @Nullable [] palette, String damage) {
        if (width < 1 || height < 1 || samples.length != (long) width * height * mode.bytes()) {
            throw new IllegalArgumentException("image of %d × %d: expected at least 1 × 1 and %d bytes, got %d"
                    .formatted(width, height, (long) width * height * mode.bytes(), samples.length));
        }
        this.width = width;
        this.height = height;
        this.mode = mode;
        this.samples = samples;
        this.palette = palette == null ? NO_PALETTE : palette;
        this.damage = damage;
    }

    /// {@return an image from its pixels}
    ///
    /// @param width pixels
    /// @param height pixels
    /// @param rgb `[height, width, 3]`, row by row from the top; copied
    /// @throws IllegalArgumentException when the number of bytes does not fit
    public static Image ofRgb(int width, int height, byte[] rgb) {
        Objects.requireNonNull(rgb, "rgb is null");
        return new Image(width, height, Mode.RGB, rgb.clone(), null);
    }

    /// {@return an image that something else has decoded, such as `ImageIO.read`; its pixels are copied} The levels are taken as they are,
    /// without converting by colour profiles, as [ImageFile] does: for a file that both read, both give the same image, unless
    /// `ImageIO.read` itself has converted it.
    ///
    /// A `BufferedImage` knows no EXIF orientation; [#upright(int)] turns it when the orientation is known.
    ///
    /// @param buffered only read
    /// @throws IllegalArgumentException when its samples are not integers, or its colours none of grey, RGB and CMYK
    public static Image of(BufferedImage buffered) {
        Objects.requireNonNull(buffered, "buffered is null");
        try {
            return Rasters.of(buffered, new Source("buffered image", ImageOptions.defaults()));
        } catch (ImageFormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /// {@return this image turned and mirrored so that it is upright, as Pillow's `ImageOps.exif_transpose` does}
    /// [ImageOptions#withUpright] does it while a file is read.
    ///
    /// @param exifOrientation the value of the EXIF tag "Orientation", 1 to 8; 1 changes nothing
    /// @throws IllegalArgumentException for another number
    public Image upright(int exifOrientation) {
        ExifOrientation[] orientations = ExifOrientation.values();
        if (exifOrientation < 1 || exifOrientation > orientations.length) {
            throw new IllegalArgumentException(
                    "EXIF orientation: expected 1 to %d, got %d".formatted(orientations.length, exifOrientation));
        }
        return orientations[exifOrientation - 1].apply(this);
    }

    /// {@return the width, pixels}
    public int width() {
        return width;
    }

    /// {@return the height, pixels}
    public int height() {
        return height;
    }

    Mode mode() {
        return mode;
    }

    /// {@return `[height, width, 3]`, the shape of [#toRgb()]}
    public Shape shape() {
        return Shape.of(height, width, CHANNELS);
    }

    /// {@return the pixels as RGB, `[height, width, 3]`, as a copy}
    public byte[] toRgb() {
        return mode == Mode.RGB ? samples.clone() : convertToRgb().samples;
    }

    /// {@return what is damaged in the file, when this image is only a part of what the file declares ([ImageOptions#withPartial]); the
    /// pixels that could not be decoded are black, or grey in JPEG}
    public Optional<String> damage() {
        return damage.isEmpty() ? Optional.empty() : Optional.of(damage);
    }

    /// This image as a part of what its file declares.
    Image withDamage(String what) {
        return new Image(width, height, mode, samples, palette, what);
    }

    /// The samples themselves, not a copy, for this package's loops: `[height, width, mode.bytes()]`.
    byte[] samples() {
        return samples;
    }

    /// An image of this one's mode and palette.
    Image like(int newWidth, int newHeight, byte[] newSamples) {
        return new Image(newWidth, newHeight, mode, newSamples, palette, damage);
    }

    /// Pillow's `convert("RGB")`: palettes looked up, grey repeated, transparency dropped, 16 and 32 bits and fractions cut to 0
    /// to 255 rather than scaled, inks subtracted from white without a colour profile (python-pillow/Pillow `Convert.c`).
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
                case INT32 -> Arrays.fill(rgb, to, to + CHANNELS, (byte) Math.clamp(word(from), 0, 255));
                case FLOAT32 -> Arrays.fill(rgb, to, to + CHANNELS, (byte) Math.clamp((int) Float.intBitsToFloat(word(from)), 0, 255));
                case CMYK -> {
                    int light = 255 - (samples[from + 3] & 0xff);
                    for (int c = 0; c < CHANNELS; c++) {
                        rgb[to + c] = (byte) Math.max(0, light - multiply(samples[from + c] & 0xff, light));
                    }
                }
            }
        }
        return new Image(width, height, Mode.RGB, rgb, null, damage);
    }

    /// The four bytes from `at` on.
    private int word(int at) {
        return (int) WORDS.get(samples, at);
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
