package io.github.clip4j.image.webp;

/// The header of a VP8 key frame (RFC 6386, sections 9 and 19.2): all that holds for the whole image.
final class Vp8Header {
    static final int SEGMENTS = 4;
    private static final int FRAME_HEADER = 10;
    private static final int FIRST_PARTITION_BITS_PER_MACROBLOCK = 3;

    /// The ten bytes before the first partition (section 9.1). The upscaling that the two sizes may ask for is ignored, as everywhere.
    ///
    /// @param firstPartition bytes of the partition with the header and the modes
    record FrameTag(int width, int height, int firstPartition) {
        static FrameTag parse(byte[] data, int start, int end) throws WebpException {
            if (end - start < FRAME_HEADER) {
                throw new WebpException("VP8: expected a header of %d bytes, got %d".formatted(FRAME_HEADER, end - start));
            }
            int tag = (data[start] & 0xff) | u16(data, start + 1) << 8;
            int version = tag >> 1 & 7;
            boolean keyFrame = (tag & 1) == 0;
            boolean shown = (tag >> 4 & 1) == 1;
            boolean startCode = data[start + 3] == (byte) 0x9d && data[start + 4] == 0x01 && data[start + 5] == 0x2a;
            if (!keyFrame || !shown || !startCode || version > 3) {
                throw new WebpException("VP8: expected the start of a visible key frame of version 0 to 3, got the tag %#x".formatted(tag));
            }
            int width = u16(data, start + 6) & 0x3fff;
            int height = u16(data, start + 8) & 0x3fff;
            if (width == 0 || height == 0) {
                throw new WebpException("VP8: expected at least 1 × 1 pixels, got %d × %d".formatted(width, height));
            }
            return new FrameTag(width, height, tag >> 5);
        }

        /// The image's macroblocks of 16 × 16 pixels, across.
        int columns() {
            return (width + 15) / 16;
        }

        /// Down.
        int rows() {
            return (height + 15) / 16;
        }
    }

    /// How a segment's coefficients are multiplied: `Dc` the first of a block, `Ac` the others; `y2` is the block of the luma's DCs.
    record Quantizer(int yDc, int yAc, int y2Dc, int y2Ac, int uvDc, int uvAc) {}

    final FrameTag tag;

    /// The first partition, behind the header: the modes of the macroblocks.
    final BoolDecoder modes;
    /// The coefficients: row `r` of macroblocks is in partition `r mod partitions.length` (section 9.5).
    final BoolDecoder[] partitions;

    boolean segmented;
    private boolean segmentsAbsolute = true;
    private final int[] segmentQuantizers = new int[SEGMENTS];
    private final int[] segmentFilterLevels = new int[SEGMENTS];
    /// The probabilities of the tree of segment numbers (section 9.3); empty when all macroblocks are in segment 0.
    int[] segmentTree = {};

    boolean simpleFilter;
    int filterLevel;
    int sharpness;
    private boolean filterDeltas;
    /// What is added to the filter level of a key frame's macroblock, and to that of one predicted in subblocks (section 9.4).
    private int intraFrameDelta;
    private int subblocksDelta;

    final Quantizer[] quantizers = new Quantizer[SEGMENTS];

    /// `[type][position of the coefficient, 0 to 16][context][node]`: position 16 is behind the last, and only its address is needed.
    final int[][][][] coefficientProbabilities = new int[CoefficientTables.TYPES][17][][];
    /// The probability that a macroblock has coefficients, in 256ths; −1 when all have their coefficients coded (section 9.11).
    final int skipProbability;

    private Vp8Header(FrameTag tag, BoolDecoder bits, byte[] data, int start, int end) throws WebpException {
        this.tag = tag;
        modes = bits;
        bits.flag(); // the colour space
        bits.flag(); // whether samples need no clamping; libwebp clamps them in any case
        readSegments(bits);
        readFilter(bits);
        partitions = partitions(1 << bits.number(2), data, start, end);
        readQuantizers(bits);
        bits.flag(); // whether probabilities are kept for later frames
        readCoefficientProbabilities(bits);
        skipProbability = bits.flag() ? bits.number(8) : -1;
    }

    /// Reads the header of the frame in the bytes from `start` to `end`.
    static Vp8Header parse(byte[] data, int start, int end) throws WebpException {
        FrameTag tag = FrameTag.parse(data, start, end);
        int first = start + FRAME_HEADER;
        if (tag.firstPartition() > end - first) {
            throw new WebpException("VP8: the data is cut short: expected a first partition of %,d bytes, got %,d"
                    .formatted(tag.firstPartition(), end - first));
        }
        requireModes(tag);
        int second = first + tag.firstPartition();
        return new Vp8Header(tag, new BoolDecoder(data, first, second), data, second, end);
    }

    /// Refuses a frame whose first partition is too short for its macroblocks, before memory for them is taken.
    ///
    /// A macroblock takes at least 3.3 bits. Predicted as a whole, its luma mode is decoded in at least three bits of data whose cheapest
    /// values have the probabilities 111/256, 156/256 and 163/256, its chroma mode in one of 142/256 ([MacroblockModes]): 3.4 bits, or 3.3
    /// as the decoder rounds. Predicted in subblocks it takes 145/256, 142/256 and sixteen modes of at most 231/256: 4.0 bits, or 3.8.
    private static void requireModes(FrameTag tag) throws WebpException {
        long macroblocks = (long) tag.columns() * tag.rows();
        if (8L * tag.firstPartition() + 64 < FIRST_PARTITION_BITS_PER_MACROBLOCK * macroblocks) {
            throw new WebpException("VP8: the data is cut short: expected the modes of %,d macroblocks (%d × %d pixels), got %,d bytes"
                    .formatted(macroblocks, tag.width(), tag.height(), tag.firstPartition()));
        }
    }

