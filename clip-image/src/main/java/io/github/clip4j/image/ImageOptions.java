package io.github.clip4j.image;

import java.util.Objects;

/// How [ImageFile] reads an image. Immutable.
///
/// ```java
/// ImageOptions upload = ImageOptions.defaults().withUpright(true).withMaxPixels(20_000_000);
/// Image image = ImageFile.read(bytes, "upload.jpg", upload);
/// ```
public final class ImageOptions {
    private static final ImageOptions DEFAULTS = new ImageOptions(false, ImageFile.MAX_PIXELS, false);

    private final boolean upright;
    private final long maxPixels;
    private final boolean partial;

    private ImageOptions(boolean upright, long maxPixels, boolean partial) {
        this.upright = upright;
        this.maxPixels = maxPixels;
        this.partial = partial;
    }

    /// {@return options for what the reference implementations do: EXIF orientation ignored, at most [ImageFile#MAX_PIXELS], and
    /// damaged files refused}
    public static ImageOptions defaults() {
        return DEFAULTS;
    }

    /// Whether an image is turned as its EXIF orientation says, as Pillow's `ImageOps.exif_transpose` and Hugging Face's pipelines do. The
    /// preprocessing of the reference implementations does not.
    ///
    /// @param upright true: it is turned
    /// @return options with that
    public ImageOptions withUpright(boolean upright) {
        return new ImageOptions(upright, maxPixels, partial);
    }

    /// The largest image that is decoded, width times height. The limit is checked against the file's header, before memory is taken for
    /// pixels: a file of a few kilobytes can declare an image that fills any memory.
    ///
    /// @param maxPixels 1 to [ImageFile#MAX_PIXELS]
    /// @return options with that limit
    /// @throws IllegalArgumentException for another number
    public ImageOptions withMaxPixels(long maxPixels) {
        if (maxPixels < 1 || maxPixels > ImageFile.MAX_PIXELS) {
            throw new IllegalArgumentException("maxPixels: expected 1 to %,d, got %,d".formatted(ImageFile.MAX_PIXELS, maxPixels));
        }
        return new ImageOptions(upright, maxPixels, partial);
    }

    /// Whether an image that is cut short or damaged is read as far as its data go, as Pillow does with `LOAD_TRUNCATED_IMAGES`. Such an
    /// image has a [Image#damage]. Its header must be whole. Without this it is refused.
    ///
    /// BMP, GIF, ICO, JPEG, Netpbm, PCX, PNG, SGI, TGA and uncompressed TIFF files are read in part; the others never, as with Pillow.
    ///
    /// @param partial true: it is read in part
    /// @return options with that
    public ImageOptions withPartial(boolean partial) {
        return new ImageOptions(upright, maxPixels, partial);
    }

    /// {@return whether an image is turned as its EXIF orientation says}
    public boolean upright() {
        return upright;
    }

    /// {@return the largest image that is decoded, in pixels}
    public long maxPixels() {
        return maxPixels;
    }

    /// {@return whether an image that is cut short or damaged is read as far as its data go}
    public boolean partial() {
        return partial;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageOptions options && upright == options.upright && maxPixels == options.maxPixels
                && partial == options.partial;
    }

    @Override
    public int hashCode() {
        return Objects.hash(upright, maxPixels, partial);
    }

    @Override
    public String toString() {
        return "ImageOptions[upright=%s, maxPixels=%,d, partial=%s]".formatted(upright, maxPixels, partial);
    }
}
