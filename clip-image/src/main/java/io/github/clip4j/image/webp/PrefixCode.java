package io.github.clip4j.image.webp;

/// A canonical prefix code (Huffman code) of a lossless image, read by tables (RFC 9649, section 3.7.2).
///
/// The next 8 bits index the first table. Its entry is a symbol with the length of its code, or for longer codes the place of a second
/// table, which the bits that follow index. A code of one symbol takes no bits.
final class PrefixCode {
    static final int MAX_LENGTH = 15;
    private static final int ROOT_BITS = 8;

    /// The lengths of the code that codes the lengths come in this order.
    private static final int[] LENGTH_ORDER = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    /// Symbols of that code: a length up to 15; the length before again, 3 to 6 times; 3 to 10 zeros; 11 to 138 zeros.
    private static final int REPEAT = 16;
    private static final int[] REPEAT_BITS = {2, 3, 7};
    private static final int[] REPEAT_OFFSET = {3, 3, 11};
    /// What the length before is at the beginning.
    private static final int FIRST_LENGTH = 8;

    private static final int LENGTH_SHIFT = 24;

    /// `length << 24 | symbol`, the length counted from the table's first bit; in the first table also `−(place << 4 | bits of the second
    /// table)`.
    private final int[] table;
    private final int rootMask;
    private final int rootBits;

    private PrefixCode(int[] table, int rootBits) {
        this.table = table;
        this.rootBits = rootBits;
        this.rootMask = (1 << rootBits) - 1;
    }

    /// Reads a code of `symbols` symbols.
    static PrefixCode read(LosslessBits bits, int symbols) throws WebpException {
        int[] lengths = new int[symbols];
        if (bits.flag()) { // one or two symbols
            boolean two = bits.flag();
            int first = bits.read(bits.flag() ? 8 : 1);
            if (first < symbols) {
                lengths[first] = 1;
            }
            int second = two ? bits.read(8) : first;
            if (second < symbols) {
                lengths[second] = 1;
            }
        } else {
            readLengths(bits, lengths);
        }
        return of(lengths);
    }

    private static void readLengths(LosslessBits bits, int[] lengths) throws WebpException {
        int[] lengthsOfLengths = new int[LENGTH_ORDER.length];
        int coded = 4 + bits.read(4);
        for (int i = 0; i < coded; i++) {
            lengthsOfLengths[LENGTH_ORDER[i]] = bits.read(3);
        }
        PrefixCode code = of(lengthsOfLengths);
        int tokens = lengths.length;
        if (bits.flag()) {
            int size = 2 + 2 * bits.read(3);
            tokens = 2 + bits.read(size);
            if (tokens > lengths.length) {
                throw new WebpException("VP8L: expected at most %d code lengths, got %d".formatted(lengths.length, tokens));
            }
        }
        int before = FIRST_LENGTH;
        int symbol = 0;
        for (int i = 0; i < tokens && symbol < lengths.length; i++) {
            int token = code.symbol(bits);
            if (token < REPEAT) {
                lengths[symbol++] = token;
                before = token == 0 ? before : token;
                continue;
            }
            int repeat = REPEAT_OFFSET[token - REPEAT] + bits.read(REPEAT_BITS[token - REPEAT]);
            if (symbol + repeat > lengths.length) {
                throw new WebpException("VP8L: expected %d code lengths, got %d".formatted(lengths.length, symbol + repeat));
            }
            for (int end = symbol + repeat; symbol < end; symbol++) {
                lengths[symbol] = token == REPEAT ? before : 0;
            }
        }
    }

    /// The code of symbols with these lengths, 0 for those without a code.
    ///
    /// @throws WebpException when there are no symbols, or more or fewer than the lengths leave room for
    static PrefixCode of(int[] lengths) throws WebpException {
        int[] count = new int[MAX_LENGTH + 1];
        int symbols = 0;
        int last = 0;
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            count[lengths[symbol]]++;
            if (lengths[symbol] > 0) {
                symbols++;
                last = symbol;
            }
        }
        if (symbols == 1) {
            return new PrefixCode(new int[] {last}, 0);
        }
        int[] next = new int[MAX_LENGTH + 1]; // the next code of each length
        int code = 0;
        int longest = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            code = (code + (length == 1 ? 0 : count[length - 1])) << 1;
            next[length] = code;
            longest = count[length] > 0 ? length : longest;
            if (code + count[length] > 1 << length) {
                throw new WebpException("VP8L: expected a prefix code, got too many codes of %d bits".formatted(length));
            }
        }
        if (symbols == 0 || next[longest] + count[longest] != 1 << longest) {
            throw new WebpException("VP8L: expected a complete prefix code, got one of %d symbols".formatted(symbols));
        }
        return build(lengths, next, Math.min(ROOT_BITS, longest));
    }

    private static PrefixCode build(int[] lengths, int[] next, int rootBits) {
        int rootSize = 1 << rootBits;
        int[] codes = new int[lengths.length]; // as they are read: the first bit lowest
        int[] bitsBehind = new int[rootSize]; // the most bits that follow the first eight
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            int length = lengths[symbol];
            if (length > 0) {
                codes[symbol] = Integer.reverse(next[length]++) >>> (32 - length);
                int root = codes[symbol] & (rootSize - 1);
                bitsBehind[root] = Math.max(bitsBehind[root], length - rootBits);
            }
        }
        int size = rootSize;
        int[] place = new int[rootSize];
        for (int root = 0; root < rootSize; root++) {
            place[root] = size;
            size += bitsBehind[root] > 0 ? 1 << bitsBehind[root] : 0;
        }
        int[] table = new int[size];
        for (int root = 0; root < rootSize; root++) {
            table[root] = bitsBehind[root] > 0 ? -(place[root] << 4 | bitsBehind[root]) : 0;
        }
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            int length = lengths[symbol];
            if (length > rootBits) {
                int root = codes[symbol] & (rootSize - 1);
                int end = place[root] + (1 << bitsBehind[root]);
                for (int i = place[root] + (codes[symbol] >> rootBits); i < end; i += 1 << (length - rootBits)) {
                    table[i] = (length - rootBits) << LENGTH_SHIFT | symbol;
                }
            } else if (length > 0) {
                for (int i = codes[symbol]; i < rootSize; i += 1 << length) {
                    table[i] = length << LENGTH_SHIFT | symbol;
                }
            }
        }
        return new PrefixCode(table, rootBits);
    }

    /// Whether there is one symbol, which takes no bits.
    boolean isConstant() {
        return rootBits == 0;
    }

    /// Reads a symbol.
    int symbol(LosslessBits bits) throws WebpException {
        int next = bits.peek();
        int entry = table[next & rootMask];
        if (entry < 0) {
            bits.skip(rootBits);
            int place = -entry >> 4;
            int mask = (1 << (-entry & 0xf)) - 1;
            entry = table[place + (next >>> rootBits & mask)];
        }
        bits.skip(entry >> LENGTH_SHIFT);
        return entry & ((1 << LENGTH_SHIFT) - 1);
    }
}
