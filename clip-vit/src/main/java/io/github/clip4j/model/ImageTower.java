package io.github.clip4j.model;

import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.nn.AttentionPool;
import io.github.clip4j.nn.LayerNormLayer;
import io.github.clip4j.nn.ParameterNames;
import io.github.clip4j.nn.ParameterReader;
import io.github.clip4j.nn.PatchEmbedding;
import io.github.clip4j.nn.PatchMean;
import io.github.clip4j.nn.PooledProjection;
import io.github.clip4j.nn.Transformer;
import java.io.IOException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The layers of an image encoder. [ImageEncoder] says which images are a pass, and what one does with the layers.
///
/// @param preNorm the norm before the blocks, in CLIP
/// @param head makes one vector of the blocks' outputs
record ImageTower(PatchEmbedding patchEmbedding, @Nullable LayerNormLayer preNorm, Transformer transformer, Head head) {
    /// What makes one vector of the blocks' outputs.
    sealed interface Head {
        /// y = norm(x[class])·Pᵀ, or with a bias
        record Projected(PooledProjection projection) implements Head {}

        /// y = norm(mean(x[patches]))·Pᵀ
        record Averaged(PatchMean mean) implements Head {}

        /// y = pool(norm(x))
        record Attending(LayerNormLayer norm, AttentionPool pool) implements Head {}
    }

    /// Reads a tower.
    static ImageTower read(VisionConfig config, ParameterReader parameters) throws IOException {
        TransformerConfig t = config.transformer();
        int d = t.width();
        double epsilon = t.layerNormEpsilon();
        PatchEmbedding embedding = new PatchEmbedding(
                parameters, ParameterNames.VISION_EMBEDDINGS, form(config.head()), VisionConfig.CHANNELS, config.patchSize(), config.grid(),
                d);
        LayerNormLayer preNorm = hasPreNorm(config.head()) ? new LayerNormLayer(parameters, ParameterNames.PRE_NORM, d, epsilon) : null;
        Transformer transformer = new Transformer(
                parameters, ParameterNames.VISION, t.layers(), d, t.heads(), t.mlpWidth(), t.activation(), epsilon, false);
        Head head = switch (config.head()) {
            case ImageHead.ClassToken _, ImageHead.ConvStem _ -> new Head.Projected(projection(parameters, config));
            case ImageHead.PatchMean _ -> new Head.Averaged(new PatchMean(projection(parameters, config)));
            case ImageHead.AttentionPool _ -> new Head.Attending(
                    new LayerNormLayer(parameters, ParameterNames.POST_NORM, d, epsilon),
                    new AttentionPool(parameters, ParameterNames.ATTENTION_POOL, d, t.heads(), t.mlpWidth(), t.activation(), epsilon));
        };
        return new ImageTower(embedding, preNorm, transformer, head);
    }

    /// What [#read] reads.
    static Stream<TensorSpec> specs(VisionConfig config) {
        TransformerConfig t = config.transformer();
        int d = t.width();
        Stream<TensorSpec> embedding = PatchEmbedding.specs(
                ParameterNames.VISION_EMBEDDINGS, form(config.head()), VisionConfig.CHANNELS, config.patchSize(), config.grid(), d);
        Stream<TensorSpec> norm = hasPreNorm(config.head()) ? LayerNormLayer.specs(ParameterNames.PRE_NORM, d) : Stream.empty();
        Stream<TensorSpec> blocks = Transformer.specs(ParameterNames.VISION, t.layers(), d, t.mlpWidth());
        Stream<TensorSpec> end = switch (config.head()) {
            case ImageHead.ClassToken _, ImageHead.ConvStem _, ImageHead.PatchMean _ -> isBiased(config.head())
                    ? PooledProjection.specsWithBias(
                            ParameterNames.POST_NORM, ParameterNames.VISUAL_PROJECTION_LAYER, d, config.projectionDim())
                    : PooledProjection.specs(ParameterNames.POST_NORM, ParameterNames.VISUAL_PROJECTION_LAYER, d, config.projectionDim());
            case ImageHead.AttentionPool _ -> Stream.concat(
                    LayerNormLayer.specs(ParameterNames.POST_NORM, d), AttentionPool.specs(ParameterNames.ATTENTION_POOL, d, t.mlpWidth()));
        };
        return Stream.of(embedding, norm, blocks, end).flatMap(Function.identity());
    }

    private static boolean hasPreNorm(ImageHead head) {
        return head instanceof ImageHead.ClassToken;
    }

    private static boolean isBiased(ImageHead head) {
        return head instanceof ImageHead.ConvStem || (head instanceof ImageHead.ClassToken token && token.biased());
    }

    private static PatchEmbedding.Form form(ImageHead head) {
        return switch (head) {
            case ImageHead.ClassToken _, ImageHead.PatchMean _ -> PatchEmbedding.Form.CLASS_TOKEN;
            case ImageHead.ConvStem _ -> PatchEmbedding.Form.CONV_STEM;
            case ImageHead.AttentionPool _ -> PatchEmbedding.Form.PATCHES_WITH_BIAS;
        };
    }

    private static PooledProjection projection(ParameterReader parameters, VisionConfig config) throws IOException {
        int d = config.transformer().width();
        double epsilon = config.transformer().layerNormEpsilon();
        String norm = ParameterNames.POST_NORM;
        String layer = ParameterNames.VISUAL_PROJECTION_LAYER;
        return isBiased(config.head())
                ? PooledProjection.withBias(parameters, norm, layer, d, config.projectionDim(), epsilon)
                : new PooledProjection(parameters, norm, layer, d, config.projectionDim(), epsilon);
    }
}
