package io.github.clip4j.nn;

import java.util.Arrays;
import java.util.List;

/// Texts in an order in which those that begin alike are neighbours, and the rows that they need when what they share is computed once.
///
/// In a causal tower the output at a position depends on the tokens up to it and on nothing else, so the rows of a common beginning are the
/// same for all texts that have it, to the bit. "a photo of a {}" over a thousand labels has its five first tokens computed once.
public final class PrefixTree {
    private final int[][] texts; // sorted, each up to its pooled position
    private final int[] order;
    private final int[] shared;

    /// @param ids of the texts
    /// @param lengths the tokens of each that matter: up to and including the pooled position
    public PrefixTree(List<int[]> ids, int[] lengths) {
        int n = lengths.length;
        int[][] trimmed = new int[n][];
        for (int i = 0; i < n; i++) {
            trimmed[i] = Arrays.copyOf(ids.get(i), lengths[i]);
        }
        Integer[] sorted = new Integer[n];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, (a, b) -> Arrays.compare(trimmed[a], trimmed[b]));
        this.order = new int[n];
        this.texts = new int[n][];
        this.shared = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = sorted[i];
            texts[i] = trimmed[order[i]];
            if (i > 0) {
                int common = Arrays.mismatch(texts[i - 1], texts[i]);
                shared[i] = common < 0 ? texts[i].length : common;
            }
        }
    }

    private PrefixTree(List<int[]> ids) {
        this.texts = ids.toArray(int[][]::new);
        this.order = new int[texts.length];
        Arrays.setAll(order, i -> i);
        this.shared = new int[texts.length];
    }

    /// Texts that share nothing, in the order in which they are given: what a position sees of a text in a tower that is not causal depends
    /// on all of it.
    public static PrefixTree apart(List<int[]> ids) {
        return new PrefixTree(ids);
    }

    /// The place, among the texts that were given, of text `i` in sorted order.
    public int original(int i) {
        return order[i];
    }

    /// The tokens of text `i` in sorted order, up to its pooled position.
    public int[] text(int i) {
        return texts[i];
    }

    /// The rows of text `i` when it follows the text before it in one pass.
    public int newRows(int i) {
        return texts[i].length - shared[i];
    }

    /// The tokens that text `i` shares with the one before it; none when it is the first of a pass.
    public int shared(int i, int first) {
        return i == first ? 0 : shared[i];
    }

    /// Texts `from` to `to`, in sorted order, as the sequences of one pass.
    public Sequences sequences(int from, int to) {
        int count = to - from;
        int[] starts = new int[count + 1];
        int[][] prefixes = new int[count][];
        int[] pooled = new int[count];
        int[] path = {}; // the rows of the text before
        for (int s = 0; s < count; s++) {
            int[] text = texts[from + s];
            int common = shared(from + s, from);
            prefixes[s] = Arrays.copyOf(path, common);
            path = Arrays.copyOf(prefixes[s], text.length);
            for (int p = common; p < text.length; p++) {
                path[p] = starts[s] + p - common;
            }
            starts[s + 1] = starts[s] + text.length - common;
            pooled[s] = text.length - 1;
        }
        return new Sequences(starts, prefixes, pooled);
    }
}
