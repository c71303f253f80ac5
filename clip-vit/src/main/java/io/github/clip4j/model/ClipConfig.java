package io.github.clip4j.model;

import io.github.clip4j.core.Activation;
import java.util.Optional;
import java.util.OptionalInt;

/// A CLIP model: two towers into one space. A checkpoint may hold one of them alone.
///
/// @param vision the image encoder, or empty
/// @param text the text encoder, or empty
public record ClipConfig(Optional<VisionConfig> vision, Optional<TextConfig> text) {
    /// Checks that the towers fit together.
    ///
    /// @throws IllegalArgumentException without any tower, or with towers that project to different widths
    public ClipConfig {
        if (vision.isEmpty() && text.isEmpty()) {
            throw new IllegalArgumentException("model: expected an image or a text encoder, got neither");
        }
        if (vision.isPresent() && text.isPresent() && vision.get().outputDim() != text.get().outputDim()) {
            throw new IllegalArgumentException("model: expected both towers to project to one width, got %d for images and %d for texts"
                    .formatted(vision.get().outputDim(), text.get().outputDim()));
        }
    }

    /// {@return a model of both towers}
    ///
    /// @param vision the image encoder
    /// @param text the text encoder
    /// @throws IllegalArgumentException when they project to different widths
    public static ClipConfig of(VisionConfig vision, TextConfig text) {
        return new ClipConfig(Optional.of(vision), Optional.of(text));
    }

    /// {@return a model of an image encoder alone}
    ///
    /// @param vision the image encoder
    public static ClipConfig ofImages(VisionConfig vision) {
        return new ClipConfig(Optional.of(vision), Optional.empty());
    }

    /// {@return a model of a text encoder alone}
    ///
    /// @param text the text encoder
    public static ClipConfig ofTexts(TextConfig text) {
        return new ClipConfig(Optional.empty(), Optional.of(text));
    }

    /// {@return this config with another activation in both towers}
    ///
    /// @param activation of the MLPs
    public ClipConfig withActivation(Activation activation) {
        return new ClipConfig(vision.map(v -> v.withActivation(activation)), text.map(t -> t.withActivation(activation)));
    }

    /// {@return whether images and texts can be compared}
    public boolean hasBothTowers() {
        return vision.isPresent() && text.isPresent();
    }

    /// {@return ViT-B/32 as OpenAI published it, and the defaults of a Hugging Face config}
    public static ClipConfig vitB32() {
        return vit(224, 32, 768, 12, 512, 512, 8);
    }

    /// {@return ViT-B/16 as OpenAI published it}
    public static ClipConfig vitB16() {
        return vit(224, 16, 768, 12, 512, 512, 8);
    }

    /// {@return ViT-L/14 as OpenAI published it}
    public static ClipConfig vitL14() {
        return vit(224, 14, 1024, 24, 768, 768, 12);
    }

    /// {@return SigLIP 2 B/32 for images of 256 pixels, as Google published it}
    public static ClipConfig siglip2B32() {
        TransformerConfig base = new TransformerConfig(768, 12, 12, 3072, Activation.GELU_TANH, 1e-6);
        return of(
                new VisionConfig(256, 32, base, new ImageHead.AttentionPool()),
                new TextConfig(256_000, 64, base, new TextHead.LastPosition(OptionalInt.of(768), true)));
    }

    private static ClipConfig vit(int imageSize, int patchSize, int width, int layers, int projection, int textWidth, int textHeads) {
        Activation act = Activation.QUICK_GELU;
        OptionalInt dim = OptionalInt.of(projection);
        return of(
                new VisionConfig(
                        imageSize, patchSize, new TransformerConfig(width, width / 64, layers, 4 * width, act, 1e-5),
                        new ImageHead.ClassToken(dim)),
                new TextConfig(
                        49408, 77, new TransformerConfig(textWidth, textHeads, 12, 4 * textWidth, act, 1e-5),
                        new TextHead.EndOfText(dim, TextHead.Pooling.HUGGING_FACE, 49407)));
    }
}
