package io.github.clip4j.core;

import java.util.Arrays;

/// The extents of a tensor, outermost first. Immutable; printed as `[768, 512]`. The empty shape `[]` is a scalar.
public final class Shape {
    private final int[] dims;
    private final int elements;

    private Shape(int[] dims) {
        this.dims = dims;
        long product = 1;
        for (int dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("shape %s: expected extents of at least 0, got %d"
                        .formatted(Arrays.toString(dims), dim));
            }
            product = Math.multiplyExact(product, (long) dim);
            if (product > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "shape %s: expected at most %d elements, got more".formatted(Arrays.toString(dims), Integer.MAX_VALUE));
            }
        }
        this.elements = (int) product;
    }

    /// {@return a shape of these extents}
    ///
    /// @param dims the extents; none for a scalar
    /// @throws IllegalArgumentException for a negative extent or more than 2³¹−1 elements
    public static Shape of(int... dims) {
        return new Shape(dims.clone());
    }

    /// {@return the number of axes}
    public int rank() {
        return dims.length;
    }

    /// {@return the extent of `axis`; negative axes count from the end, so `dim(-1)` is the innermost extent}
    ///
    /// @param axis 0 to `rank() − 1`, or −1 to `−rank()` from the end
    public int dim(int axis) {
        return dims[axis < 0 ? axis + dims.length : axis];
    }

    /// {@return the product of the extents; 1 for a scalar}
    public int elements() {
        return elements;
    }

    /// {@return the extents, as a copy}
    public int[] toArray() {
        return dims.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
