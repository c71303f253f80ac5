package io.github.clip4j.core.ops;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.gemm.Gemm;
import io.github.clip4j.core.kernel.gemm.Gemm.Epilogue;
import io.github.clip4j.core.parallel.Workers;

/// y = x·Wᵀ + b and the forms of it that a transformer needs.
public final class MatMul {
    private MatMul() {}

    /// y = x·Wᵀ + b
    ///
    /// @param x `[m, in]`
    /// @param y `[m, out]`, overwritten; not `x`
    /// @throws IllegalArgumentException when the shapes do not fit, and nothing is written
    public static void linear(Tensor x, WeightMatrix w, Tensor y, Workers workers) {
        run(x, w, y, Epilogue.STORE, workers);
    }

    /// y = activation(x·Wᵀ + b)
    public static void linear(Tensor x, WeightMatrix w, Activation activation, Tensor y, Workers workers) {
        run(x, w, y, activation.epilogue(), workers);
    }

    /// y = y + x·Wᵀ + b: the end of a residual branch
    public static void linearAdd(Tensor x, WeightMatrix w, Tensor y, Workers workers) {
        run(x, w, y, Epilogue.ADD, workers);
    }

    private static void run(Tensor x, WeightMatrix w, Tensor y, Epilogue epilogue, Workers workers) {
        if (x.width() != w.in() || y.width() != w.out() || x.rows() != y.rows()) {
            throw new IllegalArgumentException("matmul with weight [%d, %d]: expected x [m, %d] and y [m, %d], got x %s and y %s"
                    .formatted(w.out(), w.in(), w.in(), w.out(), x.shape(), y.shape()));
        }
        int units = Gemm.units(x.rows(), w.out());
        if (workers.threads() == 1) {
            units(x, w, y, epilogue, 0, units);
            return;
        }
        int threads = workers.threads();
        workers.run(worker -> units(
                x, w, y, epilogue, Workers.share(units, threads, worker), Workers.share(units, threads, worker + 1)));
    }

    private static void units(Tensor x, WeightMatrix w, Tensor y, Epilogue epilogue, int from, int to) {
        Gemm.run(
                x.rows(), w.out(), w.in(), x.array(), x.offset(), x.rowStride(), w.panels(), w.bias(), y.array(), y.offset(), y.rowStride(),
                epilogue, from, to);
    }
}
