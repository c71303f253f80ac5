package io.github.clip4j.model;

import io.github.clip4j.core.Activation;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A CLIP model: two towers into one space. A checkpoint may hold one of them alone.
///
/// @param vision the image encoder, or null
/// @param text the text encoder, or null
public record ClipConfig(@Nullable VisionConfig vision, @Nullable TextConfig text) {
    /// @throws IllegalArgumentException without any tower, or with towers that project to different widths
    public ClipConfig {
        if (vision == null && text == null) {
            throw new IllegalArgumentException("model: expected an image or a text encoder, got neither");
        }
        if (vision != null && text != null && vision.outputDim() != text.outputDim()) {
            throw new IllegalArgumentException("model: expected both towers to project to one width, got %d for images and %d for texts"
                    .formatted(vision.outputDim(), text.outputDim()));
        }
    }

    /// This config with another activation in both towers.
    public ClipConfig withActivation(Activation activation) {
        return new ClipConfig(
                vision == null ? null : vision.withActivation(activation), text == null ? null : text.withActivation(activation));
    }

    /// Whether images and texts can be compared.
    public boolean hasBothTowers() {
        return vision != null && text != null;
    }

    /// ViT-B/32 as OpenAI published it, and the defaults of a Hugging Face config.
    public static ClipConfig vitB32() {
        return vit(224, 32, 768, 12, 512, 512, 8);
    }

    /// ViT-B/16 as OpenAI published it.
    public static ClipConfig vitB16() {
        return vit(224, 16, 768, 12, 512, 512, 8);
    }

    /// ViT-L/14 as OpenAI published it.
    public static ClipConfig vitL14() {
        return vit(224, 14, 1024, 24, 768, 768, 12);
    }

    private static ClipConfig vit(int imageSize, int patchSize, int width, int layers, int projection, int textWidth, int textHeads) {
        Activation act = Activation.QUICK_GELU;
        OptionalInt dim = OptionalInt.of(projection);
        return new ClipConfig(
                new VisionConfig(
                        imageSize, patchSize, new TransformerConfig(width, width / 64, layers, 4 * width, act, 1e-5),
                        new ImageHead.ClassToken(dim)),
                new TextConfig(
                        49408, 77, new TransformerConfig(textWidth, textHeads, 12, 4 * textWidth, act, 1e-5),
                        new TextHead.EndOfText(dim, TextHead.Pooling.HUGGING_FACE, 49407)));
    }
}
