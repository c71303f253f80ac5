package io.github.clip4j.image.webp;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An entropy-coded image (RFC 9649, sections 3.6 and 3.7): pixels, as literals, as copies of earlier pixels (LZ77) or from a cache of
/// recent colours.
///
/// Each pixel is four symbols, green first, since the symbols of green's code go on behind the 256 levels: 24 say that pixels are copied
/// and how many, the rest are places of the cache. The image may be divided into square tiles, each with one of several groups of five
/// codes.
final class EntropyImage {
    private static final int LITERALS = 256;
    private static final int LENGTHS = 24;
    private static final int DISTANCES = 40;
    private static final int MAX_CACHE_BITS = 11;
    private static final int MIN_TILE_BITS = 2;
    private static final long MAX_COPY = 4096;

    /// The distances 1 to 120 are short ways in two dimensions (section 3.6.2.2): for each `(rows up) << 4 | 8 − columns to the left`.
    private static final byte[] NEIGHBOURS = {
        0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a, 0x26, 0x2a, 0x38, 0x05, 0x37, 0x39, 0x15, 0x1b, 0x36, 0x3a,
        0x25, 0x2b, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b, 0x46, 0x4a, 0x24, 0x2c, 0x58, 0x45, 0x4b, 0x34, 0x3c, 0x03,
        0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d, 0x44, 0x4c, 0x55, 0x5b, 0x33, 0x3d, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1e,
        0x66, 0x6a, 0x22, 0x2e, 0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b, 0x32, 0x3e, 0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f,
        0x64, 0x6c, 0x42, 0x4e, 0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b, 0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e, 0x00, 0x74, 0x7c, 0x41,
        0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d, 0x51, 0x5f, 0x40, 0x72, 0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70
    };

    /// The five codes of a tile.
    private record Codes(PrefixCode green, PrefixCode red, PrefixCode blue, PrefixCode alpha, PrefixCode distance) {
        static Codes read(LosslessBits bits, int greenSymbols) throws WebpException {
            PrefixCode green = PrefixCode.read(bits, greenSymbols);
            PrefixCode red = PrefixCode.read(bits, LITERALS);
            PrefixCode blue = PrefixCode.read(bits, LITERALS);
            PrefixCode alpha = PrefixCode.read(bits, LITERALS);
            return new Codes(green, red, blue, alpha, PrefixCode.read(bits, DISTANCES));
        }
    }

    private final LosslessBits bits;
    private final int width;
    private final int height;
    /// The colours of the cache, by a hash of [#cacheBits] bits; empty without one.
    private int[] cache = {};
    private int cacheBits;
    /// For each tile the number of its group of codes, and the logarithm of a tile's edge; without tiles null.
    private int @Nullable [] tiles;
    private int tileBits;
    private int tileColumns;
    private @Nullable Codes[] groups = {};

    private EntropyImage(LosslessBits bits, int width, int height) {
        this.bits = bits;
        this.width = width;
        this.height = height;
    }

    /// Reads an image.
    ///
    /// @param tiled whether it may have tiles: the image itself, but not the images that describe a transform or the tiles
    /// @return 0xAARRGGBB, row by row
    static int[] read(LosslessBits bits, int width, int height, boolean tiled) throws WebpException {
        EntropyImage image = new EntropyImage(bits, width, height);
        if (bits.flag()) {
            image.cacheBits = bits.read(4);
            if (image.cacheBits < 1 || image.cacheBits > MAX_CACHE_BITS) {
                throw new WebpException("VP8L: expected a colour cache of 1 to %d bits, got %d".formatted(MAX_CACHE_BITS, image.cacheBits));
            }
            image.cache = new int[1 << image.cacheBits];
        }
        image.readCodes(tiled);
        return image.pixels();
    }

    /// The number of tiles across `length` pixels.
    static int tiles(int length, int tileBits) {
        return (length + (1 << tileBits) - 1) >> tileBits;
    }

