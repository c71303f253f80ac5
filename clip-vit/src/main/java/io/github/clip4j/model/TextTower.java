package io.github.clip4j.model;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.nn.BertEncoder;
import io.github.clip4j.nn.BertHead;
import io.github.clip4j.nn.ParameterNames;
import io.github.clip4j.nn.ParameterReader;
import io.github.clip4j.nn.PooledProjection;
import io.github.clip4j.nn.PrefixTree;
import io.github.clip4j.nn.Sequences;
import io.github.clip4j.nn.TokenEmbedding;
import io.github.clip4j.nn.Trace;
import io.github.clip4j.nn.Transformer;
import io.github.clip4j.nn.Workspace;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The layers of a text encoder, and what one forward pass does with them. [TextEncoder] says which texts are a pass.
sealed interface TextTower {
    /// Encodes texts `from` to `to` of a tree.
    ///
    /// @param y `[texts, outputDim]`, overwritten
    void forward(PrefixTree tree, int from, int to, Tensor y, Workspace ws);

    /// Encodes one text, and `trace` sees every stage.
    ///
    /// @return `[1, outputDim]`
    Tensor trace(int[] ids, int pooled, Workspace ws, Trace trace);

    /// Reads a tower.
    static TextTower read(TextConfig config, ParameterReader parameters) throws IOException {
        return switch (config.head()) {
            case TextHead.EndOfText _, TextHead.EndOfPaddedText _, TextHead.LastPosition _, TextHead.FirstPosition _ ->
                Clip.of(config, parameters);
            case TextHead.Bert bert -> Bert.of(config, bert, parameters);
        };
    }

    /// What [#read] reads.
    static Stream<TensorSpec> specs(TextConfig config) {
        return switch (config.head()) {
            case TextHead.EndOfText _, TextHead.EndOfPaddedText _, TextHead.LastPosition _, TextHead.FirstPosition _ -> Clip.specs(config);
            case TextHead.Bert bert -> Bert.specs(config, bert);
        };
    }

    /// CLIP's, SigLIP's, CLIPA's, MobileCLIP's and NLLB-CLIP's: the norms come first, and one position is read.
    ///
    /// @param head is read at the pooled position
    /// @param family says which position that is
    record Clip(TokenEmbedding embedding, Transformer transformer, PooledProjection head, TextHead family) implements TextTower {
        private static Clip of(TextConfig config, ParameterReader parameters) throws IOException {
            TransformerConfig t = config.transformer();
            int d = t.width();
            double epsilon = t.layerNormEpsilon();
            boolean causal = config.head() instanceof TextHead.EndOfText;
            String name = ParameterNames.TEXT_EMBEDDINGS;
            int vocabulary = config.vocabularySize();
            TokenEmbedding embedding = config.head() instanceof TextHead.FirstPosition head
                    ? TokenEmbedding.sinusoidal(parameters, name, vocabulary, config.contextLength(), d, head.firstPosition())
                    : new TokenEmbedding(parameters, name, vocabulary, config.contextLength(), d);
            Transformer transformer = new Transformer(
                    parameters, ParameterNames.TEXT, t.layers(), d, t.heads(), t.mlpWidth(), t.activation(), epsilon, causal);
            PooledProjection head = isBiased(config)
                    ? PooledProjection.withBias(
                            parameters, ParameterNames.FINAL_NORM, ParameterNames.TEXT_HEAD_LAYER, d, config.projectionDim(), epsilon)
                    : new PooledProjection(
                            parameters, ParameterNames.FINAL_NORM, ParameterNames.TEXT_PROJECTION_LAYER, d, config.projectionDim(),
                            epsilon);
            return new Clip(embedding, transformer, head, config.head());
        }

        private static Stream<TensorSpec> specs(TextConfig config) {
            TransformerConfig t = config.transformer();
            int d = t.width();
            OptionalInt dim = config.projectionDim();
            return Stream.of(
                    config.head() instanceof TextHead.FirstPosition
                            ? TokenEmbedding.specsOfSinusoidal(ParameterNames.TEXT_EMBEDDINGS, config.vocabularySize(), d)
                            : TokenEmbedding.specs(ParameterNames.TEXT_EMBEDDINGS, config.vocabularySize(), config.contextLength(), d),
                    Transformer.specs(ParameterNames.TEXT, t.layers(), d, t.mlpWidth()),
                    isBiased(config)
                            ? PooledProjection.specsWithBias(ParameterNames.FINAL_NORM, ParameterNames.TEXT_HEAD_LAYER, d, dim)
                            : PooledProjection.specs(ParameterNames.FINAL_NORM, ParameterNames.TEXT_PROJECTION_LAYER, d, dim))
                    .flatMap(Function.identity());
        }

