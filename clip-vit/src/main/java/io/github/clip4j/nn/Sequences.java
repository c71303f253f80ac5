package io.github.clip4j.nn;

/// How the rows of a batch divide into sequences, which lie one after the other without padding, and where each is pooled: at which
/// position its output is read.
///
/// In a causal tower sequences that begin alike may share rows: a sequence then continues others, and has only the rows after its prefix
/// for its own.
///
/// ```
/// a photo of a cat     rows 0 1 2 3 4
/// a photo of a dog     prefix 0 1 2 3, row 5
/// ```
///
/// @param starts the first own row of each sequence, and the number of rows at the end
/// @param prefixes for each sequence the rows before its own, in order; empty for sequences that share nothing
/// @param pooledPositions for each sequence, the position whose output is read, counted from its beginning, the prefix included
@SuppressWarnings("ArrayRecordComponent") // internal, never compared
public record Sequences(int[] starts, int[][] prefixes, int[] pooledPositions) {
    private static final int[] NONE = {};

    /// Sequences of these lengths that share nothing.
    public static Sequences of(int[] lengths, int[] pooledPositions) {
        int[] starts = new int[lengths.length + 1];
        int[][] prefixes = new int[lengths.length][];
        for (int s = 0; s < lengths.length; s++) {
            starts[s + 1] = starts[s] + lengths[s];
            prefixes[s] = NONE;
        }
        return new Sequences(starts, prefixes, pooledPositions);
    }

    /// The same rows, each sequence read at another position.
    ///
    /// @param positions one for each sequence
    public Sequences readAt(int[] positions) {
        return new Sequences(starts, prefixes, positions);
    }

    /// The number of sequences.
    public int count() {
        return starts.length - 1;
    }

    /// The number of rows of all sequences, m.
    public int rows() {
        return starts[starts.length - 1];
    }

    /// The row that is pooled for sequence `s`.
    int pooledRow(int s) {
        int position = pooledPositions[s];
        int[] prefix = prefixes[s];
        return position < prefix.length ? prefix[position] : starts[s] + position - prefix.length;
    }
}
