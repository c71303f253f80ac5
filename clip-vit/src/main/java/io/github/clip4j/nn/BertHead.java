package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MeanRows;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The end of a BERT text encoder: one row of each text, its first or the mean of all, and linear layers with GELU between them. Immutable.
public final class BertHead {
    private final boolean mean;
    private final List<Linear> layers;
    private final List<String> names;

    private BertHead(boolean mean, List<Linear> layers, List<String> names) {
        this.mean = mean;
        this.layers = layers;
        this.names = names;
    }

    /// Reads the layers.
    ///
    /// @param mean whether the mean of a text's rows is taken; else its first row
    /// @param names of the layers, such as `text_projection`; none when the tower ends with the pooled row
    /// @param widths of the pooled row and of each layer's output
    /// @param bias whether the layers have one
    public static BertHead read(ParameterReader parameters, boolean mean, List<String> names, int[] widths, boolean bias)
            throws IOException {
        Linear[] layers = new Linear[names.size()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = bias ? Linear.read(parameters, widths[i + 1], widths[i], names.get(i))
                    : Linear.readWithoutBias(parameters, widths[i + 1], widths[i], names.get(i));
        }
        return new BertHead(mean, Arrays.asList(layers), names);
    }

    /// What [#read] reads.
    public static Stream<TensorSpec> specs(List<String> names, int[] widths, boolean bias) {
        Stream<TensorSpec> specs = Stream.empty();
        for (int i = 0; i < names.size(); i++) {
            specs = Stream.concat(specs, bias ? Linear.specs(widths[i + 1], widths[i], names.get(i))
                    : Linear.specsWithoutBias(widths[i + 1], widths[i], names.get(i)));
        }
        return specs;
    }

    /// y = layers(pool(x)), a row for each sequence
    ///
    /// @param x `[m, d]`
    /// @param pooled `[sequences, d]`, overwritten
    /// @param y `[sequences, outputDim]`, overwritten
    void forward(Tensor x, Sequences sequences, Tensor pooled, Tensor y, Workspace ws) {
        pool(x, sequences, layers.isEmpty() ? y : pooled);
        switch (layers.size()) {
            case 0 -> {}
            case 1 -> layers.getFirst().forward(pooled, y, ws); // [sequences, outputDim]
            default -> {
                Tensor h = ws.hidden(pooled.rows()).columns(0, layers.getFirst().out());
                layers.getFirst().forward(pooled, Activation.GELU, h, ws);
                layers.getLast().forward(h, y, ws); //             [sequences, outputDim]
            }
        }
    }

    private void pool(Tensor x, Sequences sequences, Tensor pooled) {
        for (int s = 0; s < sequences.count(); s++) {
            int first = sequences.starts()[s];
            MeanRows.mean(x, first, mean ? sequences.starts()[s + 1] : first + 1, pooled, s);
        }
    }

    /// [#forward] of one sequence, and `trace` sees the layers.
    ///
    /// @param x `[n, d]`
    /// @param y `[1, outputDim]`, overwritten
    void trace(Tensor x, Sequences sequences, Tensor pooled, Tensor y, Workspace ws, Trace trace) {
        forward(x, sequences, pooled, y, ws);
        if (!names.isEmpty()) {
            trace.see(names.getLast(), y);
        }
    }
}
