package io.github.clip4j.nn;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.ops.RowTable;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;

/// Reads parameters into the form that the layers keep them in. One tower's layers share one, on one thread.
public final class ParameterReader {
    private static final int PART = 1 << 20; // numbers of a table that are read at once

    private final WeightSource source;
    private final DType storage;
    private final Finite finite = new Finite();
    private float[] buffer = {};
    private long bytes;

    /// @param storage how the weights of linear layers are kept: F32, F16 or BF16
    public ParameterReader(WeightSource source, DType storage) {
        this.source = source;
        this.storage = storage;
    }

    /// A parameter as it is.
    ///
    /// @throws WeightFormatException when it has another number of elements
    float[] vector(String name, int elements) throws IOException {
        float[] values = source.read(name);
        requireElements(name, elements, values.length);
        bytes += (long) values.length * Float.BYTES;
        finite.add(name, values);
        return values;
    }

    /// The memory of all parameters that were read so far, in the form that they are kept in, bytes.
    public long bytes() {
        return bytes;
    }

    /// The elements of a matrix, in an array that the next call overwrites: the caller packs it at once.
    ///
    /// @throws WeightFormatException when it has another number of elements
    float[] matrix(String name, int elements) throws IOException {
        requireElements(name, elements, TensorInfo.require(source, name).shape().elements());
        if (buffer.length < elements) {
            buffer = new float[elements];
        }
        finite.add(name, elements);
        return source.read(name, buffer);
    }

    /// What was read so far, to ask which of it is not finite.
    public Finite finite() {
        return finite;
    }

    /// A table as the source stores it, if that is in 16 bits; else in this reader's storage. It is read part by part: the largest, of
    /// 256,000 tokens, would take a gigabyte and more besides.
    ///
    /// @throws WeightFormatException when it has another number of elements
    /// @throws IllegalArgumentException for a number beyond the range of the storage
    RowTable table(String name, int rows, int width) throws IOException {
        TensorInfo info = TensorInfo.require(source, name);
        requireElements(name, rows * width, info.shape().elements());
        boolean half = info.dtype() == DType.F16 || info.dtype() == DType.BF16;
        RowTable table = new RowTable(rows, width, half ? info.dtype() : storage);
        int part = Math.max(1, PART / width);
        float[] values = {};
        for (int row = 0; row < rows; row += part) {
            int count = Math.min(part, rows - row);
            values = source.read(name, row * width, count * width, values.length == 0 ? new float[part * width] : values);
            table.setRows(row, count, values);
        }
        bytes += table.bytes();
        return table;
    }

    private void requireElements(String name, int expected, int got) throws WeightFormatException {
        if (got != expected) {
            throw new WeightFormatException(
                    "%s in %s: expected %d numbers, got %d; check the weights against the config before they are read"
                            .formatted(name, source.location(), expected, got));
        }
    }

    /// A matrix to pack weights into, in this reader's storage.
    WeightMatrix weightMatrix(int out, int in) {
        WeightMatrix matrix = new WeightMatrix(out, in, storage);
        bytes += matrix.bytes();
        finite.begin(matrix);
        return matrix;
    }
}
