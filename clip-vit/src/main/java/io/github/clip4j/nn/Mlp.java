package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import java.io.IOException;

/// Two linear layers and an activation between them. Immutable.
final class Mlp {
    private final Linear fc1;
    private final Linear fc2;
    private final Activation activation;

    Mlp(ParameterReader parameters, String name, int width, int mlpWidth, Activation activation) throws IOException {
        this.fc1 = parameters.linear(name + ".fc1", mlpWidth, width);
        this.fc2 = parameters.linear(name + ".fc2", width, mlpWidth);
        this.activation = activation;
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
}
