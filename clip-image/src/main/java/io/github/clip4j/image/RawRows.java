package io.github.clip4j.image;

/// Rows of pixels that lie in a file as they are (python-pillow/Pillow `RawDecode.c`).
final class RawRows {
    private RawRows() {}

    /// Unpacks rows into an image.
    ///
    /// @param at where the first row starts in the file
    /// @param stride from one row to the next, bytes; at least what a row takes
    /// @param bottomUp whether the first row is the lowest
    /// @throws ImageFormatException when rows are missing and a part of the image is not enough
    static void read(
            byte[] file, long at, int stride, Unpacker unpacker, byte[] samples, int width, int height, boolean bottomUp, Source source)
            throws ImageFormatException {
        int rowBytes = unpacker.rowBytes(width);
        int size = width * unpacker.mode().bytes();
        for (int row = 0; row < height; row++) {
            long from = at + (long) row * stride;
            if (from < 0 || from + rowBytes > file.length) {
                source.damaged("expected %d rows of %,d bytes, got %d".formatted(height, rowBytes, row));
                return;
            }
            unpacker.row().unpack(file, (int) from, samples, (bottomUp ? height - 1 - row : row) * size, width);
        }
    }

    /// Checks that the file can hold the rows, before memory is taken for them.
    ///
    /// @throws ImageFormatException when it cannot and a part of the image is not enough
    static void require(byte[] file, long at, long stride, int height, Source source) throws ImageFormatException {
        if (at + stride * (height - 1L) > file.length) {
            source.damaged("expected %d rows of %,d bytes from byte %,d on, got a file of %,d bytes"
                    .formatted(height, stride, at, file.length));
        }
    }
}
