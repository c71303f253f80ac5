package io.github.clip4j.model;

/// The image encoder: a vision transformer (Dosovitskiy et al. 2020, arXiv:2010.11929 §3.1) with a layer norm before the blocks.
///
/// @param imageSize the edge of the square input, pixels
/// @param patchSize the edge of a patch, pixels; pixels that do not fill one are dropped
/// @param transformer the blocks
/// @param projectionDim the width of an embedding; 0 when the tower ends before the projection
public record VisionConfig(int imageSize, int patchSize, TransformerConfig transformer, int projectionDim) {
    /// Red, green, blue.
    public static final int CHANNELS = 3;

    public VisionConfig {
        TransformerConfig.requirePositive("patch size", patchSize);
        if (imageSize < patchSize) {
            throw new IllegalArgumentException("image size: expected at least the patch size %d, got %d".formatted(patchSize, imageSize));
        }
        long tokens = ((long) imageSize / patchSize) * (imageSize / patchSize) + 1;
        TransformerConfig.requireArray("position embeddings", tokens, transformer.width());
        TransformerConfig.requireArray("patch embedding", 3L * patchSize * patchSize, transformer.width());
        TransformerConfig.requireArray("picture", imageSize, 3L * imageSize);
        TransformerConfig.requireArray("visual projection", projectionDim, transformer.width());
        if (projectionDim < 0) {
            throw new IllegalArgumentException("projection width: expected at least 0, got " + projectionDim);
        }
    }

    /// This config with another width of its projection.
    public VisionConfig withProjection(int dim) {
        return new VisionConfig(imageSize, patchSize, transformer, dim);
    }

    /// This config for pictures of another size.
    public VisionConfig withImageSize(int size) {
        return new VisionConfig(size, patchSize, transformer, projectionDim);
    }

    /// Patches along an edge.
    public int grid() {
        return imageSize / patchSize;
    }

    /// Positions of the transformer: the patches and the class token.
    public int tokens() {
        return grid() * grid() + 1;
    }

    /// Numbers in a patch.
    public int patchElements() {
        return CHANNELS * patchSize * patchSize;
    }

    /// The width of what the encoder returns.
    public int outputDim() {
        return projectionDim > 0 ? projectionDim : transformer.width();
    }
}
