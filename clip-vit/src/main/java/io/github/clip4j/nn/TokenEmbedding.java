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

    /// x[i] = tokens[ids[first + i]] + positions[first + i], for `x.rows()` ids of one text
    ///
    /// @param x `[n, d]`, overwritten
    public void forward(int[] ids, int first, Tensor x) {
        for (int i = 0; i < x.rows(); i++) {
            Elementwise.add(tokens, ids[first + i] * width, positions, (first + i) * width, x.array(), x.rowOffset(i), width);
        }
    }
}
