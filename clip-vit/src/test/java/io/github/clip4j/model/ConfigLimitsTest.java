package io.github.clip4j.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Activation;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/// Configs whose parameters would not fit into an array are refused, also where the number of elements is beyond 2^63.
class ConfigLimitsTest {
    private static final int MOST = Integer.MAX_VALUE;

    private static TransformerConfig transformer(int width) {
        return new TransformerConfig(width, 1, 1, width, Activation.GELU, 1e-5);
    }

    private static VisionConfig vision(int imageSize, int patchSize, int width) {
        return new VisionConfig(imageSize, patchSize, transformer(width), new ImageHead.ClassToken(OptionalInt.empty()));
    }

    @Test
    void ofImages() {
        assertThatThrownBy(() -> vision(MOST, 8, 768)).hasMessageStartingWith("position embeddings: expected at most 2^31-1 numbers");
        assertThatThrownBy(() -> vision(MOST, MOST, 1)).hasMessageStartingWith("patch: expected at most 2^31-1 numbers");
        assertThatThrownBy(() -> vision(30_000, 20_000, 1)).hasMessageStartingWith("image: expected at most 2^31-1 numbers");
        assertThatThrownBy(() -> vision(20_000, 20_000, 40_000)).hasMessageStartingWith("patch embedding: expected at most 2^31-1 numbers");
    }

    @Test
    void ofTexts() {
        assertThatThrownBy(() -> bert(TextHead.Bert.Projection.NONE, OptionalInt.empty(), MOST))
                .hasMessageStartingWith("segment embeddings: expected at most 2^31-1 numbers");
        assertThatThrownBy(() -> bert(TextHead.Bert.Projection.MLP, OptionalInt.of(MOST / 24), 2))
                .hasMessageStartingWith("text projection: expected at most 2^31-1 numbers");
    }

    /// Two frequencies: with one, their distance would be a division by zero.
    @Test
    void computedPositionsNeedTwoFrequencies() {
        TransformerConfig narrow = new TransformerConfig(3, 1, 1, 8, Activation.RELU, 1e-5);
        assertThatThrownBy(() -> new TextConfig(90, 16, narrow, new TextHead.FirstPosition(OptionalInt.empty(), 1)))
                .hasMessage("width: expected at least 4 where positions are computed, two frequencies, got 3");
    }

    private static TextConfig bert(TextHead.Bert.Projection projection, OptionalInt dim, int types) {
        return new TextConfig(90, 16, transformer(24), new TextHead.Bert(
                TextHead.Bert.Rows.FIRST, projection, dim, 16, 0, types, 0));
    }
}
