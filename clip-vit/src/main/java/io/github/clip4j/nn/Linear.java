package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.ops.WeightMatrix;

/// y = x·Wᵀ + b. Immutable.
public final class Linear {
    private final WeightMatrix weight;

    Linear(WeightMatrix weight) {
        this.weight = weight;
    }

    /// y = x·Wᵀ + b
    public void forward(Tensor x, Tensor y, Workspace ws) {
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
}
