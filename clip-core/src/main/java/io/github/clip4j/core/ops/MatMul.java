package io.github.clip4j.core.ops;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.gemm.Gemm;
import io.github.clip4j.core.kernel.gemm.Gemm.Epilogue;
import io.github.clip4j.core.kernel.gemm.GemmShape;
import io.github.clip4j.core.kernel.gemm.Packing;
import io.github.clip4j.core.parallel.Workers;

/// y = x·Wᵀ + b and the forms of it that a transformer needs.
///
/// One product at a time: an instance belongs to one forward pass. It is made with its scratch, and a product then allocates nothing.
public final class MatMul {
    private final float[] scratch;
    private final Workers workers;
    private final Workers.Task packShare = this::packShare;
    private final Workers.Task multiplyShare = this::multiplyShare;

    // The product in hand. Fields, because an object for each would have to be allocated; the team sees them once it is given a task.
    private Tensor x = Tensor.zeros(1, 1);
    private Tensor y = x;
    private WeightMatrix w = new WeightMatrix(1, 1);
    private Epilogue epilogue = Epilogue.STORE;

    /// @param scratchSize in floats: the largest [#scratchSize(int, int, int)] of the products to come
    public MatMul(int scratchSize, Workers workers) {
        this.scratch = new float[scratchSize];
        this.workers = workers;
    }

    /// The floats of scratch that the product of `[m, in]` with a weight of `out` outputs needs.
    public static int scratchSize(int m, int in, int out) {
        return Gemm.scratchSize(m, out, in);
    }

    /// The memory of its scratch, in bytes.
    public long bytes() {
        return (long) scratch.length * Float.BYTES;
    }

    /// y = x·Wᵀ + b
    ///
    /// @param x `[m, in]`
    /// @param y `[m, out]`, overwritten; not `x`
    /// @throws IllegalArgumentException when the shapes do not fit, and nothing is written
    public void linear(Tensor x, WeightMatrix w, Tensor y) {
        run(x, w, y, Epilogue.STORE);
    }

    /// y = activation(x·Wᵀ + b)
    public void linear(Tensor x, WeightMatrix w, Activation activation, Tensor y) {
        run(x, w, y, epilogue(activation));
    }

    private static Epilogue epilogue(Activation activation) {
        return switch (activation) {
            case QUICK_GELU -> Epilogue.QUICK_GELU;
            case GELU -> Epilogue.GELU;
            case GELU_TANH -> Epilogue.GELU_TANH;
            case RELU -> Epilogue.RELU;
        };
    }

    /// y = y + x·Wᵀ + b: the end of a residual branch
    public void linearAdd(Tensor x, WeightMatrix w, Tensor y) {
        run(x, w, y, Epilogue.ADD);
    }

    private void run(Tensor input, WeightMatrix weight, Tensor output, Epilogue end) {
        check(input, weight, output);
        x = input;
        w = weight;
        y = output;
        epilogue = end;
        workers.run(packShare); // all of x is packed before anyone multiplies, because everyone reads all of it
        workers.run(multiplyShare);
    }

    private void check(Tensor input, WeightMatrix weight, Tensor output) {
        if (input.width() != weight.in() || output.width() != weight.out() || input.rows() != output.rows()) {
            throw new IllegalArgumentException("matmul with weight [%d, %d]: expected x [m, %d] and y [m, %d], got x %s and y %s"
                    .formatted(weight.out(), weight.in(), weight.in(), weight.out(), input.shape(), output.shape()));
        }
        int needed = scratchSize(input.rows(), weight.in(), weight.out());
        if (scratch.length < needed) {
            throw new IllegalArgumentException(
                    "matmul of x %s: expected scratch of %d floats, got %d".formatted(input.shape(), needed, scratch.length));
        }
    }

    private void packShare(int worker) {
        int tiles = GemmShape.tiles(x.rows());
        int from = Workers.share(tiles, workers.threads(), worker);
        int to = Workers.share(tiles, workers.threads(), worker + 1);
        Packing.packTiles(workers.form(), x.array(), x.offset(), x.rowStride(), x.rows(), x.width(), scratch, 0, from, to);
    }

    private void multiplyShare(int worker) {
        int units = Gemm.units(x.rows(), w.out());
        int from = Workers.share(units, workers.threads(), worker);
        int to = Workers.share(units, workers.threads(), worker + 1);
        Gemm.run(
                workers.form(), x.rows(), w.out(), w.in(), scratch, w.panels(), w.bias(), y.array(), y.offset(), y.rowStride(), epilogue,
                from, to);
    }
}
