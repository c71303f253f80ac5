package io.github.clip4j.image;

import io.github.clip4j.core.Shape;

/// An RGB picture of 8 bits a channel. Immutable.
public final class Image {
    /// Red, green, blue.
    static final int CHANNELS = 3;

    private final int width;
    private final int height;
    private final byte[] rgb;

    /// Takes over `rgb` without copying it.
    Image(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != (long) width * height * CHANNELS) {
            throw new IllegalArgumentException("image of %d × %d: expected at least 1 × 1 and %d bytes, got %d"
                    .formatted(width, height, (long) width * height * CHANNELS, rgb.length));
        }
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /// A picture from its pixels.
    ///
    /// @param rgb `[height, width, 3]`, row by row from the top; copied
    /// @throws IllegalArgumentException when the number of bytes does not fit
    public static Image ofRgb(int width, int height, byte[] rgb) {
        return new Image(width, height, rgb.clone());
    }

    /// Pixels.
    public int width() {
        return width;
    }

    /// Pixels.
    public int height() {
        return height;
    }

    /// `[height, width, 3]`
    public Shape shape() {
        return Shape.of(height, width, CHANNELS);
    }

    /// The pixels, `[height, width, 3]`, as a copy.
    public byte[] toRgb() {
        return rgb.clone();
    }

    /// The pixels themselves, for this package's loops.
    byte[] rgb() {
        return rgb;
    }

    @Override
    public String toString() {
        return "Image[" + width + " × " + height + "]";
    }
}
