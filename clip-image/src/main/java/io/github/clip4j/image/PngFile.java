package io.github.clip4j.image;

/// PNG files (W3C, "Portable Network Graphics", third edition), as Pillow reads them: the first image, without colour management (python-
/// pillow/Pillow `PngImagePlugin.py`, `ZipDecode.c`).
///
/// Checksums are those that Pillow looks at: of the chunks before the image. Texts and profiles are not unpacked, however large they say
/// that they are.
final class PngFile {
    private static final byte[] MAGIC = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    /// Deflate makes at most 1,032 bytes of one.
    private static final long MOST_OF_A_BYTE = 1032;

    private final Source source;
    private final Unpacker unpacker;
    private final boolean interlaced;
    private final int width;
    private final int height;
    private final byte[] samples;
    /// Where the image lies on its canvas: the first frame of an animation may be smaller.
    private final int left;
    private final int top;
    private final int canvasWidth;

    private PngFile(PngChunks chunks, Source source) throws ImageFormatException {
        this.source = source;
        this.unpacker = chunks.unpacker;
        this.interlaced = chunks.interlaced;
        this.canvasWidth = chunks.width;
        this.left = chunks.frame == null ? 0 : chunks.frame.left();
        this.top = chunks.frame == null ? 0 : chunks.frame.top();
        this.width = chunks.frame == null ? chunks.width : chunks.frame.width();
        this.height = chunks.frame == null ? chunks.height : chunks.frame.height();
        requireData(chunks);
        this.samples = source.samples(chunks.width, chunks.height, unpacker.mode());
    }

    static boolean isPng(byte[] bytes, int at) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (at + i >= bytes.length || bytes[at + i] != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    /// The image that starts at byte `at` of a file.
    static Image decode(byte[] bytes, int at, Source source) throws ImageFormatException {
        PngChunks chunks = new PngChunks(bytes, at + MAGIC.length, source);
        PngFile file = new PngFile(chunks, source);
        file.decode(chunks);
        return new Image(chunks.width, chunks.height, file.unpacker.mode(), file.samples, chunks.palette);
    }

    /// The size of the image is checked against the size of its data, before memory is taken for it.
    private void requireData(PngChunks chunks) throws ImageFormatException {
        long needed = (long) width * height * unpacker.bits() / 8;
        long most = MOST_OF_A_BYTE * chunks.dataBytes();
        if (most < needed) {
            source.damaged("expected %,d bytes of image, got data for at most %,d".formatted(needed, most));
        }
    }

    /// The seven passes of an interlaced image: where each starts, and its steps (W3C, section 8).
    private static final int[][] PASSES = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private void decode(PngChunks chunks) throws ImageFormatException {
        try (PngData data = new PngData(chunks)) {
            boolean whole = interlaced ? interlaced(data) : pass(data, 0, 0, 1, 1);
            if (!whole && !data.finished()) { // an image whose data end as they should may be too short
                source.damaged(data.end());
            }
        }
    }

    private boolean interlaced(PngData data) throws ImageFormatException {
        for (int[] pass : PASSES) {
            if (pass[0] < width && pass[1] < height && !pass(data, pass[0], pass[1], pass[2], pass[3])) {
                return false;
            }
        }
        return true;
    }

    /// Every `stepX`-th pixel of every `stepY`-th row. Returns whether all are there.
    private boolean pass(PngData data, int startX, int startY, int stepX, int stepY) throws ImageFormatException {
        int pixels = (width - startX + stepX - 1) / stepX;
        int size = unpacker.mode().bytes();
        int length = unpacker.rowBytes(pixels);
        int pixelBytes = (unpacker.bits() + 7) / 8;
        byte[] row = new byte[1 + length];
        byte[] previous = new byte[1 + length];
        byte[] unpacked = stepX == 1 ? new byte[0] : new byte[pixels * size];
        for (int y = startY; y < height; y += stepY) {
            if (data.read(row, 1 + length) < 1 + length) {
                return false;
            }
            if (!undo(row, previous, pixelBytes)) {
                source.damaged("a row has the filter %d, expected 0 to 4".formatted(row[0]));
                return false;
            }
            int to = ((top + y) * canvasWidth + left + startX) * size;
            if (stepX == 1) {
                unpacker.row().unpack(row, 1, samples, to, pixels);
            } else {
                unpacker.row().unpack(row, 1, unpacked, 0, pixels);
                for (int x = 0; x < pixels; x++) {
                    System.arraycopy(unpacked, x * size, samples, to + x * stepX * size, size);
                }
            }
            byte[] swap = previous;
            previous = row;
            row = swap;
        }
        return true;
    }

    /// Undoes the filter of a row (W3C, section 9). The first byte says which one.
    private static boolean undo(byte[] row, byte[] previous, int pixelBytes) {
        int length = row.length;
        switch (row[0]) {
            case 0 -> {
                // as it is
            }
            case 1 -> {
                for (int i = pixelBytes + 1; i < length; i++) {
                    row[i] += row[i - pixelBytes];
                }
            }
            case 2 -> {
                for (int i = 1; i < length; i++) {
                    row[i] += previous[i];
                }
            }
            case 3 -> {
                for (int i = 1; i < length; i++) {
                    int before = i > pixelBytes ? row[i - pixelBytes] & 0xff : 0;
                    row[i] += (byte) ((before + (previous[i] & 0xff)) / 2);
                }
            }
            case 4 -> {
                for (int i = 1; i < Math.min(length, pixelBytes + 1); i++) {
                    row[i] += previous[i];
                }
                for (int i = pixelBytes + 1; i < length; i++) {
                    row[i] += (byte) paeth(row[i - pixelBytes] & 0xff, previous[i] & 0xff, previous[i - pixelBytes] & 0xff);
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static int paeth(int before, int above, int corner) {
        int toBefore = Math.abs(above - corner);
        int toAbove = Math.abs(before - corner);
        int toCorner = Math.abs(before + above - 2 * corner);
        return toBefore <= toAbove && toBefore <= toCorner ? before : toAbove <= toCorner ? above : corner;
    }
}
