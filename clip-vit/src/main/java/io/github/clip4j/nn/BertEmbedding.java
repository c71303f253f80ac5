package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.RowTable;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.function.Function;
import java.util.stream.Stream;

/// Token ids as vectors: norm(token + position + type of the first segment) (transformers `modeling_bert.py`, class `BertEmbeddings`).
/// Immutable.
///
/// All tokens of a text are of the first segment, so its row is added to the positions once.
final class BertEmbedding {
    static final String TOKENS = ".word_embeddings.weight";
    static final String POSITIONS = ".position_embeddings.weight";
    static final String TYPES = ".token_type_embeddings.weight";
    private static final String NORM = ".LayerNorm";

    private final String name;
    private final RowTable tokens; //   [vocabulary, d]
    private final float[] positions; // [positions, d]
    private final LayerNormLayer norm;
    private final int firstPosition;
    private final int width;

    /// @param name such as `text_model.embeddings`
    /// @param firstPosition the row of the first token's position: RoBERTa's padding has the rows before it
    /// @param types the rows of the table of segments; 0 when there is none
    BertEmbedding(
            ParameterReader parameters, String name, int vocabulary, int positions, int firstPosition, int types, int width, double epsilon)
            throws IOException {
        this.name = name;
        this.tokens = parameters.table(name + TOKENS, vocabulary, width);
        this.positions = parameters.vector(name + POSITIONS, positions * width);
        this.firstPosition = firstPosition;
        this.width = width;
        if (types > 0) {
            float[] type = parameters.vector(name + TYPES, types * width);
            for (int row = 0; row < positions; row++) {
                for (int i = 0; i < width; i++) {
                    this.positions[row * width + i] += type[i];
                }
            }
        }
        this.norm = new LayerNormLayer(parameters, name + NORM, width, epsilon);
    }

    /// What the constructor reads.
    static Stream<TensorSpec> specs(String name, int vocabulary, int positions, int types, int width) {
        return Stream.of(
                Stream.of(new TensorSpec(name + TOKENS, Shape.of(vocabulary, width))),
                Stream.of(new TensorSpec(name + POSITIONS, Shape.of(positions, width))),
                types == 0 ? Stream.<TensorSpec>empty() : Stream.of(new TensorSpec(name + TYPES, Shape.of(types, width))),
                LayerNormLayer.specs(name + NORM, width)).flatMap(Function.identity());
    }

    /// The sum of one text; [#norm] follows, over all texts.
    ///
    /// @param x `[m, d]`; rows from `row` on are overwritten
    void sum(int[] ids, Tensor x, int row) {
        for (int i = 0; i < ids.length; i++) {
            tokens.add(ids[i], positions, (firstPosition + i) * width, x.array(), x.rowOffset(row + i));
        }
    }

    /// @param x `[m, d]`, updated in place
    void norm(Tensor x, Workspace ws) {
        norm.forward(x, x, ws);
    }

    /// The whole for one text, and `trace` sees it.
    ///
    /// @param x `[n, d]`, overwritten
    void trace(int[] ids, Tensor x, Workspace ws, Trace trace) {
        sum(ids, x, 0);
        norm.trace(x, x, ws, trace);
        trace.edit(name, x);
    }
}
