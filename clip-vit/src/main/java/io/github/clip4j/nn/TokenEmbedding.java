package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.RowTable;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;

/// Token ids as vectors: tokens + positions, or √d·tokens + positions. Immutable.
public final class TokenEmbedding {
    static final String TOKENS = ".token_embedding.weight";

    private final String name;
    private final RowTable tokens; //   [vocabulary, d]
    private final float[] positions; // [context, d]
    private final int width;
    private final float scale; // of tokens

    private TokenEmbedding(String name, RowTable tokens, float[] positions, int width, float scale) {
        this.name = name;
        this.tokens = tokens;
        this.positions = positions;
        this.width = width;
        this.scale = scale;
    }

    /// @param name such as `text_model.embeddings`
    /// @param context the number of positions
    public TokenEmbedding(ParameterReader parameters, String name, int vocabulary, int context, int width) throws IOException {
        this(
                name, parameters.table(name + TOKENS, vocabulary, width),
                parameters.vector(name + PatchEmbedding.POSITIONS, context * width), width, 1);
    }

    /// Reads one whose tokens are scaled and whose positions are computed, as M2M100 has it (transformers `modeling_m2m_100.py`, classes
    /// `M2M100ScaledWordEmbedding` and `M2M100SinusoidalPositionalEmbedding`).
    ///
    /// @param firstPosition the number of a text's first position: padding's is before it
    public static TokenEmbedding sinusoidal(
            ParameterReader parameters, String name, int vocabulary, int context, int width, int firstPosition) throws IOException {
        return new TokenEmbedding(
                name, parameters.table(name + TOKENS, vocabulary, width), Sinusoids.rows(firstPosition, context, width), width,
                (float) Math.sqrt(width));
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String name, int vocabulary, int context, int width) {
        return Stream.of(
                new TensorSpec(name + TOKENS, Shape.of(vocabulary, width)),
                new TensorSpec(name + PatchEmbedding.POSITIONS, Shape.of(context, width)));
    }

    /// What [#sinusoidal] reads.
    public static Stream<TensorSpec> specsOfSinusoidal(String name, int vocabulary, int width) {
        return Stream.of(new TensorSpec(name + TOKENS, Shape.of(vocabulary, width)));
    }

    /// x[row + i] = scale·tokens[ids[first + i]] + positions[first + i], for the ids of one text from `first` to its end
    ///
    /// @param x `[m, d]`; rows from `row` on are overwritten
    public void forward(int[] ids, int first, Tensor x, int row) {
        for (int i = first; i < ids.length; i++) {
            if (scale == 1) {
                tokens.add(ids[i], positions, i * width, x.array(), x.rowOffset(row + i - first));
            } else {
                tokens.addScaled(ids[i], scale, positions, i * width, x.array(), x.rowOffset(row + i - first));
            }
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
