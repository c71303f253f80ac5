package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;

/// Two linear layers and an activation between them. Immutable.
final class Mlp {
    private final String name;
    private final Linear fc1;
    private final Linear fc2;
    private final Activation activation;

    /// @param fc1 the name of the first layer, such as `vision_model.encoder.layers.0.mlp.fc1`
    /// @param fc2 the name of the second layer
    Mlp(ParameterReader parameters, String name, String fc1, String fc2, int width, int mlpWidth, Activation activation)
            throws IOException {
        this.name = name;
        this.fc1 = Linear.read(parameters, mlpWidth, width, fc1);
        this.fc2 = Linear.read(parameters, width, mlpWidth, fc2);
        this.activation = activation;
    }

    /// An MLP whose layers are called as CLIP's checkpoints call them.
    Mlp(ParameterReader parameters, String name, int width, int mlpWidth, Activation activation) throws IOException {
        this(parameters, name, name + ".fc1", name + ".fc2", width, mlpWidth, activation);
    }

    /// What the constructors read.
    static Stream<TensorSpec> specs(String fc1, String fc2, int width, int mlpWidth) {
        return Stream.concat(Linear.specs(mlpWidth, width, fc1), Linear.specs(width, mlpWidth, fc2));
    }

    /// What the shorter constructor reads.
    static Stream<TensorSpec> specs(String name, int width, int mlpWidth) {
        return specs(name + ".fc1", name + ".fc2", width, mlpWidth);
    }

    /// x ← x + fc₂(activation(fc₁(y)))
    ///
    /// @param y `[m, d]`
    /// @param x `[m, d]`, updated in place
    void addTo(Tensor x, Tensor y, Workspace ws) {
        Tensor h = ws.hidden(y.rows());
        fc1.forward(y, activation, h, ws); // [m, mlpWidth]
        fc2.addTo(x, h, ws); //               [m, d]
    }

    /// [#addTo], step by step, and `trace` sees the hidden layer before and after the activation, and the branch before it is added to x.
    void trace(Tensor x, Tensor y, Workspace ws, Trace trace) {
        Tensor h = ws.hidden(y.rows());
        fc1.trace(y, ws, trace);
        fc1.forward(y, activation, h, ws); // [n, mlpWidth]
        trace.edit(name, h);
        fc2.trace(h, ws, trace);
        fc2.addTo(x, h, ws); //               [n, d]
    }
}
