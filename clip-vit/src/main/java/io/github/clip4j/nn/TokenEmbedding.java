package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.RowTable;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;

/// Token ids as vectors. Immutable.
public final class TokenEmbedding {
    static final String TOKENS = ".token_embedding.weight";

    private final String name;
    private final RowTable tokens; //   [vocabulary, d]
    private final float[] positions; // [context, d]
    private final int width;

    /// @param name such as `text_model.embeddings`
    /// @param context the number of positions
    public TokenEmbedding(ParameterReader parameters, String name, int vocabulary, int context, int width) throws IOException {
        this.name = name;
        this.tokens = parameters.table(name + TOKENS, vocabulary, width);
        this.positions = parameters.vector(name + PatchEmbedding.POSITIONS, context * width);
        this.width = width;
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String name, int vocabulary, int context, int width) {
        return Stream.of(
                new TensorSpec(name + TOKENS, Shape.of(vocabulary, width)),
                new TensorSpec(name + PatchEmbedding.POSITIONS, Shape.of(context, width)));
    }

    /// x[row + i] = tokens[ids[first + i]] + positions[first + i], for the ids of one text from `first` to its end
    ///
    /// @param x `[m, d]`; rows from `row` on are overwritten
    public void forward(int[] ids, int first, Tensor x, int row) {
        for (int i = first; i < ids.length; i++) {
            tokens.add(ids[i], positions, i * width, x.array(), x.rowOffset(row + i - first));
        }
    }

    /// [#forward] of a whole text, and `trace` sees x.
    ///
    /// @param x `[n, d]`, overwritten
    public void trace(int[] ids, Tensor x, Trace trace) {
        forward(ids, 0, x, 0);
        trace.edit(name, x);
    }
}
