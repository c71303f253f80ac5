package io.github.clip4j.core.ops;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.kernel.gemm.GemmShape;
import io.github.clip4j.core.kernel.gemm.Packing;
import io.github.clip4j.core.kernel.gemm.Panels;
import java.util.Optional;

/// The weight and bias of a linear layer, packed for [MatMul]. Immutable once its blocks are set; safe to share between threads.
///
/// A layer maps `[m, in]` to `[m, out]`. Its outputs may be set block by block, so that the separate query, key and value projections
/// of a checkpoint become one matrix.
public final class WeightMatrix {
    private final int out;
    private final int in;
    private final DType storage;
    private final Panels panels;
    private final float[] bias;

    /// A matrix of zeros in float32, to be set block by block.
    ///
    /// @throws IllegalArgumentException for extents below 1 or a matrix of more than 2³¹−1 floats
    public WeightMatrix(int out, int in) {
        this(out, in, DType.F32);
    }

    /// A matrix of zeros, to be set block by block.
    ///
    /// @param storage how its numbers are kept: F32; F16 or BF16 for half the memory. Products are computed in float32 whichever it is
    /// @throws IllegalArgumentException for another type, extents below 1 or a matrix of more than 2³¹−1 floats
    public WeightMatrix(int out, int in, DType storage) {
        if (out < 1 || in < 1) {
            throw new IllegalArgumentException("weight matrix: expected extents of at least 1, got [%d, %d]".formatted(out, in));
        }
        long size = Packing.size(in, out);
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("weight matrix [%d, %d]: expected at most 2^31 floats, got %d".formatted(out, in, size));
        }
        this.out = out;
        this.in = in;
        this.storage = storage;
        this.panels = new Panels(in, out, format(storage));
        this.bias = new float[GemmShape.panels(out) * GemmShape.NR];
    }

    private static Panels.Format format(DType storage) {
        return switch (storage) {
            case F32 -> Panels.Format.FLOAT32;
            case F16 -> Panels.Format.FLOAT16;
            case BF16 -> Panels.Format.BFLOAT16;
            case BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, I32, U32, I64, U64, F64 -> throw new IllegalArgumentException(
                    "weight matrix: expected its numbers in F32, F16 or BF16, got " + storage);
        };
    }

    /// Sets outputs `from` to `from + rows` from the first rows of `weight`, `[rows, in]` contiguous: the form checkpoints store. It may be
    /// longer.
    ///
    /// @throws IllegalArgumentException for a number beyond the range of the matrix's storage
    public void setRows(int from, int rows, float[] weight) {
        if (from < 0 || from + rows > out || weight.length < (long) rows * in) {
            throw new IllegalArgumentException("rows %d to %d of weight matrix %s: expected %d floats, got %d"
                    .formatted(from, from + rows, Shape.of(out, in), (long) rows * in, weight.length));
        }
        panels.setColumns(from, rows, in, weight);
    }

    /// Sets the biases of outputs `from` to `from + values.length`. They are zero otherwise.
    public void setBias(int from, float[] values) {
        System.arraycopy(values, 0, bias, from, values.length);
    }

    /// g·W: how a sum of the outputs, weighted by g, weighs the inputs. In double precision; the bias is not in it.
    ///
    /// @param g `[out]`
    /// @return `[in]`
    public double[] weighInputs(double[] g) {
        if (g.length != out) {
            throw new IllegalArgumentException("weight matrix %s: expected %d weights of its outputs, got %d"
                    .formatted(Shape.of(out, in), out, g.length));
        }
        return panels.times(g, in);
    }

    /// g·b, with the bias b.
    ///
    /// @param g `[out]`
    public double weighBias(double[] g) {
        double sum = 0;
        for (int i = 0; i < out; i++) {
            sum += g[i] * bias[i];
        }
        return sum;
    }

    /// The first weight of outputs `from` to `from + rows` that is not finite, as "NaN at [output, input]", outputs counted from `from`;
    /// empty when all are finite.
    public Optional<String> firstNotFinite(int from, int rows) {
        for (int row = from; row < from + rows; row++) {
            for (int i = 0; i < in; i++) {
                float value = panels.get(in, row, i);
                if (!Float.isFinite(value)) {
                    return Optional.of(value + " at [" + (row - from) + ", " + i + "]");
                }
            }
        }
        return Optional.empty();
    }

    /// The number of outputs.
    public int out() {
        return out;
    }

    /// The number of inputs.
    public int in() {
        return in;
    }

    /// The memory that the packed weights take, in bytes; the bias is not among them.
    public long bytes() {
        return Packing.size(in, out) * storage.bytes();
    }

    Panels panels() {
        return panels;
    }

    float[] bias() {
        return bias;
    }
}