    /// Section 9.3.
    private void readSegments(BoolDecoder bits) throws WebpException {
        segmented = bits.flag();
        if (!segmented) {
            return;
        }
        boolean map = bits.flag();
        if (bits.flag()) {
            segmentsAbsolute = bits.flag();
            for (int i = 0; i < SEGMENTS; i++) {
                segmentQuantizers[i] = bits.optionalNumber(7);
            }
            for (int i = 0; i < SEGMENTS; i++) {
                segmentFilterLevels[i] = bits.optionalNumber(6);
            }
        }
        if (map) {
            segmentTree = new int[SEGMENTS - 1];
            for (int i = 0; i < segmentTree.length; i++) {
                segmentTree[i] = bits.flag() ? bits.number(8) : 255;
            }
        }
    }

    /// Section 9.4. There are four deltas for the frame that is referred to and four for the mode; a key frame has one of each.
    private void readFilter(BoolDecoder bits) throws WebpException {
        simpleFilter = bits.flag();
        filterLevel = bits.number(6);
        sharpness = bits.number(3);
        filterDeltas = bits.flag();
        if (filterDeltas && bits.flag()) {
            int[] deltas = new int[8];
            for (int i = 0; i < deltas.length; i++) {
                deltas[i] = bits.optionalNumber(6);
            }
            intraFrameDelta = deltas[0];
            subblocksDelta = deltas[4];
        }
    }

    /// Section 9.5: the lengths of all partitions but the last, three bytes each, then the partitions. What goes beyond the data is cut
    /// off.
    private static BoolDecoder[] partitions(int count, byte[] data, int start, int end) throws WebpException {
        int at = start + 3 * (count - 1);
        if (at >= end) {
            throw new WebpException("VP8: the data is cut short: expected %d partitions in %d bytes".formatted(count, end - start));
        }
        BoolDecoder[] partitions = new BoolDecoder[count];
        for (int i = 0; i < count - 1; i++) {
            int length = u16(data, start + 3 * i) | (data[start + 3 * i + 2] & 0xff) << 16;
            int next = at + Math.min(length, end - at);
            partitions[i] = new BoolDecoder(data, at, next);
            at = next;
        }
        if (at >= end) {
            throw new WebpException("VP8: the data is cut short: the last of %d partitions is empty".formatted(count));
        }
        partitions[count - 1] = new BoolDecoder(data, at, end);
        return partitions;
    }

    /// Section 9.6, with the tables of section 14.1.
    private void readQuantizers(BoolDecoder bits) throws WebpException {
        int base = bits.number(7);
        int yDc = bits.optionalNumber(4);
        int y2Dc = bits.optionalNumber(4);
        int y2Ac = bits.optionalNumber(4);
        int uvDc = bits.optionalNumber(4);
        int uvAc = bits.optionalNumber(4);
        for (int i = 0; i < SEGMENTS; i++) {
            int q = !segmented ? base : segmentsAbsolute ? segmentQuantizers[i] : base + segmentQuantizers[i];
            quantizers[i] = new Quantizer(
                    QuantizerTables.dc(q + yDc), QuantizerTables.ac(q),
                    2 * QuantizerTables.dc(q + y2Dc), Math.max(8, QuantizerTables.ac(q + y2Ac) * 155 / 100),
                    QuantizerTables.dc(Math.min(q + uvDc, 117)), QuantizerTables.ac(q + uvAc));
        }
    }

    /// Sections 9.9 and 13.4. Neighbouring positions share a band of probabilities (section 13.3).
    private void readCoefficientProbabilities(BoolDecoder bits) throws WebpException {
        int[] bandOfPosition = {0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0};
        int i = 0;
        for (int type = 0; type < CoefficientTables.TYPES; type++) {
            int[][][] bands = new int[CoefficientTables.BANDS][CoefficientTables.CONTEXTS][CoefficientTables.NODES];
            for (int[][] band : bands) {
                for (int[] context : band) {
                    for (int node = 0; node < context.length; node++, i++) {
                        context[node] = bits.bit(CoefficientTables.UPDATES[i]) == 1 ? bits.number(8) : CoefficientTables.DEFAULTS[i];
                    }
                }
            }
            for (int position = 0; position < bandOfPosition.length; position++) {
                coefficientProbabilities[type][position] = bands[bandOfPosition[position]];
            }
        }
    }

    /// The level of the loop filter, 0 to 63 (sections 9.3 and 9.4).
    int filterLevel(int segment, boolean subblocks) {
        int level = !segmented ? filterLevel : segmentsAbsolute ? segmentFilterLevels[segment] : filterLevel + segmentFilterLevels[segment];
        if (filterDeltas) {
            level += intraFrameDelta + (subblocks ? subblocksDelta : 0);
        }
        return Math.clamp(level, 0, 63);
    }

    private static int u16(byte[] data, int at) {
        return (data[at] & 0xff) | (data[at + 1] & 0xff) << 8;
    }
}
