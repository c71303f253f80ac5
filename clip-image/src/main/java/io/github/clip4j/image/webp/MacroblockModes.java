package io.github.clip4j.image.webp;

import java.util.Arrays;

/// The first partition behind its header: for each macroblock its segment, whether it has coefficients, and how it is predicted (RFC 6386,
/// sections 10 and 11).
///
/// The modes of subblocks are coded given those above and to the left, so the last row of them is remembered.
final class MacroblockModes {
    /// Ways to predict 16 × 16 luma or 8 × 8 chroma samples: the mean of the neighbours, their slope, the row above, the column to the
    /// left. A subblock counts a neighbouring macroblock of such a mode as subblocks of the mode with the same number.
    static final int DC = 0;
    static final int TRUE_MOTION = 1;
    static final int VERTICAL = 2;
    static final int HORIZONTAL = 3;

    /// The tree of the ten subblock modes (section 11.2): two branches a node; a mode `m` is a leaf, `−m`.
    private static final int[] SUBBLOCK_TREE = {
        -SubblockPredictor.DC, 2, -SubblockPredictor.TRUE_MOTION, 4, -SubblockPredictor.VERTICAL, 6, 8, 12,
        -SubblockPredictor.HORIZONTAL, 10, -SubblockPredictor.DOWN_RIGHT, -SubblockPredictor.VERTICAL_RIGHT,
        -SubblockPredictor.DOWN_LEFT, 14, -SubblockPredictor.VERTICAL_LEFT, 16,
        -SubblockPredictor.HORIZONTAL_DOWN, -SubblockPredictor.HORIZONTAL_UP
    };

    private final Vp8Header header;
    private final BoolDecoder bits;
    private final byte[] above;
    private final byte[] left = new byte[4];

    /// The current macroblock: its segment, whether it has no coefficients, and whether its luma is predicted in subblocks.
    int segment;
    boolean skip;
    boolean subblocks;
    /// The mode of the luma, if it is predicted as a whole; that of the chroma.
    int luma;
    int chroma;
    /// The modes of the sixteen subblocks, row by row, if there are such.
    final int[] subblock = new int[16];

    MacroblockModes(Vp8Header header) {
        this.header = header;
        this.bits = header.modes;
        this.above = new byte[4 * header.tag.columns()];
    }

    /// To be called before the first macroblock of a row.
    void startRow() {
        Arrays.fill(left, (byte) DC);
    }

    /// Reads the modes of the next macroblock.
    void read(int column) throws WebpException {
        int[] tree = header.segmentTree;
        segment = tree.length == 0 ? 0 : bits.bit(tree[0]) == 0 ? bits.bit(tree[1]) : 2 + bits.bit(tree[2]);
        skip = header.skipProbability >= 0 && bits.bit(header.skipProbability) == 1;
        subblocks = bits.bit(145) == 0;
        if (subblocks) {
            readSubblocks(4 * column);
        } else {
            luma = bits.bit(156) == 1 ? (bits.bit(128) == 1 ? TRUE_MOTION : HORIZONTAL) : (bits.bit(163) == 1 ? VERTICAL : DC);
            Arrays.fill(above, 4 * column, 4 * column + 4, (byte) luma);
            Arrays.fill(left, (byte) luma);
        }
        chroma = bits.bit(142) == 0 ? DC : bits.bit(114) == 0 ? VERTICAL : bits.bit(183) == 1 ? TRUE_MOTION : HORIZONTAL;
    }

    private void readSubblocks(int firstAbove) throws WebpException {
        for (int y = 0; y < 4; y++) {
            int mode = left[y];
            for (int x = 0; x < 4; x++) {
                int probabilities = SubblockModeTable.offset(above[firstAbove + x], mode);
                int node = 0;
                do {
                    node = SUBBLOCK_TREE[node + bits.bit(SubblockModeTable.probability(probabilities + node / 2))];
                } while (node > 0);
                mode = -node;
                above[firstAbove + x] = (byte) mode;
                subblock[4 * y + x] = mode;
            }
            left[y] = (byte) mode;
        }
    }
}
