package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A stack of blocks. Immutable.
public final class Transformer {
    private final List<Block> blocks;

    /// Reads the blocks `name0.`, `name1.`, ….
    ///
    /// @param names the prefixes of the blocks' parameters
    public Transformer(
            ParameterReader parameters, List<String> names, int width, int heads, int mlpWidth, Activation activation, double epsilon,
            boolean causal)
            throws IOException {
        List<Block> read = new ArrayList<>();
        for (String name : names) {
            read.add(new Block(parameters, name, width, heads, mlpWidth, activation, epsilon, causal));
        }
        this.blocks = List.copyOf(read);
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

    /// Runs block `layer` at all positions, for who wants to see each layer's output.
    ///
    /// @param x the residual stream, `[m, d]`, updated in place
    public void forwardBlock(int layer, Tensor x, Sequences sequences, Workspace ws) {
        blocks.get(layer).forward(x, sequences, ws);
    }

    List<Block> blocks() {
        return blocks;
    }
}
