package io.github.clip4j.image;

/// How [ImageFile] reads an image. Immutable.
///
/// ```java
/// ImageOptions upload = ImageOptions.defaults().withUpright(true).withMaxPixels(20_000_000);
/// Image image = ImageFile.read(bytes, "upload.jpg", upload);
/// ```
public final class ImageOptions {
    private static final ImageOptions DEFAULTS = new ImageOptions(false, ImageFile.MAX_PIXELS);

    private final boolean upright;
    private final long maxPixels;

    private ImageOptions(boolean upright, long maxPixels) {
        this.upright = upright;
        this.maxPixels = maxPixels;
    }

    /// {@return options for what the reference implementations do: EXIF orientation ignored, and at most [ImageFile#MAX_PIXELS]}
    public static ImageOptions defaults() {
        return DEFAULTS;
    }

    /// Whether an image is turned as its EXIF orientation says, as Pillow's `ImageOps.exif_transpose` and Hugging Face's pipelines do. The
    /// preprocessing of the reference implementations does not.
    ///
    /// @param upright true: it is turned
    /// @return options with that
    public ImageOptions withUpright(boolean upright) {
        return new ImageOptions(upright, maxPixels);
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
        return new ImageOptions(upright, maxPixels);
    }

    /// {@return whether an image is turned as its EXIF orientation says}
    public boolean upright() {
        return upright;
    }

    /// {@return the largest image that is decoded, in pixels}
    public long maxPixels() {
        return maxPixels;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageOptions options && upright == options.upright && maxPixels == options.maxPixels;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(maxPixels) + Boolean.hashCode(upright);
    }

    @Override
    public String toString() {
        return "ImageOptions[upright=%s, maxPixels=%,d]".formatted(upright, maxPixels);
    }
}
