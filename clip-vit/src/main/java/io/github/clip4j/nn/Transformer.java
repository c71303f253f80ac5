package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A stack of blocks. Immutable.
public final class Transformer {
    private final List<Block> blocks;

    /// Reads the blocks of a tower.
    ///
    /// @param tower [ParameterNames#VISION] or [ParameterNames#TEXT]
    /// @param epsilon of the layer norms
    /// @param causal whether a position attends to itself and earlier positions only
    public Transformer(
            ParameterReader parameters, String tower, int layers, int width, int heads, int mlpWidth, Activation activation, double epsilon,
            boolean causal)
            throws IOException {
        List<Block> read = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            read.add(new Block(parameters, name(tower, layer), width, heads, mlpWidth, activation, epsilon, causal));
        }
        this.blocks = List.copyOf(read);
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String tower, int layers, int width, int mlpWidth) {
        return IntStream.range(0, layers).boxed().flatMap(layer -> Block.specs(name(tower, layer), width, mlpWidth));
    }

    static String name(String tower, int layer) {
        return tower + "encoder.layers." + layer;
    }

    /// Runs all blocks; the last one only where the sequences are pooled.
    ///
    /// @param x the residual stream, `[m, d]`, overwritten
    /// @param pooled `[sequences, d]`, overwritten with the output at the pooled positions
    public void forward(Tensor x, Sequences sequences, Tensor pooled, Workspace ws) {
        for (int i = 0; i < blocks.size() - 1; i++) {
            blocks.get(i).forward(x, sequences, ws);
        }
        blocks.getLast().forwardPooled(x, sequences, pooled, ws);
    }

    /// Runs all blocks at all positions of one sequence; `contributions` are told what each adds at the pooled one.
    ///
    /// @param x the residual stream, `[n, d]`, updated in place
    public void forward(Tensor x, Sequences sequences, Workspace ws, Contributions contributions) {
        contributions.start(x);
        for (Block block : blocks) {
            block.forward(x, sequences, ws, contributions);
        }
    }

    /// Runs all blocks at all positions.
    ///
    /// @param x the residual stream, `[m, d]`, updated in place
    public void forward(Tensor x, Sequences sequences, Workspace ws) {
        for (Block block : blocks) {
            block.forward(x, sequences, ws);
        }
    }

    /// Runs all blocks at all positions of one sequence, and `trace` sees every part.
    ///
    /// @param x the residual stream, `[n, d]`, updated in place
    public void trace(Tensor x, Sequences sequences, Workspace ws, Trace trace) {
        for (Block block : blocks) {
            block.trace(x, sequences, ws, trace);
        }
    }
}
