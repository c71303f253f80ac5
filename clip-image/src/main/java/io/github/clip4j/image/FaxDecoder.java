package io.github.clip4j.image;

import java.util.Arrays;

/// The codes of fax machines: runs of white and black in one dimension (ITU-T T.4, section 4.1), or as differences to the row above (T.4,
/// section 4.2, and T.6). A row that is not exactly as long as it should be is refused: what libtiff makes of it is its own.
final class FaxDecoder {
    /// The runs of white: 0 to 63, then 64 to 1,728 in steps of 64.
    private static final String WHITE = """
            00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 101010 101011 0100111
            0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010
            00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010
            00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010
            00110011 00110100
            11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011
            011010100 011010101 011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000
            010011011""";
    /// The runs of black, in the same order.
    private static final String BLACK = """
            0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000 0000010111
            0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 00000011000 000011001010
            000011001011 000011001100 000011001101 000001101000 000001101001 000001101010 000001101011 000011010010 000011010011
            000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100
            000001010101 000001010110 000001010111 000001100100 000001100101 000001010010 000001010011 000000100100 000000110111
            000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110
            000001100111
            0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101
            0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100 0000001110101 0000001110110
            0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011
            0000001100100 0000001100101""";
    /// 1,792 to 2,560 of either colour.
    private static final String LONG = """
            00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110 000000010111 000000011100
            000000011101 000000011110 000000011111""";
    /// The differences to the row above: pass, horizontal, and a change 0, 1, 2, 3 to the right, 1, 2, 3 to the left.
    private static final String MODES = "0001 001 1 011 000011 0000011 010 000010 0000010";
    private static final int PASS = 0;
    private static final int HORIZONTAL = 1;
    private static final int[] SHIFTS = {0, 0, 0, 1, 2, 3, -1, -2, -3};

    private static final int CODE_BITS = 13;
    private static final int LENGTH_BITS = 4;
    private static final char[] WHITE_RUNS = table(WHITE + " " + LONG, true);
    private static final char[] BLACK_RUNS = table(BLACK + " " + LONG, true);
    private static final char[] DIFFERENCES = table(MODES, false);


    private final byte[] bytes;
    private final int width;
    private final Source source;
    private int bit;
    private final int end;

    /// Where the colour changes in the row above and in this one, from white on; then the width, several times.
    private int[] above;
    private int[] row;
    private int changes;

    /// Codes from byte `from` to `to`, the highest bit first.
    FaxDecoder(byte[] bytes, int from, int to, int width, Source source) {
        this.bytes = bytes;
        this.width = width;
        this.source = source;
        this.bit = 8 * from;
        this.end = 8 * to;
        this.above = new int[width + 5];
        this.row = new int[width + 5];
        Arrays.fill(above, width);
    }

    /// For each value of 13 bits the code that it starts with: what it means, and in the lowest 4 bits its length; 0 for none.
    private static char[] table(String codes, boolean runs) {
        char[] table = new char[1 << CODE_BITS];
        String[] all = codes.split("\\s+", -1);
        for (int i = 0; i < all.length; i++) {
            int meaning = !runs || i < 64 ? i : (i - 63) * 64;
            int length = all[i].length();
            int start = Integer.parseInt(all[i], 2) << (CODE_BITS - length);
            for (int rest = 0; rest < 1 << (CODE_BITS - length); rest++) {
                table[start + rest] = (char) (meaning << LENGTH_BITS | length);
            }
        }
        return table;
    }

    /// Rows after T.6: each as a difference to the one above.
    void group4(byte[] out, int rows) throws ImageFormatException {
        for (int y = 0; y < rows; y++) {
            twoDimensions();
            put(out, y);
        }
    }

    /// Rows after T.4, each after a code of 11 zeros and a one.
    ///
    /// @param mixed whether a bit says which rows are differences
    void group3(byte[] out, int rows, boolean mixed) throws ImageFormatException {
        for (int y = 0; y < rows; y++) {
            endOfLine();
            boolean one = !mixed || bits(1) == 1;
            if (one) {
                oneDimension();
            } else {
                twoDimensions();
            }
            put(out, y);
        }
    }