        private static boolean isBiased(TextConfig config) {
            return config.head() instanceof TextHead.LastPosition(_, boolean biased) && biased;
        }

        /// Texts, each read at its pooled position; a tree ends a causal text there, and any other with its last token.
        private Sequences sequences(PrefixTree tree, int from, int to) {
            Sequences sequences = tree.sequences(from, to);
            return switch (family) {
                case TextHead.FirstPosition _ -> sequences.readAt(new int[sequences.count()]);
                case TextHead.EndOfPaddedText end ->
                    sequences.readAt(IntStream.range(from, to).map(t -> end.position(tree.text(t))).toArray());
                case TextHead.EndOfText _, TextHead.LastPosition _, TextHead.Bert _ -> sequences;
            };
        }

        /// y = finalNorm(transformer(tokens + positions))[pooled position]·Pᵀ, or with a bias
        @Override
        public void forward(PrefixTree tree, int from, int to, Tensor y, Workspace ws) {
            Sequences sequences = sequences(tree, from, to);
            Tensor x = ws.residual(sequences.rows());
            for (int t = from; t < to; t++) {
                embedding.forward(tree.text(t), tree.shared(t, from), x, sequences.starts()[t - from]);
            }
            Tensor pooled = ws.pooled(to - from); //        [texts, d]
            transformer.forward(x, sequences, pooled, ws);
            head.forward(pooled, y, ws); //                 [texts, outputDim]
        }

        @Override
        public Tensor trace(int[] ids, int pooled, Workspace ws, Trace trace) {
            Tensor x = ws.residual(ids.length);
            embedding.trace(ids, x, trace); //                             [n, d]
            transformer.trace(x, Sequences.of(new int[] {ids.length}, new int[] {pooled}), ws, trace);
            return head.trace(x, pooled, ws, trace); //                    [1, outputDim]
        }
    }

    /// BERT's: the norms come after the sums, and a row of the output is projected.
    ///
    /// @param outputDim the width of an embedding
    record Bert(BertEncoder encoder, BertHead head, int outputDim) implements TextTower {
        private static Bert of(TextConfig config, TextHead.Bert bert, ParameterReader parameters) throws IOException {
            TransformerConfig t = config.transformer();
            BertEncoder encoder = new BertEncoder(
                    parameters, ParameterNames.TEXT, config.vocabularySize(), bert.positions(), bert.firstPosition(), bert.types(),
                    t.layers(), t.width(), t.heads(), t.mlpWidth(), t.activation(), t.layerNormEpsilon());
            BertHead head = BertHead.read(
                    parameters, bert.pooling() == TextHead.Bert.Rows.MEAN, names(bert), bert.widths(t.width()), hasBias(bert));
            return new Bert(encoder, head, config.outputDim());
        }

        private static Stream<TensorSpec> specs(TextConfig config, TextHead.Bert bert) {
            TransformerConfig t = config.transformer();
            return Stream.concat(
                    BertEncoder.specs(
                            ParameterNames.TEXT, config.vocabularySize(), bert.positions(), bert.types(), t.layers(), t.width(),
                            t.mlpWidth()),
                    BertHead.specs(names(bert), bert.widths(t.width()), hasBias(bert)));
        }

        private static List<String> names(TextHead.Bert bert) {
            return bert.layers().stream().map(layer -> ParameterNames.TEXT_PROJECTION_LAYER + layer).toList();
        }

        private static boolean hasBias(TextHead.Bert bert) {
            return bert.projection() == TextHead.Bert.Projection.LINEAR_WITH_BIAS;
        }

        @Override
        public void forward(PrefixTree tree, int from, int to, Tensor y, Workspace ws) {
            encoder.forward(tree, from, to, head, y, ws);
        }

        @Override
        public Tensor trace(int[] ids, int pooled, Workspace ws, Trace trace) {
            Tensor y = Tensor.zeros(1, outputDim);
            encoder.trace(ids, head, y, ws, trace);
            return y;
        }
    }
}
