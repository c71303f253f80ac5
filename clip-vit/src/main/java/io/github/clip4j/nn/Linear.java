package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;

/// y = x·Wᵀ + b, with W `[out, in]`. Immutable.
public final class Linear {
    private final String name;
    private final int out;
    private final WeightMatrix weight;

    private Linear(String name, WeightMatrix weight) {
        this.name = name;
        this.out = weight.out();
        this.weight = weight;
    }

    /// Reads the layers called `names`, which have equal extents and the same input, as one: W = [W₀; W₁; …].
    ///
    /// All weights are read before the first bias. OpenAI's checkpoints store the weights of q, k and v as one tensor, which is then read
    /// once.
    ///
    /// @param out the outputs of each of them
    static Linear read(ParameterReader parameters, int out, int in, String... names) throws IOException {
        WeightMatrix matrix = parameters.weightMatrix(names.length * out, in);
        for (int i = 0; i < names.length; i++) {
            setRows(matrix, i * out, out, parameters, names[i] + ".weight");
        }
        for (int i = 0; i < names.length; i++) {
            matrix.setBias(i * out, parameters.vector(names[i] + ".bias", out));
        }
        return new Linear(String.join(", ", names), matrix);
    }

    /// What [#read] reads.
    static Stream<TensorSpec> specs(int out, int in, String... names) {
        return Arrays.stream(names)
                .flatMap(name -> Stream.of(
                        new TensorSpec(name + ".weight", Shape.of(out, in)), new TensorSpec(name + ".bias", Shape.of(out))));
    }

    /// Reads the layer called `name`, which has no bias: y = x·Wᵀ.
    static Linear readWithoutBias(ParameterReader parameters, int out, int in, String name) throws IOException {
        WeightMatrix matrix = parameters.weightMatrix(out, in);
        setRows(matrix, 0, out, parameters, name + ".weight");
        return new Linear(name, matrix);
    }

    private static void setRows(WeightMatrix matrix, int from, int rows, ParameterReader parameters, String name) throws IOException {
        pack(matrix, from, rows, parameters.matrix(name, rows * matrix.in()), name);
    }

    /// Sets rows of a matrix.
    ///
    /// @param name of their tensor, for messages
    static void pack(WeightMatrix matrix, int from, int rows, float[] values, String name) throws WeightFormatException {
        try {
            matrix.setRows(from, rows, values);
        } catch (IllegalArgumentException e) { // a number that 16 bits cannot hold
            throw new WeightFormatException(name + ": " + e.getMessage(), e);
        }
    }

    /// A layer over weights that are packed already.
    static Linear of(String name, WeightMatrix matrix) {
        return new Linear(name, matrix);
    }

    /// What [#readWithoutBias] reads.
    static Stream<TensorSpec> specsWithoutBias(int out, int in, String name) {
        return Stream.of(new TensorSpec(name + ".weight", Shape.of(out, in)));
    }

    /// y = x·Wᵀ + b
    void forward(Tensor x, Tensor y, Workspace ws) {
        ws.matMul().linear(x, weight, y);
    }

    /// y = activation(x·Wᵀ + b)
    void forward(Tensor x, Activation activation, Tensor y, Workspace ws) {
        ws.matMul().linear(x, weight, activation, y);
    }

    /// y ← y + x·Wᵀ + b
    void addTo(Tensor y, Tensor x, Workspace ws) {
        ws.matMul().linearAdd(x, weight, y);
    }

    /// The width of y.
    int out() {
        return out;
    }

    /// g·W: how a sum of y, weighted by g, weighs x.
    double[] weighInputs(double[] g) {
        return weight.weighInputs(g);
    }

    /// g·b
    double weighBias(double[] g) {
        return weight.weighBias(g);
    }

    /// x·Wᵀ + b in a tensor of its own, which `trace` sees: what the layer gives before an activation or a sum takes it in.
    Tensor trace(Tensor x, Workspace ws, Trace trace) {
        Tensor y = Tensor.zeros(x.rows(), out);
        forward(x, y, ws);
        trace.see(name, y);
        return y;
    }
}
