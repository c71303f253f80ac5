package io.github.clip4j.core.format.npy;

import io.github.clip4j.core.Shape;

/// Walks over an array whose first axis varies fastest, and says of each element where it is in row-major order.
final class FortranOrder {
    private final int[] dims;
    private final int[] strides;
    private final int[] position;
    private int at;

    FortranOrder(Shape shape) {
        this.dims = shape.toArray();
        this.strides = new int[dims.length];
        this.position = new int[dims.length];
        int step = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= dims[axis];
        }
    }

    /// The row-major index of the next element.
    int next() {
        int index = at;
        for (int axis = 0; axis < dims.length; axis++) {
            at += strides[axis];
            if (++position[axis] < dims[axis]) {
                break;
            }
            at -= strides[axis] * dims[axis];
            position[axis] = 0;
        }
        return index;
    }
}
