package io.github.clip4j.image.webp;

import java.util.Arrays;

/// Decodes a VP8 key frame (RFC 6386) to its three planes: for each macroblock predict, add the coefficients' transform; at last filter the
/// edges.
final class Vp8Decoder {
    private static final int CHROMA_V = Coefficients.BLOCKS - 4;
    private static final int CHROMA_U = CHROMA_V - 4;
    private static final int INNER_EDGES = 1 << 6;

    private final Vp8Header header;
    private final int columns;
    private final int rows;
    private final MacroblockModes modes;
    private final Coefficients coefficients;
    /// Luma, a sample a pixel; and the two chromas, a sample for 2 × 2 pixels.
    final Plane y;
    final Plane u;
    final Plane v;
    /// For each macroblock the level of the loop filter, and [#INNER_EDGES].
    private final byte[] filters;

    private Vp8Decoder(Vp8Header header) {
        this.header = header;
        columns = header.tag.columns();
        rows = header.tag.rows();
        modes = new MacroblockModes(header);
        coefficients = new Coefficients(header);
        y = new Plane(16 * columns, 16 * rows);
        u = new Plane(8 * columns, 8 * rows);
        v = new Plane(8 * columns, 8 * rows);
        filters = new byte[header.filterLevel == 0 ? 0 : columns * rows];
    }

    /// Decodes the frame behind a header.
    static Vp8Decoder decode(Vp8Header header) throws WebpException {
        Vp8Decoder decoder = new Vp8Decoder(header);
        for (int row = 0; row < decoder.rows; row++) {
            decoder.row(row);
        }
        decoder.filter();
        return decoder;
    }

    private void row(int row) throws WebpException {
        BoolDecoder bits = header.partitions[row % header.partitions.length];
        if (bits.isEmpty()) {
            throw new WebpException("VP8: the data is cut short: the partition of macroblock row %d is empty".formatted(row));
        }
        modes.startRow();
        coefficients.startRow();
        if (row > 0) { // what predictions at the right edge refer to: the last sample of the row above, again
            int beyond = y.at(16 * columns, 16 * row - 1);
            Arrays.fill(y.samples, beyond, beyond + 4, y.samples[beyond - 1]);
        }
        for (int column = 0; column < columns; column++) {
            modes.read(column);
            boolean coded = false;
            if (modes.skip) {
                coefficients.skip(modes, column);
            } else {
                coded = coefficients.read(bits, modes, column);
            }
            luma(column, row);
            chroma(u, CHROMA_U, column, row);
            chroma(v, CHROMA_V, column, row);
            if (filters.length > 0) {
                int level = header.filterLevel(modes.segment, modes.subblocks);
                filters[row * columns + column] = (byte) (modes.subblocks || coded ? level | INNER_EDGES : level);
            }
        }
    }

    private void luma(int column, int row) {
        int first = y.at(16 * column, 16 * row);
        if (!modes.subblocks) {
            MacroblockPredictor.predict(modes.luma, y, 16 * column, 16 * row, 16);
        }
        for (int block = 0; block < 16; block++) {
            int to = first + block / 4 * 4 * y.stride + block % 4 * 4;
            if (modes.subblocks) {
                boolean atRight = block % 4 == 3;
                SubblockPredictor.predict(modes.subblock[block], y.samples, to, y.stride, (atRight ? first + 12 : to) - y.stride + 4);
            }
            addCoefficients(block, y, to);
        }
    }

    private void chroma(Plane plane, int firstBlock, int column, int row) {
        int first = plane.at(8 * column, 8 * row);
        MacroblockPredictor.predict(modes.chroma, plane, 8 * column, 8 * row, 8);
        for (int block = 0; block < 4; block++) {
            addCoefficients(firstBlock + block, plane, first + block / 2 * 4 * plane.stride + block % 2 * 4);
        }
    }

    private void addCoefficients(int block, Plane plane, int to) {
        switch (coefficients.content[block]) {
            case Coefficients.FULL -> InverseTransform.add(coefficients.values, 16 * block, plane.samples, to, plane.stride);
            case Coefficients.DC_ONLY -> InverseTransform.addDc(coefficients.values[16 * block], plane.samples, to, plane.stride);
            default -> {} // Coefficients.NONE: the prediction is the result
        }
    }

    private void filter() {
        if (filters.length == 0) {
            return;
        }
        LoopFilter filter = new LoopFilter(header, y, u, v);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int how = filters[row * columns + column];
                filter.macroblock(column, row, how & (INNER_EDGES - 1), (how & INNER_EDGES) != 0);
            }
        }
    }
}
