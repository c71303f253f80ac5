package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.Activation;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;

/// y = x·Wᵀ + b. Immutable.
public final class Linear {
    private final WeightMatrix weight;

    Linear(WeightMatrix weight) {
        this.weight = weight;
    }

    /// y = x·Wᵀ + b
    public void forward(Tensor x, Tensor y, Workspace ws) {
        MatMul.linear(x, weight, y, ws.matMulScratch(), ws.workers());
    }

    /// y = activation(x·Wᵀ + b)
    void forward(Tensor x, Activation activation, Tensor y, Workspace ws) {
        MatMul.linear(x, weight, activation, y, ws.matMulScratch(), ws.workers());
    }

    /// y ← y + x·Wᵀ + b
    void addTo(Tensor y, Tensor x, Workspace ws) {
        MatMul.linearAdd(x, weight, y, ws.matMulScratch(), ws.workers());
    }
}
