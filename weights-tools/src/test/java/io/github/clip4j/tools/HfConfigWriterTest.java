package io.github.clip4j.tools;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Activation;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HfConfigWriterTest {
    private static final TransformerConfig BLOCKS = new TransformerConfig(24, 3, 2, 96, Activation.GELU, 1e-5);

    static Stream<ClipConfig> mobileClips() {
        OptionalInt dim = OptionalInt.of(20);
        TextConfig clip = new TextConfig(526, 16, BLOCKS, new TextHead.EndOfText(dim, TextHead.Pooling.GREATEST_ID, 525));
        TextConfig padded = new TextConfig(526, 16, BLOCKS, new TextHead.EndOfPaddedText(dim));
        VisionConfig stem = new VisionConfig(48, 16, BLOCKS, new ImageHead.ConvStem(dim));
        VisionConfig biased = new VisionConfig(48, 16, BLOCKS, new ImageHead.ClassToken(dim, true));
        VisionConfig plain = new VisionConfig(48, 16, BLOCKS, new ImageHead.ClassToken(dim));
        return Stream.of(
                ClipConfig.of(stem, clip), ClipConfig.of(biased, padded), ClipConfig.of(biased, clip), ClipConfig.of(plain, padded),
                ClipConfig.ofImages(stem), ClipConfig.ofImages(biased), ClipConfig.ofTexts(padded));
    }

    /// A config that leaves out what makes the difference would be read as a CLIP.
    @ParameterizedTest
    @MethodSource("mobileClips")
    void aModelThatTransformersHasNoClassForIsRefusedByName(ClipConfig config) {
        assertThatThrownBy(() -> HfConfigWriter.config(config)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Hugging Face's layout has no class for MobileCLIP; keep open_clip's files");
    }
}
