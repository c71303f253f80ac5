package io.github.clip4j.core;

import java.util.Arrays;
import java.util.Objects;

/// A view of `float[]` as a row-major tensor: array, offset, [Shape], and the distance between rows.
///
/// Only the rows of a matrix may lie apart (see [#rowStride()]); everything else is contiguous. There is no broadcasting, no laziness and
/// no autograd: an encoder needs none, and one layout keeps every kernel readable. A tensor does not own its array; views share it. Two
/// threads may read one tensor at once, writing is the caller's to arrange.
public final class Tensor {
    private final float[] array;
    private final int offset;
    private final Shape shape;
    private final int rowStride;

    private Tensor(float[] array, int offset, Shape shape, int rowStride) {
        int rows = shape.rank() == 0 || shape.elements() == 0 ? Math.min(1, shape.elements()) : shape.elements() / shape.dim(-1);
        int width = rows == 0 ? 0 : shape.elements() / rows;
        long end = rows == 0 ? offset : offset + (long) (rows - 1) * rowStride + width;
        if (offset < 0 || end > array.length) {
            throw new IllegalArgumentException(
                    "tensor %s at offset %d: expected at least %d floats, got an array of %d".formatted(shape, offset, end, array.length));
        }
        this.array = array;
        this.offset = offset;
        this.shape = shape;
        this.rowStride = rowStride;
    }

    /// {@return a tensor of zeros with its own array}
    ///
    /// @param dims the extents; the last one is the innermost
    public static Tensor zeros(int... dims) {
        Shape shape = Shape.of(dims);
        return of(new float[shape.elements()], shape);
    }

    /// {@return a contiguous view of the whole of `array`, which is not copied}
    ///
    /// @param array the elements in row-major order
    /// @param shape of the view
    /// @throws IllegalArgumentException when the array's length is not the shape's number of elements
    public static Tensor of(float[] array, Shape shape) {
        if (array.length != shape.elements()) {
            throw new IllegalArgumentException(
                    "tensor %s: expected %d floats, got %d".formatted(shape, shape.elements(), array.length));
        }
        return new Tensor(array, 0, shape, shape.rank() == 0 ? 1 : shape.dim(-1));
    }

    /// {@return a `[rows, width]` matrix of zeros whose rows lie `rowStride` floats apart}
    ///
    /// Row strides that are multiples of 1024 floats map every row to the same few L1 sets; a padded stride keeps a tile's rows apart.
    ///
    /// @param rows the number of rows
    /// @param width the elements of a row
    /// @param rowStride floats from the start of one row to the next, at least `width`
    public static Tensor matrix(int rows, int width, int rowStride) {
        if (rowStride < width) {
            throw new IllegalArgumentException("row stride %d: expected at least the width %d".formatted(rowStride, width));
        }
        return new Tensor(new float[Math.multiplyExact(rows, rowStride)], 0, Shape.of(rows, width), rowStride);
    }

    /// {@return rows `from` to `from + count` of this matrix, sharing its array}
    ///
    /// @param from the first row
    /// @param count the number of rows
    public Tensor rows(int from, int count) {
        Objects.checkFromIndexSize(from, count, rows());
        return new Tensor(array, offset + from * rowStride, Shape.of(count, width()), rowStride);
    }

    /// {@return columns `from` to `from + count` of this matrix, sharing its array}
    ///
    /// @param from the first column
    /// @param count the number of columns
    public Tensor columns(int from, int count) {
        Objects.checkFromIndexSize(from, count, width());
        return new Tensor(array, offset + from, Shape.of(rows(), count), rowStride);
    }

    /// {@return the backing array itself, for kernels: not a copy, and not only this tensor's}
    public float[] array() {
        return array;
    }

    /// {@return the index of the first element in [#array()]}
    public int offset() {
        return offset;
    }

    /// {@return the extents}
    public Shape shape() {
        return shape;
    }

    /// {@return the number of rows of this matrix (its first extent)}
    public int rows() {
        return shape.dim(0);
    }

    /// {@return the innermost extent}
    public int width() {
        return shape.dim(-1);
    }

    /// {@return the distance in floats between the starts of two rows of this matrix}
    public int rowStride() {
        return rowStride;
    }

    /// {@return the index in [#array()] of the first element of `row`}
    ///
    /// @param row counted from 0
    public int rowOffset(int row) {
        return offset + row * rowStride;
    }

    /// {@return the elements in row-major order, as a copy without padding}
    public float[] toArray() {
        if (shape.rank() < 2 || rowStride == width()) {
            return Arrays.copyOfRange(array, offset, offset + shape.elements());
        }
        float[] copy = new float[shape.elements()];
        for (int row = 0; row < rows(); row++) {
            System.arraycopy(array, rowOffset(row), copy, row * width(), width());
        }
        return copy;
    }

    @Override
    public String toString() {
        return "Tensor" + shape;
    }
}
