package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.Elementwise;
import java.io.IOException;

/// Token ids as vectors. Immutable.
public final class TokenEmbedding {
    private final float[] tokens;
    private final float[] positions;
    private final int width;

    public TokenEmbedding(ParameterReader parameters, String tokens, String positions, int width) throws IOException {
        this.tokens = parameters.vector(tokens);
        this.positions = parameters.vector(positions);
        this.width = width;
    }

    /// x[row + i] = tokens[ids[first + i]] + positions[first + i], for the ids of one text from `first` to its end
    ///
    /// @param x `[m, d]`; rows from `row` on are overwritten
    public void forward(int[] ids, int first, Tensor x, int row) {
        for (int i = first; i < ids.length; i++) {
            Elementwise.add(tokens, ids[i] * width, positions, i * width, x.array(), x.rowOffset(row + i - first), width);
        }
    }
}
