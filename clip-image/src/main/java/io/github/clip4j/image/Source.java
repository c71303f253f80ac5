package io.github.clip4j.image;

import java.util.ArrayList;
import java.util.List;

/// What is being decoded: its name in messages, how large it may be, and whether a part of it is enough.
///
/// @param name usually the file's
/// @param maxPixels width times height, at most [ImageFile#MAX_PIXELS]
/// @param partial whether an image whose data end early is read as far as they go
/// @param damages what was found damaged in an image that is read in part
record Source(String name, long maxPixels, boolean partial, List<String> damages) {
    Source(String name, ImageOptions options) {
        this(name, options.maxPixels(), options.partial(), new ArrayList<>());
    }

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

    /// An array for an image whose size has been checked.
    ///
    /// @throws ImageFormatException when an array cannot be so long
    byte[] samples(int width, int height, Image.Mode mode) throws ImageFormatException {
        long bytes = (long) width * height * mode.bytes();
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new ImageFormatException("%s: expected at most 2 GiB of pixels, got %d × %d of %d bytes"
                    .formatted(name, width, height, mode.bytes()));
        }
        return new byte[(int) bytes];
    }

    /// The image's data end early or are wrong from some place on. Returns when a part of the image is enough.
    ///
    /// @param what was expected, and what was found
    void damaged(String what) throws ImageFormatException {
        if (!partial) {
            throw new ImageFormatException("%s: the image is damaged or cut short: %s".formatted(name, what));
        }
        if (damages.isEmpty()) {
            damages.add(what);
        }
    }

    /// The file cannot be decoded.
    @SuppressWarnings("AnnotateFormatMethod") // no annotations of Error Prone here
    ImageFormatException refused(String message, Object... arguments) {
        return new ImageFormatException(name + ": " + message.formatted(arguments));
    }

    /// The name, as it stands before the colon of a message.
    @Override
    public String toString() {
        return name;
    }
}
