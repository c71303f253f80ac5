package io.github.clip4j.tokenizer.json;

import java.util.Arrays;

/// The token ids of one text. Immutable.
public final class Encoding {
    private final int[] ids;
    private final int start;
    private final int end;

    /// @param start of the tokens that are not padding
    /// @param end of them
    private Encoding(int[] ids, int start, int end) {
        this.ids = ids;
        this.start = start;
        this.end = end;
    }

    static Encoding of(int[] ids) {
        return new Encoding(ids, 0, ids.length);
    }

    /// These ids, which have no padding yet, in a row of `length`; a longer row stays as it is.
    Encoding padded(int length, int padId, Side side) {
        if (ids.length >= length) {
            return this;
        }
        int[] padded = new int[length];
        Arrays.fill(padded, padId);
        int from = side == Side.RIGHT ? 0 : length - ids.length;
        System.arraycopy(ids, 0, padded, from, ids.length);
        return new Encoding(padded, from, from + ids.length);
    }

    /// How many ids there are, padding included.
    public int length() {
        return ids.length;
    }

    /// The ids, special tokens and padding included. A copy.
    public int[] ids() {
        return ids.clone();
    }

    /// For each id 1, or 0 where it is padding: the `attention_mask` of BERT and its descendants. A copy.
    public int[] attentionMask() {
        int[] mask = new int[ids.length];
        Arrays.fill(mask, start, end, 1);
        return mask;
    }
}
