package io.github.clip4j.core.ops;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.gemm.Gemm;
import io.github.clip4j.core.kernel.gemm.Gemm.Epilogue;
import io.github.clip4j.core.kernel.gemm.GemmShape;
import io.github.clip4j.core.kernel.gemm.Packing;
import io.github.clip4j.core.parallel.Workers;

/// y = x·Wᵀ + b and the forms of it that a transformer needs.
public final class MatMul {
    private MatMul() {}

    /// y = x·Wᵀ + b
    ///
    /// @param x `[m, in]`
    /// @param y `[m, out]`, overwritten; not `x`
    /// @param scratch at least [#scratchSize(int, int, int)] floats
    /// @throws IllegalArgumentException when the shapes do not fit, and nothing is written
    public static void linear(Tensor x, WeightMatrix w, Tensor y, float[] scratch, Workers workers) {
        run(new Call(x, w, y, Epilogue.STORE, scratch), workers);
    }

    /// y = activation(x·Wᵀ + b)
    public static void linear(Tensor x, WeightMatrix w, Activation activation, Tensor y, float[] scratch, Workers workers) {
        run(new Call(x, w, y, activation.epilogue(), scratch), workers);
    }

    /// y = y + x·Wᵀ + b: the end of a residual branch
    public static void linearAdd(Tensor x, WeightMatrix w, Tensor y, float[] scratch, Workers workers) {
        run(new Call(x, w, y, Epilogue.ADD, scratch), workers);
    }

    /// The floats of scratch that the product of `[m, in]` with a weight of `out` outputs needs.
    public static int scratchSize(int m, int in, int out) {
        return Gemm.scratchSize(m, out, in);
    }

    private static void run(Call call, Workers workers) {
        int threads = workers.threads();
        int tiles = GemmShape.tiles(call.x.rows());
        int units = Gemm.units(call.x.rows(), call.w.out());
        if (threads == 1) {
            call.packTiles(0, tiles);
            call.multiply(0, units);
            return;
        }
        workers.run(worker -> call.packTiles(Workers.share(tiles, threads, worker), Workers.share(tiles, threads, worker + 1)));
        workers.run(worker -> call.multiply(Workers.share(units, threads, worker), Workers.share(units, threads, worker + 1)));
    }

    /// One product. Every worker reads all of x, so it is packed by all of them before any of them multiplies.
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Call(Tensor x, WeightMatrix w, Tensor y, Epilogue epilogue, float[] scratch) {
        Call {
            if (x.width() != w.in() || y.width() != w.out() || x.rows() != y.rows()) {
                throw new IllegalArgumentException("matmul with weight [%d, %d]: expected x [m, %d] and y [m, %d], got x %s and y %s"
                        .formatted(w.out(), w.in(), w.in(), w.out(), x.shape(), y.shape()));
            }
            int needed = scratchSize(x.rows(), w.in(), w.out());
            if (scratch.length < needed) {
                throw new IllegalArgumentException(
                        "matmul of x %s: expected scratch of %d floats, got %d".formatted(x.shape(), needed, scratch.length));
            }
        }

        void packTiles(int from, int to) {
            Packing.packTiles(x.array(), x.offset(), x.rowStride(), x.rows(), x.width(), scratch, 0, from, to);
        }

        void multiply(int from, int to) {
            Gemm.run(
                    x.rows(), w.out(), w.in(), scratch, w.panels(), w.bias(), y.array(), y.offset(), y.rowStride(), epilogue, from, to);
        }
    }
}
