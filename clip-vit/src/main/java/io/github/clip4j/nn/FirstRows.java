package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;

/// A matrix of scratch, of which each use takes the first rows it needs.
///
/// A pass needs two heights, all its rows and one for each sequence. Their views are kept: a pass of the same heights makes none.
public final class FirstRows {
    private final Tensor all;
    private Tensor last;
    private Tensor before;

    /// @param rowStride see [Tensor#matrix(int, int, int)]
    public FirstRows(int rows, int width, int rowStride) {
        this(Tensor.matrix(rows, width, rowStride));
    }

    private FirstRows(Tensor all) {
        this.all = all;
        this.last = all;
        this.before = all;
    }

    /// The same floats, each `count` rows side by side as one; there must be no padding between rows, and a multiple of `count` of them.
    FirstRows sideBySide(int count) {
        return new FirstRows(Tensor.of(all.array(), Shape.of(all.rows() / count, count * all.width())));
    }

    /// The first `m` rows.
    public Tensor get(int m) {
        if (last.rows() != m) {
            Tensor found = before.rows() == m ? before : all.rows(0, m);
            before = last;
            last = found;
        }
        return last;
    }

    /// The memory that they take, in bytes.
    public long bytes() {
        return (long) all.array().length * Float.BYTES;
    }

    /// How many rows there are.
    public int rows() {
        return all.rows();
    }
}
