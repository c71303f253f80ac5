package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// BERT (Devlin et al. 2018, arXiv:1810.04805), RoBERTa and DistilBERT, which differ in a table and in where positions begin: embeddings
/// and blocks with the norms after the sums. Nothing is masked: texts lie one after the other without padding. Immutable.
public final class BertEncoder {
    private final BertEmbedding embedding;
    private final List<BertLayer> layers;

    /// Reads the tower.
    ///
    /// @param tower [ParameterNames#TEXT]
    /// @param positions the rows of the table of positions
    /// @param firstPosition the row of a text's first position
    /// @param types the rows of the table of segments; 0 when there is none
    public BertEncoder(
            ParameterReader parameters, String tower, int vocabulary, int positions, int firstPosition, int types, int count, int width,
            int heads, int mlpWidth, Activation activation, double epsilon)
            throws IOException {
        this.embedding = new BertEmbedding(
                parameters, tower + "embeddings", vocabulary, positions, firstPosition, types, width, epsilon);
        List<BertLayer> read = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            read.add(new BertLayer(parameters, layer(tower, i), width, heads, mlpWidth, activation, epsilon));
        }
        this.layers = List.copyOf(read);
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(
            String tower, int vocabulary, int positions, int types, int count, int width, int mlpWidth) {
        return Stream.concat(
                BertEmbedding.specs(tower + "embeddings", vocabulary, positions, types, width),
                IntStream.range(0, count).mapToObj(i -> BertLayer.specs(layer(tower, i), width, mlpWidth)).flatMap(Function.identity()));
    }

    private static String layer(String tower, int i) {
        return tower + "encoder.layer." + i;
    }

    /// y = head(layers(embedding(ids))), a row for each text
    ///
    /// @param tree the texts, which share nothing
    /// @param y `[texts, outputDim]`, overwritten
    public void forward(PrefixTree tree, int from, int to, BertHead head, Tensor y, Workspace ws) {
        Sequences sequences = tree.sequences(from, to);
        Tensor x = ws.residual(sequences.rows());
        for (int t = from; t < to; t++) {
            embedding.sum(tree.text(t), x, sequences.starts()[t - from]);
        }
        embedding.norm(x, ws); //                                  [m, d]
        for (BertLayer layer : layers) {
            layer.forward(x, sequences, ws);
        }
        head.forward(x, sequences, ws.pooled(to - from), y, ws); // [texts, outputDim]
    }

    /// [#forward] of one text, and `trace` sees every part.
    ///
    /// @param y `[1, outputDim]`, overwritten
    public void trace(int[] ids, BertHead head, Tensor y, Workspace ws, Trace trace) {
        Sequences sequences = Sequences.of(new int[] {ids.length}, new int[] {0});
        Tensor x = ws.residual(ids.length);
        embedding.trace(ids, x, ws, trace);
        for (BertLayer layer : layers) {
            layer.trace(x, sequences, ws, trace);
        }
        head.trace(x, sequences, ws.pooled(1), y, ws, trace);
    }
}
