package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// TIFF files: the first image, turned as its orientation says, as Pillow turns it when it loads it (python-pillow/Pillow
/// `TiffImagePlugin.py`, `TiffDecode.c`; libtiff for what is compressed).
final class TiffFile {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int COMPRESSION = 259;
    private static final int FILL_ORDER = 266;
    private static final int STRIP_OFFSETS = 273;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTES = 279;
    private static final int T4_OPTIONS = 292;
    private static final int PREDICTOR = 317;
    private static final int COLOR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int JPEG_TABLES = 347;
    private static final int WINDOWS_MEDIA = 0xbc01;

    private static final int RAW = 1;
    private static final int FAX_ROWS = 2;
    private static final int FAX_3 = 3;
    private static final int FAX_4 = 4;
    private static final int JPEG = 7;
    private static final int FLOAT = 3;
    private static final int SAMPLE_FORMAT = 339;
    /// A JPEG of each takes a decoder.
    private static final int MOST_JPEGS = 8192;

    private final byte[] bytes;
    private final TiffDirectory tags;
    private final Source source;
    private final int compression;
    private final int width;
    private final int height;
    private final TiffLayout layout;
    private final Unpacker unpacker;
    private final boolean tiled;
    /// Of a strip or tile, pixels.
    private final int blockWidth;
    private final int blockHeight;
    private final int across;
    private final int down;

