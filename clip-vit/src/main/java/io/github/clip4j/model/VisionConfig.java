package io.github.clip4j.model;

import io.github.clip4j.core.Activation;
import java.util.OptionalInt;

/// The image encoder: a vision transformer (Dosovitskiy et al. 2020, arXiv:2010.11929 §3.1).
///
/// @param imageSize the edge of the square input, pixels
/// @param patchSize the edge of a patch, pixels; pixels that do not fill one are dropped
/// @param transformer the blocks
/// @param head how the outputs become one vector
public record VisionConfig(int imageSize, int patchSize, TransformerConfig transformer, ImageHead head) {
    /// Red, green, blue.
    public static final int CHANNELS = 3;

    private static final int STEM_PATCH = 16; // 4·2·2, the kernels of MobileCLIP-B
    private static final int STEM_WIDTHS = 4; // its first convolutions have a quarter of the width

    /// Checks the extents.
    ///
    /// @throws IllegalArgumentException for an image smaller than a patch, an extent below 1, or a parameter too large for an array
    public VisionConfig {
        TransformerConfig.requirePositive("patch size", patchSize);
        if (imageSize < patchSize) {
            throw new IllegalArgumentException("image size: expected at least the patch size %d, got %d".formatted(patchSize, imageSize));
        }
        long tokens = ((long) imageSize / patchSize) * (imageSize / patchSize) + tokensBeforePatches(head);
        TransformerConfig.requireArray("position embeddings", tokens, transformer.width());
        TransformerConfig.requireArray("patch", patchSize, 3L * patchSize);
        TransformerConfig.requireArray("patch embedding", 3L * patchSize * patchSize, transformer.width());
        TransformerConfig.requireArray("image", imageSize, 3L * imageSize);
        TransformerConfig.requireArray("visual projection", projectionDim(head).orElse(0), transformer.width());
        if (head instanceof ImageHead.ConvStem) {
            if (patchSize != STEM_PATCH || transformer.width() % STEM_WIDTHS != 0) {
                throw new IllegalArgumentException(
                        "convolutions of MobileCLIP-B: expected patches of %d and a width that is a multiple of %d, got %d and %d"
                                .formatted(STEM_PATCH, STEM_WIDTHS, patchSize, transformer.width()));
            }
            TransformerConfig.requireArray("patch embedding", transformer.width(), transformer.width());
        }
    }

    private static int tokensBeforePatches(ImageHead head) {
        return switch (head) {
            case ImageHead.ClassToken _, ImageHead.ConvStem _, ImageHead.PatchMean _ -> 1;
            case ImageHead.AttentionPool _ -> 0;
        };
    }

    private static OptionalInt projectionDim(ImageHead head) {
        return switch (head) {
            case ImageHead.ClassToken token -> token.projectionDim();
            case ImageHead.ConvStem stem -> stem.projectionDim();
            case ImageHead.PatchMean mean -> mean.projectionDim();
            case ImageHead.AttentionPool _ -> OptionalInt.empty();
        };
    }

    /// {@return this config with another width of its projection, or without one}
    ///
    /// @param dim the width; empty to end before the projection; a head that never has one stays as it is
    public VisionConfig withProjection(OptionalInt dim) {
        return new VisionConfig(imageSize, patchSize, transformer, switch (head) {
            case ImageHead.ClassToken token -> new ImageHead.ClassToken(dim, token.biased());
            case ImageHead.ConvStem _ -> new ImageHead.ConvStem(dim);
            case ImageHead.PatchMean _ -> new ImageHead.PatchMean(dim);
            case ImageHead.AttentionPool pool -> pool;
        });
    }

    /// {@return this config for images of another size}
    ///
    /// @param size the edge of images, a multiple of the patch size
    public VisionConfig withImageSize(int size) {
        return new VisionConfig(size, patchSize, transformer, head);
    }

    /// {@return this config with another activation}
    ///
    /// @param activation of the MLPs
    public VisionConfig withActivation(Activation activation) {
        return new VisionConfig(imageSize, patchSize, transformer.withActivation(activation), head);
    }

    /// {@return the number of patches along an edge}
    public int grid() {
        return imageSize / patchSize;
    }

    /// {@return the positions of the transformer: the patches, and what the head puts before them}
    public int tokens() {
        return patches() + tokensBeforePatches(head);
    }

    /// The rows of the table of positions before those of the patches.
    int positionsBeforePatches() {
        return head instanceof ImageHead.ConvStem ? 0 : tokensBeforePatches(head);
    }

    /// {@return the number of patches of an image}
    public int patches() {
        return grid() * grid();
    }

    /// {@return the number of values in a patch}
    public int patchElements() {
        return CHANNELS * patchSize * patchSize;
    }

    /// {@return the width that outputs are projected to; empty when the tower ends before the projection}
    public OptionalInt projectionDim() {
        return projectionDim(head);
    }

    /// {@return the width of what the encoder returns}
    public int outputDim() {
        return projectionDim().orElse(transformer.width());
    }
}
