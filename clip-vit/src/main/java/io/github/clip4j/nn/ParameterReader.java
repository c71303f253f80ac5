package io.github.clip4j.nn;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;

/// Reads parameters into the form that the layers keep them in.
public final class ParameterReader {
    private final WeightSource source;
    private final DType storage;
    private float[] buffer = {};
    private long bytes;

    /// @param storage how the weights of linear layers are kept: F32, F16 or BF16
    public ParameterReader(WeightSource source, DType storage) {
        this.source = source;
        this.storage = storage;
    }

    /// A parameter as it is.
    public float[] vector(String name) throws IOException {
        float[] values = source.read(name);
        bytes += (long) values.length * Float.BYTES;
        return values;
    }

    /// The memory of all parameters that were read so far, in the form that they are kept in, bytes.
    public long bytes() {
        return bytes;
    }

    /// The elements of a matrix, in an array that the next call overwrites: it is packed at once.
    private float[] matrix(String name, int elements) throws IOException {
        if (buffer.length < elements) {
            buffer = new float[elements];
        }
        return source.read(name, buffer);
    }

    /// The linear layer `name`, with a bias.
    Linear linear(String name, int out, int in) throws IOException {
        return linear(out, in, name);
    }

    /// Linear layers of equal extents side by side as one: [name0; name1; …], each `[out, in]`.
    Linear linear(int out, int in, String... names) throws IOException {
        WeightMatrix matrix = new WeightMatrix(names.length * out, in, storage);
        for (int i = 0; i < names.length; i++) {
            matrix.setRows(i * out, out, matrix(names[i] + ".weight", out * in));
            matrix.setBias(i * out, source.read(names[i] + ".bias"));
        }
        return linear(matrix);
    }

    private Linear linear(WeightMatrix matrix) {
        bytes += matrix.bytes();
        return new Linear(matrix);
    }

    /// The linear layer without a bias whose weight is `name`.
    public Linear linearWithoutBias(String name, int out, int in) throws IOException {
        WeightMatrix matrix = new WeightMatrix(out, in, storage);
        matrix.setRows(0, out, matrix(name, out * in));
        return linear(matrix);
    }

    /// The layer norm `name`.
    public LayerNormLayer layerNorm(String name, double epsilon) throws IOException {
        return new LayerNormLayer(vector(name + ".weight"), vector(name + ".bias"), epsilon);
    }
}
