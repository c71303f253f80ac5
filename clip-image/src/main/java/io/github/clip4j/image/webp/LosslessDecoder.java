package io.github.clip4j.image.webp;

import java.util.ArrayList;
import java.util.List;

/// A lossless image (VP8L; RFC 9649, section 3): a header, up to four transforms, and an entropy-coded image to which they are undone in
/// reverse.
final class LosslessDecoder {
    private static final int HEADER_BYTES = 5;
    private static final byte SIGNATURE = 0x2f;
    private static final int MIN_TILE_BITS = 2;

    private LosslessDecoder() {}

    /// The first five bytes (section 3.4).
    ///
    /// @param hasAlpha a hint; the pixels have their alpha in any case
    record Header(int width, int height, boolean hasAlpha) {
        static Header parse(byte[] data, int start, int end) throws WebpException {
            if (end - start < HEADER_BYTES || data[start] != SIGNATURE) {
                throw new WebpException("VP8L: expected %d bytes that start with %#x".formatted(HEADER_BYTES, SIGNATURE));
            }
            LosslessBits bits = new LosslessBits(data, start + 1, end);
            int width = 1 + bits.read(14);
            int height = 1 + bits.read(14);
            boolean hasAlpha = bits.flag();
            int version = bits.read(3);
            if (version != 0) {
                throw new WebpException("VP8L: expected version 0, got %d".formatted(version));
            }
            return new Header(width, height, hasAlpha);
        }
    }

    /// Decodes the image in the bytes from `start` to `end`.
    ///
    /// @return 0xAARRGGBB, row by row
    static int[] decode(byte[] data, int start, int end) throws WebpException {
        Header header = Header.parse(data, start, end);
        LosslessBits bits = new LosslessBits(data, start, end);
        for (int i = 0; i < HEADER_BYTES; i++) {
            bits.read(8);
        }
        return decode(bits, header.width(), header.height());
    }

    /// Decodes an image without a header, as an alpha plane is.
    static int[] decode(LosslessBits bits, int width, int height) throws WebpException {
        List<LosslessTransform> transforms = new ArrayList<>();
        int codedWidth = width;
        int seen = 0;
        while (bits.flag()) {
            int type = bits.read(2);
            if ((seen >> type & 1) == 1) {
                throw new WebpException("VP8L: expected each transform once, got transform %d twice".formatted(type));
            }
            seen |= 1 << type;
            LosslessTransform transform = transform(type, bits, codedWidth, height);
            transforms.add(transform);
            if (transform instanceof LosslessTransform.ColorIndexing indexing) {
                codedWidth = indexing.codedWidth();
            }
        }
        int[] pixels = EntropyImage.read(bits, codedWidth, height, true);
        for (LosslessTransform transform : transforms.reversed()) {
            pixels = transform.undo(pixels, height);
        }
        return pixels;
    }

    private static LosslessTransform transform(int type, LosslessBits bits, int width, int height) throws WebpException {
        return switch (type) {
            case 0 -> {
                int tileBits = MIN_TILE_BITS + bits.read(3);
                yield new LosslessTransform.Predictor(width, tileBits, tileImage(bits, width, height, tileBits));
            }
            case 1 -> {
                int tileBits = MIN_TILE_BITS + bits.read(3);
                yield new LosslessTransform.CrossColor(width, tileBits, tileImage(bits, width, height, tileBits));
            }
            case 2 -> new LosslessTransform.SubtractGreen();
            default -> new LosslessTransform.ColorIndexing(width, EntropyImage.read(bits, 1 + bits.read(8), 1, false));
        };
    }

    private static int[] tileImage(LosslessBits bits, int width, int height, int tileBits) throws WebpException {
        return EntropyImage.read(bits, EntropyImage.tiles(width, tileBits), EntropyImage.tiles(height, tileBits), false);
    }
}
