package io.github.clip4j.tokenizer.json;

/// How rows of tokens are made as long as each other.
///
/// @param length of every row in tokens, or −1 for that of the longest row
/// @param multipleOf lengths are rounded up to a multiple of it; 1 for none
record Padding(int length, int multipleOf, int padId, Side side) {
    /// A row of more is a damaged file: published models have at most 32,768 positions.
    static final int MAX_LENGTH = 1_000_000;

    Padding {
        if (length < -1 || multipleOf < 1 || padId < 0) {
            throw new IllegalArgumentException(
                    "expected a length of at least 0 and a token id, got length %d, multiple of %d, id %d"
                            .formatted(length, multipleOf, padId));
        }
    }

    /// The length of all rows when the longest has `longest` tokens.
    int lengthFor(int longest) {
        int wanted = length < 0 ? longest : length;
        return Math.ceilDiv(wanted, multipleOf) * multipleOf;
    }
}