    private TiffFile(byte[] bytes, TiffDirectory tags, Source source) throws ImageFormatException {
        this.bytes = tags.first(FILL_ORDER, 1) == 2 ? reversed(bytes) : bytes;
        this.tags = tags;
        this.source = source;
        if (!tags.has(WIDTH) || !tags.has(HEIGHT)) {
            throw source.refused("a TIFF file without a width or a height");
        }
        source.requirePixels(tags.first(WIDTH, 0), tags.first(HEIGHT, 0));
        width = (int) tags.first(WIDTH, 0);
        height = (int) tags.first(HEIGHT, 0);
        compression = Math.clamp(tags.first(COMPRESSION, RAW), 0, Integer.MAX_VALUE);
        requireKnown();
        layout = TiffLayout.of(tags, compression != RAW, compression == JPEG, source);
        unpacker = layout.unpacker();
        tiled = compression == RAW ? !tags.has(STRIP_OFFSETS) : tags.has(TILE_WIDTH);
        long blockRows = tags.first(tiled ? TILE_HEIGHT : ROWS_PER_STRIP, tiled ? 0 : height);
        long blockColumns = tiled ? tags.first(TILE_WIDTH, 0) : width;
        boolean large = tiled && blockColumns * Math.min(blockRows, height) > 2L * width * height + (1 << 20);
        if (blockRows < 1 || blockColumns < 1 || large) {
            throw source.refused("a TIFF file of %d × %d pixels in pieces of %,d × %,d", width, height, blockColumns, blockRows);
        }
        blockWidth = (int) blockColumns;
        blockHeight = (int) Math.min(blockRows, height);
        across = (width + blockWidth - 1) / blockWidth;
        down = (height + blockHeight - 1) / blockHeight;
        requireBlocks(blockRows);
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        TiffDirectory tags;
        try {
            tags = TiffDirectory.of(ByteBuffer.wrap(bytes));
        } catch (IndexOutOfBoundsException e) {
            throw new ImageFormatException("%s: a TIFF file that is cut short: its directory is not there".formatted(source), e);
        }
        Image image = new TiffFile(bytes, tags, source).decode();
        return ExifOrientation.of(bytes).apply(image);
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) (Integer.reverse(bytes[i]) >>> 24);
        }
        return out;
    }

    private void requireKnown() throws ImageFormatException {
        if (tags.has(WINDOWS_MEDIA)) {
            throw source.refused("a Windows Media Photo in TIFF's form; save it as PNG or JPEG");
        }
        String name = switch (compression) {
            case RAW, FAX_ROWS, FAX_3, FAX_4, JPEG, TiffCodec.LZW, TiffCodec.DEFLATE, TiffCodec.OLD_DEFLATE, TiffCodec.PACK_BITS -> "";
            case 6 -> "JPEG of the old kind";
            case 32809 -> "ThunderScan";
            case 34676, 34677 -> "SGI's LogLuv";
            case 34712 -> "JPEG 2000";
            case 34925 -> "LZMA";
            case 50000 -> "Zstandard";
            case 50001 -> "WebP";
            case 50002 -> "JPEG XL";
            default -> "an unknown kind";
        };
        if (!name.isEmpty()) {
            throw source.refused("a TIFF file with compression %,d, %s, which clip4j does not decode; save it with LZW or Deflate",
                    compression, name);
        }
    }

    /// The data must be there for all blocks, before memory is taken for the image.
    private void requireBlocks(long blockRows) throws ImageFormatException {
        int offsets = tiled ? TILE_OFFSETS : STRIP_OFFSETS;
        long blocks = (long) across * down * planes();
        if (tags.count(offsets) < blocks) {
            throw source.refused("a TIFF file of %d × %d pixels: expected %,d strips or tiles, got %,d",
                    width, height, blocks, tags.count(offsets));
        }
        boolean last = blockWidth == width && blockRows == height; // Pillow takes the last of several that are all the image
        if (compression == RAW) {
            if (tags.count(offsets) > blocks && !(last && !layout.planar())) {
                throw source.refused("a TIFF file of %d × %d pixels: expected %,d strips or tiles, got %,d",
                        width, height, blocks, tags.count(offsets));
            }
            return;
        }
        if (compression == JPEG && blocks > MOST_JPEGS) {
            throw source.refused("a TIFF file of %,d JPEG images: expected at most %,d", blocks, MOST_JPEGS);
        }
        if (tags.count(tiled ? TILE_BYTES : STRIP_BYTES) < blocks) {
            throw source.refused("a TIFF file without the sizes of its %,d strips or tiles", blocks);
        }
        long sum = 0;
        for (int i = 0; i < blocks; i++) {
            sum += blockBytes(i);
        }
        boolean fax = compression == FAX_ROWS || compression == FAX_3 || compression == FAX_4;
        long most = fax ? sum * 8 * width / 8 : compression == JPEG ? Long.MAX_VALUE : sum * TiffCodec.mostOfAByte(compression);
        long needed = (long) width * height * layout.samples() * layout.bits() / 8;
        if (most < needed) {
            throw source.refused("a TIFF file that is cut short: expected %,d bytes of pixels, got data for at most %,d", needed, most);
        }
    }

    private int planes() {
        return layout.planar() ? layout.samples() : 1;
    }

    private int blockStart(int block) throws ImageFormatException {
        int tag = tiled ? TILE_OFFSETS : STRIP_OFFSETS;
        boolean last = compression == RAW && across * down * planes() == 1;
        long start = tags.value(tag, last ? tags.count(tag) - 1 : block);
        if (start < 0 || start > bytes.length) {
            source.damaged("strip or tile %d starts at byte %,d of %,d".formatted(block, start, bytes.length));
            return bytes.length;
        }
        return (int) start;
    }

    private long blockBytes(int block) throws ImageFormatException {
        long size = tags.value(tiled ? TILE_BYTES : STRIP_BYTES, block);
        long start = tags.value(tiled ? TILE_OFFSETS : STRIP_OFFSETS, block);
        if (size < 0 || start < 0 || start + size > bytes.length) {
            throw source.refused("a TIFF file that is cut short: strip or tile %d has %,d bytes at %,d, the file %,d",
                    block, size, start, bytes.length);
        }
        return size;
    }

    private Image decode() throws ImageFormatException {
        int @Nullable [] palette = unpacker.mode() == Mode.PALETTE ? palette() : null;
        if (compression == RAW) {
            long rows = (long) unpacker.rowBytes(width) * Math.min(height, blockHeight);
            if (rows > bytes.length) {
                source.damaged("expected rows of %,d bytes, got a file of %,d".formatted(unpacker.rowBytes(width), bytes.length));
            }
        }
        byte[] samples = source.samples(width, height, unpacker.mode());
        int pixel = unpacker.mode().bytes();
        try (Blocks blocks = new Blocks()) {
            for (int i = 0; i < across * down * planes(); i++) {
                int plane = i / (across * down);
                int left = i % across * blockWidth;
                int top = i / across % down * blockHeight;
                int columns = Math.min(blockWidth, width - left);
                int rows = Math.min(blockHeight, height - top);
                blocks.read(i, rows);
                for (int y = 0; y < rows && blocks.has(y, columns); y++) {
                    int to = ((top + y) * width + left) * pixel + plane;
                    blocks.unpacker.row().unpack(blocks.data, blocks.start + y * blocks.rowBytes, samples, to, columns);
                }
            }
        }
        return new Image(width, height, unpacker.mode(), samples, palette);
    }

    /// All reds, greens and blues, 16 bits each, of which Pillow takes the higher 8.
    private int[] palette() throws ImageFormatException {
        int colors = tags.count(COLOR_MAP) / 3;
        if (colors < 1 || colors > 256) {
            throw source.refused("a TIFF file with a palette of %,d colours: expected 1 to 256", colors);
        }
        int[] palette = new int[colors];
        for (int i = 0; i < colors; i++) {
            for (int c = 0; c < 3; c++) {
                palette[i] = palette[i] << 8 | (int) (tags.value(COLOR_MAP, c * colors + i) >> 8 & 0xff);
            }
        }
        return palette;
    }

    /// Strips or tiles, one after the other.
    private final class Blocks implements AutoCloseable {
        private final TiffCodec codec = new TiffCodec(compression, source);
        private final int predictor = Math.clamp(tags.first(PREDICTOR, 1), 0, 9);
        private final Unpacker unpacker = layout.unpacker();
        private final int rowBytes = Math.toIntExact(
                ((long) blockWidth * layout.bits() * (layout.planar() ? 1 : layout.samples()) + 7) / 8);
        private byte[] data = {};
        private int start;

        /// Reads the first rows of a block.
        void read(int block, int rows) throws ImageFormatException {
            if (compression == RAW) {
                data = bytes;
                start = blockStart(block);
                return;
            }
            int from = blockStart(block);
            int to = from + (int) blockBytes(block);
            int size = Math.toIntExact((long) rowBytes * rows);
            if (compression == JPEG) {
                data = jpeg(from, to, rows);
                return;
            }
            if (data.length < size) {
                data = new byte[size];
            }
            switch (compression) {
                case FAX_ROWS, FAX_3, FAX_4 -> fax(from, to, rows, size);
                default -> {
                    codec.decode(bytes, from, to, data, size);
                    predict(rows);
                }
            }
        }

        /// Whether a row is there; without one the image is damaged.
        boolean has(int y, int columns) throws ImageFormatException {
            long end = start + (long) y * rowBytes + unpacker.rowBytes(columns);
            if (end > data.length) {
                source.damaged("expected a row of %,d bytes, got the end of the file".formatted(unpacker.rowBytes(columns)));
                return false;
            }
            return true;
        }

        private void fax(int from, int to, int rows, int size) throws ImageFormatException {
            if (layout.bits() != 1 || layout.samples() != 1) {
                throw source.refused("a TIFF file with fax codes for %d samples of %d bits: expected one of 1",
                        layout.samples(), layout.bits());
            }
            Arrays.fill(data, 0, size, (byte) 0);
            FaxDecoder fax = new FaxDecoder(bytes, from, to, blockWidth, source);
            switch (compression) {
                case FAX_4 -> fax.group4(data, rows);
                case FAX_3 -> fax.group3(data, rows, (tags.first(T4_OPTIONS, 0) & 1) != 0);
                default -> fax.runsByRow(data, rows);
            }
        }

        private void predict(int rows) throws ImageFormatException {
            if (predictor <= 1) {
                return;
            }
            int step = layout.planar() ? 1 : layout.samples();
            boolean floats = predictor == 3 && layout.bits() == 32 && tags.first(SAMPLE_FORMAT, 1) == FLOAT;
            boolean integers = predictor == 2 && layout.bits() % 8 == 0 && layout.bits() != 24;
            if ((!floats && !integers) || compression == TiffCodec.PACK_BITS) {
                throw source.refused("a TIFF file with predictor %d for samples of %d bits, which libtiff does not read",
                        predictor, layout.bits());
            }
            for (int y = 0; y < rows; y++) {
                if (floats) {
                    TiffCodec.sumFloats(data, y * rowBytes, rowBytes, step, tags.isBigEndian());
                } else {
                    TiffCodec.sum(data, y * rowBytes, rowBytes, layout.bits(), step, tags.isBigEndian());
                }
            }
        }

        /// A JPEG image whose tables may be those of the file (Adobe's technical note 2).
        private byte[] jpeg(int from, int to, int rows) throws ImageFormatException {
            boolean colors = tags.first(TiffLayout.PHOTOMETRIC, 0) == TiffLayout.YCBCR && !layout.planar();
            Image image = JpegFile.decodePart(bytes, from, to, tags.bytes(JPEG_TABLES), colors, source);
            int samples = layout.planar() ? 1 : layout.samples();
            if (layout.bits() != 8 || image.mode().bytes() != samples || image.width() != blockWidth || image.height() < rows) {
                throw source.refused("a TIFF file with a JPEG image of %d × %d pixels and %d components: expected %d × %d and %d of 8 bits",
                        image.width(), image.height(), image.mode().bytes(), blockWidth, rows, samples);
            }
            return image.samples();
        }

        @Override
        public void close() {
            codec.close();
        }
    }
}
