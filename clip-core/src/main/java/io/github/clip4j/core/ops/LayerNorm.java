package io.github.clip4j.core.ops;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.LayerNormScalar;
import io.github.clip4j.core.kernel.LayerNormVector;
import io.github.clip4j.core.parallel.Workers;

/// Layer normalisation of every row of a matrix. One at a time, as [MatMul].
public final class LayerNorm {
    private static final float[] NONE = {};

    private final Workers workers;
    private final Workers.Task share = this::share;

    private Tensor x = Tensor.zeros(1, 1);
    private Tensor y = x;
    private float[] gain = NONE;
    private float[] bias = NONE;
    private double epsilon;

    public LayerNorm(Workers workers) {
        this.workers = workers;
    }

    /// `y[r] = (x[r] − μ) / √(σ² + ε) · gain + bias`, with μ and σ² of row r; `x` and `y` may be the same tensor.
    ///
    /// @param x `[m, d]`
    /// @param gain `[d]`, the checkpoint's `weight`
    /// @param bias `[d]`
    /// @param y `[m, d]`, overwritten
    public void normalize(Tensor x, float[] gain, float[] bias, double epsilon, Tensor y) {
        if (x.rows() != y.rows() || x.width() != y.width() || gain.length != x.width() || bias.length != x.width()) {
            throw new IllegalArgumentException("layer norm of x %s: expected gain, bias and y to fit, got %s, %s and %s"
                    .formatted(x.shape(), Shape.of(gain.length), Shape.of(bias.length), y.shape()));
        }
        this.x = x;
        this.y = y;
        this.gain = gain;
        this.bias = bias;
        this.epsilon = epsilon;
        workers.run(share);
    }

    private void share(int worker) {
        int to = Workers.share(x.rows(), workers.threads(), worker + 1);
        for (int row = Workers.share(x.rows(), workers.threads(), worker); row < to; row++) {
            if (workers.form().isVector()) {
                LayerNormVector.normalize(x.array(), x.rowOffset(row), gain, bias, epsilon, y.array(), y.rowOffset(row), x.width());
            } else {
                LayerNormScalar.normalize(x.array(), x.rowOffset(row), gain, bias, epsilon, y.array(), y.rowOffset(row), x.width());
            }
        }
    }
}