    /// Rows of one dimension without codes between them, each from a byte on.
    void runsByRow(byte[] out, int rows) throws ImageFormatException {
        for (int y = 0; y < rows; y++) {
            oneDimension();
            bit = (bit + 7) & ~7;
            put(out, y);
        }
    }

    private void endOfLine() throws ImageFormatException {
        if (bits(11) != 0) {
            throw damaged("expected the end of a line");
        }
        while (bits(1) == 0) { // more zeros may come before the one
            if (bit >= end) {
                throw damaged("expected the end of a line");
            }
        }
    }

    private int bits(int count) throws ImageFormatException {
        int value = peek() >> (CODE_BITS - count);
        skip(count);
        return value;
    }

    private void skip(int count) throws ImageFormatException {
        bit += count;
        if (bit > end) {
            throw damaged("the data end early");
        }
    }

    /// The next 13 bits, with zeros after the end.
    private int peek() {
        int at = bit >> 3;
        int value = 0;
        for (int i = 0; i < 3; i++) {
            value = value << 8 | (8 * (at + i) < end ? bytes[at + i] & 0xff : 0);
        }
        return (value >> (24 - CODE_BITS - (bit & 7))) & ((1 << CODE_BITS) - 1);
    }

    private int code(char[] table) throws ImageFormatException {
        int entry = table[peek()];
        if (entry == 0) {
            throw damaged("there is no such code");
        }
        skip(entry & ((1 << LENGTH_BITS) - 1));
        return entry >> LENGTH_BITS;
    }

    private int run(boolean black) throws ImageFormatException {
        int sum = 0;
        while (true) {
            int run = code(black ? BLACK_RUNS : WHITE_RUNS);
            sum += run;
            if (run < 64) {
                return sum;
            }
            if (sum > width) {
                throw damaged("a run is longer than its row");
            }
        }
    }

    private void oneDimension() throws ImageFormatException {
        changes = 0;
        int at = 0;
        boolean black = false;
        while (at < width) {
            at += run(black);
            change(at);
            black = !black;
        }
    }

    private void twoDimensions() throws ImageFormatException {
        changes = 0;
        int at = -1; // before the first pixel
        int color = 0;
        int i = 0;
        while (at < width) {
            while (i > 0 && above[i - 1] > at) {
                i--;
            }
            while (above[i] <= at) {
                i++;
            }
            int b1 = i + ((i & 1) == color ? 0 : 1); // the first change to the other colour
            int mode = code(DIFFERENCES);
            if (mode == PASS) {
                at = above[b1 + 1];
            } else if (mode == HORIZONTAL) {
                at = Math.max(0, at) + run(color == 1);
                change(at);
                at += run(color == 0);
                change(at);
            } else {
                int to = above[b1] + SHIFTS[mode];
                if (to < Math.max(0, at)) {
                    throw damaged("a change lies before the one before it");
                }
                at = to;
                change(at);
                color ^= 1;
            }
        }
    }

    private void change(int at) throws ImageFormatException {
        if (at > width || changes > width) {
            throw damaged("a row is longer than %d pixels".formatted(width));
        }
        row[changes++] = at;
    }

    /// Writes the row, white as 0, a bit a pixel; it is then the one above.
    private void put(byte[] out, int y) {
        int start = y * ((width + 7) / 8);
        Arrays.fill(row, changes, row.length, width);
        for (int i = 0; i < changes; i += 2) {
            for (int x = row[i]; x < row[i + 1]; x++) {
                out[start + x / 8] |= (byte) (0x80 >> x % 8);
            }
        }
        int[] swap = above;
        above = row;
        row = swap;
    }

    private ImageFormatException damaged(String what) {
        return source.refused("a fax image that is damaged or cut short: %s, at bit %,d", what, bit);
    }
}
