package io.github.clip4j.nn;

/// How the rows of a batch divide into sequences, which lie one after the other without padding, and where each is pooled.
///
/// @param starts the first row of each sequence, and the number of rows at the end
/// @param pooledPositions for each sequence, the position whose output stands for it, counted from its start
@SuppressWarnings("ArrayRecordComponent") // internal, never compared
public record Sequences(int[] starts, int[] pooledPositions) {
    /// Sequences of these lengths.
    public static Sequences of(int[] lengths, int[] pooledPositions) {
        int[] starts = new int[lengths.length + 1];
        for (int s = 0; s < lengths.length; s++) {
            starts[s + 1] = starts[s] + lengths[s];
        }
        return new Sequences(starts, pooledPositions);
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
        return starts[s] + pooledPositions[s];
    }
}
