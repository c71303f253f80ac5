package io.github.clip4j.nn;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;

/// Reads parameters into the form that the layers keep them in. One tower's layers share one, on one thread.
public final class ParameterReader {
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
