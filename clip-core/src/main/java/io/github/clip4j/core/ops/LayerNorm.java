package io.github.clip4j.core.ops;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.LayerNormScalar;
import io.github.clip4j.core.kernel.LayerNormVector;
import io.github.clip4j.core.kernel.VectorSupport;
import io.github.clip4j.core.parallel.Workers;

/// Layer normalisation of every row of a matrix.
public final class LayerNorm {
    private LayerNorm() {}

    /// y[r] = (x[r] − μ) / √(σ² + ε) · gain + bias, with μ and σ² of row r; `x` and `y` may be the same tensor.
    ///
    /// @param x `[m, d]`
    /// @param gain `[d]`, the checkpoint's `weight`
    /// @param bias `[d]`
    /// @param y `[m, d]`, overwritten
    public static void normalize(Tensor x, float[] gain, float[] bias, double epsilon, Tensor y, Workers workers) {
        if (!x.shape().equals(y.shape()) || gain.length != x.width() || bias.length != x.width()) {
            throw new IllegalArgumentException("layer norm of x %s: expected gain, bias and y to fit, got %s, %s and %s"
                    .formatted(x.shape(), Shape.of(gain.length), Shape.of(bias.length), y.shape()));
        }
        int threads = workers.threads();
        if (threads == 1) {
            rows(x, gain, bias, epsilon, y, 0, x.rows());
            return;
        }
        workers.run(worker -> rows(
                x, gain, bias, epsilon, y, Workers.share(x.rows(), threads, worker), Workers.share(x.rows(), threads, worker + 1)));
    }

    private static void rows(Tensor x, float[] gain, float[] bias, double epsilon, Tensor y, int from, int to) {
        for (int row = from; row < to; row++) {
            if (VectorSupport.ENABLED) {
                LayerNormVector.normalize(x.array(), x.rowOffset(row), gain, bias, epsilon, y.array(), y.rowOffset(row), x.width());
            } else {
                LayerNormScalar.normalize(x.array(), x.rowOffset(row), gain, bias, epsilon, y.array(), y.rowOffset(row), x.width());
            }
        }
    }
}
