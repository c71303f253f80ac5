package io.github.clip4j.model;

import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The two encoders and the scale that makes logits of their cosines (openai/CLIP `model.py`, class `CLIP`). Immutable and thread-safe.
public final class ClipModel {
    private final ClipConfig config;
    private final @Nullable ImageEncoder imageEncoder;
    private final @Nullable TextEncoder textEncoder;
    private final float logitScale;

    private ClipModel(
            ClipConfig config, @Nullable ImageEncoder imageEncoder, @Nullable TextEncoder textEncoder, float logitScale) {
        this.config = config;
        this.imageEncoder = imageEncoder;
        this.textEncoder = textEncoder;
        this.logitScale = logitScale;
    }

    /// Reads a model. The source may be closed afterwards.
    ///
    /// @param workers the threads that its encoders run on; not closed by the model
    /// @throws WeightFormatException when the source's tensors are not exactly those that the config needs
    public static ClipModel load(ClipConfig config, WeightSource source, Workers workers) throws IOException {
        ClipParameters.check(config, source);
        VisionConfig vision = config.vision();
        TextConfig text = config.text();
        return new ClipModel(
                config, vision == null ? null : new ImageEncoder(vision, source, workers),
                text == null ? null : new TextEncoder(text, source, workers),
                config.hasBothTowers() ? source.read(ClipParameters.LOGIT_SCALE)[0] : Float.NaN);
    }

    public ClipConfig config() {
        return config;
    }

    /// The image encoder, or empty in a checkpoint of texts alone.
    public Optional<ImageEncoder> imageEncoder() {
        return Optional.ofNullable(imageEncoder);
    }

    /// The text encoder, or empty in a checkpoint of pictures alone.
    public Optional<TextEncoder> textEncoder() {
        return Optional.ofNullable(textEncoder);
    }

    /// e^logit_scale: what a cosine is multiplied by to give a logit; 100 in OpenAI's checkpoints. NaN when a tower is missing.
    public double logitScale() {
        return Math.exp(logitScale);
    }
}
