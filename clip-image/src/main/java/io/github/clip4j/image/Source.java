package io.github.clip4j.image;

/// What is being decoded: its name in messages, and how large it may be.
///
/// @param name usually the file's
/// @param maxPixels width times height, at most [ImageFile#MAX_PIXELS]
record Source(String name, long maxPixels) {
    /// Checks the size that a header declares, before memory is taken for it.
    ///
    /// @throws ImageFormatException when there are no pixels or too many
    void requirePixels(long width, long height) throws ImageFormatException {
        if (width < 1 || height < 1) {
            throw new ImageFormatException("%s: expected at least 1 × 1 pixels, got %d × %d".formatted(name, width, height));
        }
        if (width > maxPixels || height > maxPixels || width * height > maxPixels) {
            throw new ImageFormatException("%s: expected at most %,d pixels, got %d × %d".formatted(name, maxPixels, width, height));
        }
    }

    /// The name, as it stands before the colon of a message.
    @Override
    public String toString() {
        return name;
    }
}
