package io.github.clip4j.core.ops;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.kernel.gemm.GemmShape;
import io.github.clip4j.core.kernel.gemm.Packing;

/// The weight and bias of a linear layer, packed for [MatMul]. Immutable once its blocks are set; safe to share between threads.
///
/// A layer maps `[m, in]` to `[m, out]`. Its outputs may be set block by block, so that the separate query, key and value projections
/// of a checkpoint become one matrix.
public final class WeightMatrix {
    /// Where the panels begin in their array.
    ///
    /// G1, the usual collector, puts large arrays at the start of a region; their elements follow a header of 16 bytes, so that element 12 lies at
    /// a multiple of 64 bytes and no vector of a panel crosses a cache line. Other collectors promise nothing, and lose nothing.
    static final int OFFSET = 12;

    private final int out;
    private final int in;
    private final float[] panels;
    private final float[] bias;

    /// A matrix of zeros, to be set block by block.
    ///
    /// @throws IllegalArgumentException for extents below 1 or a matrix of more than 2³¹−1 floats
    public WeightMatrix(int out, int in) {
        if (out < 1 || in < 1) {
            throw new IllegalArgumentException("weight matrix: expected extents of at least 1, got [%d, %d]".formatted(out, in));
        }
        long size = Packing.size(in, out);
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("weight matrix [%d, %d]: expected at most 2^31 floats, got %d".formatted(out, in, size));
        }
        this.out = out;
        this.in = in;
        this.panels = new float[OFFSET + (int) size];
        this.bias = new float[GemmShape.panels(out) * GemmShape.NR];
    }

    /// Sets outputs `from` to `from + rows` from the first rows of `weight`, `[rows, in]` contiguous: the form checkpoints store. It may be longer.
    public void setRows(int from, int rows, float[] weight) {
        if (from < 0 || from + rows > out || weight.length < (long) rows * in) {
            throw new IllegalArgumentException("rows %d to %d of weight matrix %s: expected %d floats, got %d"
                    .formatted(from, from + rows, Shape.of(out, in), (long) rows * in, weight.length));
        }
        Packing.packTransposed(weight, 0, in, rows, in, panels, OFFSET, from);
    }

    /// Sets the biases of outputs `from` to `from + values.length`. They are zero otherwise.
    public void setBias(int from, float[] values) {
        System.arraycopy(values, 0, bias, from, values.length);
    }

    /// The number of outputs.
    public int out() {
        return out;
    }

    /// The number of inputs.
    public int in() {
        return in;
    }

    float[] panels() {
        return panels;
    }

    float[] bias() {
        return bias;
    }
}
