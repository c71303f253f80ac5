package io.github.clip4j.image;

/// How a camera was held, from a file's EXIF data: tag 0x0112 of the first directory (CIPA DC-008, "Orientation"), whose values 1 to 8 are
/// these constants in order. Damaged data counts as none.
enum ExifOrientation {
    UPRIGHT,
    MIRRORED,
    TURNED_180,
    FLIPPED,
    TRANSPOSED,
    TURNED_LEFT,
    TRANSVERSED,
    TURNED_RIGHT;

    /// The orientation of an image file: JPEG, PNG, TIFF or WebP. EXIF comes first, then XMP, as in Pillow (`Image.py`, `getexif`).
    static ExifOrientation of(byte[] file) {
        try {
            Metadata metadata = Metadata.of(file);
            int value = metadata.orientation();
            return value >= 1 && value <= 8 ? values()[value - 1] : UPRIGHT;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return UPRIGHT;
        }
    }

    /// The image as the photographer saw it (python-pillow/Pillow `ImageOps.py`, `exif_transpose`).
    Image apply(Image image) {
        if (this == UPRIGHT) {
            return image;
        }
        boolean swapped = switch (this) {
            case UPRIGHT, MIRRORED, TURNED_180, FLIPPED -> false;
            case TRANSPOSED, TURNED_LEFT, TRANSVERSED, TURNED_RIGHT -> true;
        };
        int width = swapped ? image.height() : image.width();
        int height = swapped ? image.width() : image.height();
        int bytes = image.mode().bytes();
        byte[] out = new byte[image.samples().length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int right = width - 1 - x;
                int up = height - 1 - y;
                int fromX = switch (this) {
                    case UPRIGHT, FLIPPED -> x;
                    case MIRRORED, TURNED_180 -> right;
                    case TRANSPOSED, TURNED_LEFT -> y;
                    case TRANSVERSED, TURNED_RIGHT -> up;
                };
                int fromY = switch (this) {
                    case UPRIGHT, MIRRORED -> y;
                    case TURNED_180, FLIPPED -> up;
                    case TRANSPOSED, TURNED_RIGHT -> x;
                    case TURNED_LEFT, TRANSVERSED -> right;
                };
                System.arraycopy(image.samples(), (fromY * image.width() + fromX) * bytes, out, (y * width + x) * bytes, bytes);
            }
        }
        return image.like(width, height, out);
    }
}