    private void readCodes(boolean tiled) throws WebpException {
        int count = 1;
        if (tiled && bits.flag()) {
            tileBits = MIN_TILE_BITS + bits.read(3);
            tileColumns = tiles(width, tileBits);
            int[] image = read(bits, tileColumns, tiles(height, tileBits), false);
            for (int i = 0; i < image.length; i++) {
                image[i] = image[i] >> 8 & 0xffff; // red and green
                count = Math.max(count, image[i] + 1);
            }
            tiles = image;
        }
        // Groups that no tile uses are read and dropped: a small file can declare 65,536.
        boolean[] used = new boolean[count];
        if (tiles == null) {
            used[0] = true;
        } else {
            for (int tile : tiles) {
                used[tile] = true;
            }
        }
        groups = new Codes[count];
        for (int i = 0; i < count; i++) {
            Codes codes = Codes.read(bits, LITERALS + LENGTHS + cache.length);
            if (used[i]) {
                groups[i] = codes;
            }
        }
    }

    /// Refuses an image with too little data for its pixels, before memory for them is taken. A symbol of green takes at least one bit
    /// unless its code has only that symbol, and gives at most 4,096 pixels, the longest copy.
    private void requireData() throws WebpException {
        boolean eachTakesBits = true;
        for (Codes codes : groups) {
            eachTakesBits &= codes == null || !codes.green().isConstant();
        }
        if (eachTakesBits && (long) width * height > MAX_COPY * bits.left()) {
            throw new WebpException("VP8L: the data is cut short: expected %d × %d pixels, got %d bits"
                    .formatted(width, height, bits.left()));
        }
    }

    private int[] pixels() throws WebpException {
        requireData();
        int[] pixels = new int[Math.multiplyExact(width, height)];
        int tileMask = tiles == null ? -1 : (1 << tileBits) - 1;
        int at = 0;
        int x = 0;
        int y = 0;
        Codes codes = group(0, 0);
        boolean moved = false;
        while (at < pixels.length) {
            if (moved || (x & tileMask) == 0) {
                codes = group(x, y);
                moved = false;
            }
            int symbol = codes.green().symbol(bits);
            int length = 1;
            if (symbol < LITERALS) {
                pixels[at] = symbol << 8 | codes.red().symbol(bits) << 16 | codes.blue().symbol(bits) | codes.alpha().symbol(bits) << 24;
            } else if (symbol < LITERALS + LENGTHS) {
                length = number(symbol - LITERALS);
                copy(pixels, at, length, distance(number(codes.distance().symbol(bits))));
                moved = true;
            } else {
                pixels[at] = cache[symbol - LITERALS - LENGTHS];
            }
            if (cache.length > 0) {
                remember(pixels, at, length);
            }
            at += length;
            x += length;
            while (x >= width) {
                x -= width;
                y++;
            }
        }
        return pixels;
    }

    private Codes group(int x, int y) {
        return Objects.requireNonNull(groups[tiles == null ? 0 : tiles[(y >> tileBits) * tileColumns + (x >> tileBits)]]);
    }

    /// A length or a distance: its symbol gives the highest two bits and how many follow (section 3.6.2.2).
    private int number(int symbol) throws WebpException {
        if (symbol < 4) {
            return symbol + 1;
        }
        int extra = (symbol - 2) >> 1;
        return ((2 + (symbol & 1)) << extra) + bits.read(extra) + 1;
    }

    private int distance(int code) {
        if (code > NEIGHBOURS.length) {
            return code - NEIGHBOURS.length;
        }
        int way = NEIGHBOURS[code - 1];
        return Math.max(1, (way >> 4) * width + 8 - (way & 0xf));
    }

    private void copy(int[] pixels, int at, int length, int distance) throws WebpException {
        if (distance > at || length > pixels.length - at) {
            throw new WebpException("VP8L: expected a copy within the image, got %,d pixels from %,d back at pixel %,d of %,d"
                    .formatted(length, distance, at, pixels.length));
        }
        if (distance == 1) {
            Arrays.fill(pixels, at, at + length, pixels[at - 1]);
        } else if (distance >= length) {
            System.arraycopy(pixels, at - distance, pixels, at, length);
        } else {
            for (int i = at; i < at + length; i++) {
                pixels[i] = pixels[i - distance]; // those just copied too
            }
        }
    }

    /// Section 3.6.2.3.
    private void remember(int[] pixels, int at, int length) {
        for (int i = at; i < at + length; i++) {
            cache[(pixels[i] * 0x1e35a7bd) >>> (32 - cacheBits)] = pixels[i];
        }
    }
}
