package io.github.clip4j.tokenizer.json;

import java.util.Arrays;

/// How a text that has too many tokens is cut. Special tokens count, and stay.
///
/// @param maxLength in tokens
/// @param side where tokens are lost
record Truncation(int maxLength, Side side) {
    /// The ids without those that are too many.
    ///
    /// @param added how many the post-processor will add; at most `maxLength`
    int[] apply(int[] ids, int added) {
        int length = Math.min(ids.length, maxLength - added);
        return side == Side.RIGHT ? Arrays.copyOf(ids, length) : Arrays.copyOfRange(ids, ids.length - length, ids.length);
    }
}
