package io.github.clip4j.tokenizer.bpe;

import java.util.Arrays;

/// The merges of a BPE model: for two neighbouring tokens the rank of their merge. Open addressing, sixteen to thirty-two bytes a merge.
final class PairTable {
    static final int NONE = -1;

    private final long[] keys;
    private final int[] ranks;

    /// @param merges how many will be put
    PairTable(int merges) {
        int length = Math.max(16, Integer.highestOneBit(Math.max(1, merges)) * 4);
        keys = new long[length];
        ranks = new int[length];
        Arrays.fill(ranks, NONE);
    }

    /// Puts a merge; of two for the same pair the last counts.
    void put(int left, int right, int rank) {
        int slot = slot(left, right);
        keys[slot] = key(left, right);
        ranks[slot] = rank;
    }

    /// The rank of the merge of a pair, or [#NONE].
    int rank(int left, int right) {
        return ranks[slot(left, right)];
    }

    private int slot(int left, int right) {
        long key = key(left, right);
        long hash = key * 0x9E37_79B9_7F4A_7C15L; // 2⁶⁴ divided by the golden ratio
        int slot = (int) (hash >>> 33) & keys.length - 1;
        while (ranks[slot] != NONE && keys[slot] != key) {
            slot = slot + 1 & keys.length - 1;
        }
        return slot;
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }
}
