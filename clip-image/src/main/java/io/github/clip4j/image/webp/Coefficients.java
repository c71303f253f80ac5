package io.github.clip4j.image.webp;

import java.util.Arrays;

/// The coefficients of a macroblock (RFC 6386, section 13): 16 luma blocks, 4 blocks of each chroma, and for a luma predicted as a whole a
/// block `Y2` of the DCs of the sixteen, which are transformed once more.
///
/// A block is a list of tokens: a zero, a value, or the end. The probabilities of a token depend on the kind of block, on its position, and
/// on what came before: at the first position on whether the blocks above and to the left had any coefficients, then on the size of the
/// last value.
final class Coefficients {
    /// Kinds of blocks, by their place in [Vp8Header#coefficientProbabilities].
    private static final int LUMA_WITHOUT_DC = 0;
    private static final int Y2 = 1;
    private static final int CHROMA = 2;
    private static final int LUMA = 3;

    static final int BLOCKS = 24;

    /// The blocks of a plane: the number of the first, how many are in a row, and the first of their flags.
    private record Blocks(int first, int edge, int flag) {}

    private static final Blocks Y = new Blocks(0, 4, 0);
    private static final Blocks U = new Blocks(16, 2, 4);
    private static final Blocks V = new Blocks(20, 2, 6);

    /// What a block holds: nothing, a DC alone, or more.
    static final byte NONE = 0;
    static final byte DC_ONLY = 1;
    static final byte FULL = 2;

    /// The order in which coefficients are coded (section 13, `zigzag`).
    private static final int[] ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};

    /// The probabilities of the extra bits of large values, which begin at 11, 19, 35 and 67 (section 13.2, `Pcat3` to `Pcat6`).
    private static final int[][] EXTRA_BITS = {
        {173, 148, 140}, {176, 155, 140, 135}, {180, 157, 141, 134, 130}, {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}
    };

    /// A column of blocks remembers whether its last block had coefficients: 4 of luma, 2 of each chroma, 1 of Y2. A row likewise.
    private static final int FLAGS = 9;
    private static final int FLAG_Y2 = 8;

    private final int[][][][] probabilities;
    private final Vp8Header.Quantizer[] quantizers;
    private final byte[] above;
    private final byte[] left = new byte[FLAGS];

    /// The current macroblock's coefficients, multiplied by the quantizer, `[24 blocks][4 × 4]`: luma row by row, then U, then V.
    final short[] values = new short[BLOCKS * 16];
    /// What each of the blocks holds.
    final byte[] content = new byte[BLOCKS];

    private final short[] y2 = new short[16];

    Coefficients(Vp8Header header) {
        probabilities = header.coefficientProbabilities;
        quantizers = header.quantizers;
        above = new byte[FLAGS * header.tag.columns()];
    }

    /// To be called before the first macroblock of a row.
    void startRow() {
        Arrays.fill(left, (byte) 0);
    }

    /// A macroblock without coefficients.
    void skip(MacroblockModes modes, int column) {
        Arrays.fill(content, NONE);
        int flags = modes.subblocks ? FLAG_Y2 : FLAGS; // one without Y2 keeps the flag of the last that had it
        Arrays.fill(above, column * FLAGS, column * FLAGS + flags, (byte) 0);
        Arrays.fill(left, 0, flags, (byte) 0);
    }

    /// Reads the coefficients of a macroblock.
    ///
    /// @return whether there are any
    boolean read(BoolDecoder bits, MacroblockModes modes, int column) throws WebpException {
        Vp8Header.Quantizer quantizer = quantizers[modes.segment];
        int top = column * FLAGS;
        Arrays.fill(values, (short) 0);
        int type = LUMA;
        int first = 0;
        if (!modes.subblocks) {
            Arrays.fill(y2, (short) 0);
            int count = block(bits, probabilities[Y2], above[top + FLAG_Y2] + left[FLAG_Y2], 0, quantizer.y2Dc(), quantizer.y2Ac(), y2, 0);
            byte any = (byte) (count > 0 ? 1 : 0);
            above[top + FLAG_Y2] = any;
            left[FLAG_Y2] = any;
            InverseTransform.walshHadamard(y2, values);
            type = LUMA_WITHOUT_DC;
            first = 1;
        }
        boolean found = read(bits, Y, type, first, quantizer.yDc(), quantizer.yAc(), top);
        found |= read(bits, U, CHROMA, 0, quantizer.uvDc(), quantizer.uvAc(), top);
        found |= read(bits, V, CHROMA, 0, quantizer.uvDc(), quantizer.uvAc(), top);
        return found;
    }

    /// The blocks of one plane, row by row.
    private boolean read(BoolDecoder bits, Blocks blocks, int type, int first, int dc, int ac, int top) throws WebpException {
        int edge = blocks.edge();
        int flag = blocks.flag();
        int[][][] positions = probabilities[type];
        boolean found = false;
        for (int y = 0; y < edge; y++) {
            for (int x = 0; x < edge; x++) {
                int block = blocks.first() + y * edge + x;
                int context = above[top + flag + x] + left[flag + y];
                int count = block(bits, positions, context, first, dc, ac, values, 16 * block);
                byte any = (byte) (count > first ? 1 : 0);
                above[top + flag + x] = any;
                left[flag + y] = any;
                content[block] = count > 1 ? FULL : values[16 * block] != 0 ? DC_ONLY : NONE;
                found |= content[block] != NONE;
            }
        }
        return found;
    }

    /// One block (section 13.2).
    ///
    /// @param positions `[position][context][node]`, the probabilities for this kind of block
    /// @param context how many of the two neighbours had coefficients
    /// @param first the first position that is coded: 1 when the DC is in Y2
    /// @return the position behind the last value
    private static int block(BoolDecoder bits, int[][][] positions, int context, int first, int dc, int ac, short[] out, int at)
            throws WebpException {
        int[] p = positions[first][context];
        int n = first;
        while (n < 16) {
            if (bits.bit(p[0]) == 0) {
                return n; // the end
            }
            while (bits.bit(p[1]) == 0) { // a zero, after which there is no end
                n++;
                if (n == 16) {
                    return 16;
                }
                p = positions[n][0];
            }
            int value = 1;
            int next = 1;
            if (bits.bit(p[2]) == 1) {
                value = largeValue(bits, p);
                next = 2;
            }
            int signed = bits.bit(128) == 1 ? -value : value;
            out[at + ZIGZAG[n]] = (short) (signed * (n == 0 ? dc : ac));
            n++;
            p = positions[n][next];
        }
        return 16;
    }

    /// A value of at least 2 (section 13.2, `coeff_tree`).
    private static int largeValue(BoolDecoder bits, int[] p) throws WebpException {
        if (bits.bit(p[3]) == 0) {
            return bits.bit(p[4]) == 0 ? 2 : 3 + bits.bit(p[5]);
        }
        if (bits.bit(p[6]) == 0) {
            if (bits.bit(p[7]) == 0) {
                return 5 + bits.bit(159);
            }
            int high = bits.bit(165);
            return 7 + 2 * high + bits.bit(145);
        }
        int high = bits.bit(p[8]);
        int category = 2 * high + bits.bit(p[9 + high]);
        int extra = 0;
        for (int probability : EXTRA_BITS[category]) {
            extra = 2 * extra + bits.bit(probability);
        }
        return 3 + (8 << category) + extra;
    }
}
