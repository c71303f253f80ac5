package io.github.clip4j.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

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

    private static final int TAG = 0x0112;

    /// The orientation of an image file: JPEG, PNG, TIFF or WebP.
    static ExifOrientation of(byte[] file) {
        try {
            ByteBuffer exif = exif(ByteBuffer.wrap(file));
            int value = exif == null ? 1 : TiffTags.shortValue(exif, TAG, 1);
            return value >= 1 && value <= 8 ? values()[value - 1] : UPRIGHT;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return UPRIGHT;
        }
    }

    /// The EXIF data, which is a TIFF file in the file; or null.
    private static @Nullable ByteBuffer exif(ByteBuffer file) {
        if (file.limit() < 16) {
            return null;
        }
        if (TiffTags.isTiff(file)) {
            return file;
        }
        if (file.getShort(0) == (short) 0xFFD8) {
            for (int at = 2; at + 4 < file.limit() && file.get(at) == (byte) 0xFF && file.get(at + 1) != (byte) 0xDA; ) {
                int length = file.getShort(at + 2) & 0xffff;
                if (file.get(at + 1) == (byte) 0xE1 && text(file, at + 4, 6).equals("Exif\0\0")) {
                    return file.slice(at + 10, length - 8);
                }
                at += 2 + length;
            }
        } else if (file.getInt(0) == 0x89504E47) {
            for (long at = 8; at + 12 <= file.limit(); ) {
                int length = file.getInt((int) at);
                if (text(file, (int) at + 4, 4).equals("eXIf")) {
                    return file.slice((int) at + 8, length);
                }
                at += 12L + Math.max(0, length);
            }
        } else if (text(file, 0, 4).equals("RIFF") && text(file, 8, 4).equals("WEBP")) {
            for (long at = 12; at + 8 <= file.limit(); ) {
                int length = Integer.reverseBytes(file.getInt((int) at + 4));
                if (text(file, (int) at, 4).equals("EXIF")) {
                    ByteBuffer data = file.slice((int) at + 8, length);
                    return text(data, 0, 6).equals("Exif\0\0") ? data.slice(6, length - 6) : data;
                }
                at += 8L + Math.max(0, length) + (length & 1);
            }
        }
        return null;
    }

    private static String text(ByteBuffer file, int at, int length) {
        byte[] bytes = new byte[length];
        file.get(at, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
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
