package io.github.clip4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What the constructors read is what they list.
class ParameterTableTest {
    /// Zeros of the shapes that the table lists, and a note of what is read.
    private static class Recorder implements WeightSource {
        private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
        private final List<String> read = Collections.synchronizedList(new ArrayList<>());

        Recorder(List<TensorSpec> specs) {
            for (TensorSpec spec : specs) {
                tensors.put(spec.name(), new TensorInfo(spec.name(), DType.F32, spec.shape(), "recorder"));
            }
        }

        @Override
        public String location() {
            return "recorder";
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            return tensors;
        }

        @Override
        public float[] read(String name) throws IOException {
            read.add(name);
            return new float[TensorInfo.require(this, name).shape().elements()];
        }

        @Override
        public void close() {}
    }

    static Stream<ClipConfig> configs() {
        return Stream.of(OptionalInt.of(24), OptionalInt.empty()).flatMap(dim -> {
            VisionConfig vision =
                    new VisionConfig(30, 7, new TransformerConfig(40, 5, 3, 72, Activation.GELU, 1e-5), new ImageHead.ClassToken(dim));
            TextConfig text = new TextConfig(
                    100, 20, new TransformerConfig(40, 4, 2, 88, Activation.GELU, 1e-5),
                    new TextHead.EndOfText(dim, TextHead.Pooling.GREATEST_ID, 99));
            VisionConfig pooled = new VisionConfig(30, 7, vision.transformer(), new ImageHead.AttentionPool());
            OptionalInt projected = dim.isPresent() ? OptionalInt.of(40) : dim;
            TextConfig last = new TextConfig(100, 20, text.transformer(), new TextHead.LastPosition(projected, true));
            VisionConfig averaged = new VisionConfig(30, 7, vision.transformer(), new ImageHead.PatchMean(dim));
            TextConfig unbiased = new TextConfig(100, 20, text.transformer(), new TextHead.LastPosition(dim, false));
            VisionConfig biased = new VisionConfig(30, 7, vision.transformer(), new ImageHead.ClassToken(dim, true));
            VisionConfig stem = new VisionConfig(34, 16, vision.transformer(), new ImageHead.ConvStem(dim));
            TextConfig padded = new TextConfig(100, 20, text.transformer(), new TextHead.EndOfPaddedText(dim));
            TextConfig first = new TextConfig(100, 20, text.transformer(), new TextHead.FirstPosition(dim, 1));
            return Stream.of(
                    ClipConfig.of(vision, text), ClipConfig.of(biased, padded), ClipConfig.ofTexts(padded), ClipConfig.of(stem, text),
                    ClipConfig.ofImages(stem),
                    ClipConfig.of(vision, first), ClipConfig.ofTexts(first),
                    ClipConfig.of(averaged, unbiased), ClipConfig.ofImages(averaged), ClipConfig.ofTexts(unbiased),
                    ClipConfig.ofImages(vision), ClipConfig.ofTexts(text), ClipConfig.of(pooled, last),
                    ClipConfig.ofImages(pooled), ClipConfig.ofTexts(last));
        });
    }

    /// Every constructor checks the number of elements that it reads, so the shapes agree as well as the names.
    @ParameterizedTest
    @MethodSource("configs")
    void aModelReadsEachParameterOfTheTableOnceAndNothingElse(ClipConfig config) throws IOException {
        Recorder recorder = new Recorder(ClipModel.parameters(config));
        ClipModel.load(config, recorder, Workers.SERIAL);
        assertThat(recorder.read).containsExactlyInAnyOrderElementsOf(
                ClipModel.parameters(config).stream().map(TensorSpec::name).toList());
    }

    @ParameterizedTest
    @MethodSource("configs")
    void onlyAModelOfBothTowersHasALogitScale(ClipConfig config) throws IOException {
        ClipModel model = ClipModel.load(config, new Recorder(ClipModel.parameters(config)), Workers.SERIAL);
        assertThat(model.logitScale()).isEqualTo(config.hasBothTowers() ? OptionalDouble.of(1) : OptionalDouble.empty()); // e⁰
    }

    /// OpenAI's checkpoints hold q, k and v as one tensor: read one after the other, it is read once.
    @Test
    void theWeightsOfQueriesKeysAndValuesAreReadOneAfterTheOther() throws IOException {
        ClipConfig config = ClipConfig.ofTexts(configs().findFirst().orElseThrow().text().orElseThrow());
        Recorder recorder = new Recorder(ClipModel.parameters(config));
        ClipModel.load(config, recorder, Workers.SERIAL);
        String attention = "text_model.encoder.layers.1.self_attn.";
        assertThat(recorder.read).containsSequence(
                attention + "q_proj.weight", attention + "k_proj.weight", attention + "v_proj.weight",
                attention + "q_proj.bias", attention + "k_proj.bias", attention + "v_proj.bias");
    }

    @Test
    void aConstructorRefusesAParameterOfAnotherSize() {
        VisionConfig vision = configs().findFirst().orElseThrow().vision().orElseThrow();
        VisionConfig larger = vision.withImageSize(37);
        Recorder recorder = new Recorder(ClipModel.parameters(ClipConfig.ofImages(vision)));
        assertThatThrownBy(() -> new ImageEncoder(larger, recorder, DType.F32, Workers.SERIAL))
                .isInstanceOf(WeightFormatException.class)
                .hasMessage("vision_model.embeddings.position_embedding.weight in recorder: expected 1040 numbers, got 680; "
                        + "check the weights against the config before they are read");
    }

    @Test
    void aHeadRefusesAProjectionOfNoWidth() {
        assertThatThrownBy(() -> new ImageHead.ClassToken(OptionalInt.of(0))).hasMessage("projection width: expected at least 1, got 0");
        assertThatThrownBy(() -> new TextHead.EndOfText(OptionalInt.of(-1), TextHead.Pooling.GREATEST_ID, 9))
                .hasMessage("projection width: expected at least 1, got -1");
        assertThatThrownBy(() -> new TextHead.LastPosition(OptionalInt.of(0), true))
                .hasMessage("projection width: expected at least 1, got 0");
        assertThatThrownBy(() -> new TextHead.FirstPosition(OptionalInt.of(0), 1))
                .hasMessage("projection width: expected at least 1, got 0");
        assertThatThrownBy(() -> new TextHead.FirstPosition(OptionalInt.empty(), -1))
                .hasMessage("padding: expected an id of at least 0, got -1");
        assertThatThrownBy(() -> new TextHead.EndOfPaddedText(OptionalInt.of(0)))
                .hasMessage("projection width: expected at least 1, got 0");
        assertThatThrownBy(() -> new ImageHead.ConvStem(OptionalInt.of(0))).hasMessage("projection width: expected at least 1, got 0");
        assertThatThrownBy(() -> new ImageHead.PatchMean(OptionalInt.of(0))).hasMessage("projection width: expected at least 1, got 0");
    }

    @Test
    void theConvolutionsOfMobileClipHaveTheirOwnExtents() {
        TransformerConfig wide = new TransformerConfig(40, 5, 3, 72, Activation.GELU, 1e-5);
        TransformerConfig odd = new TransformerConfig(42, 6, 3, 72, Activation.GELU, 1e-5);
        ImageHead stem = new ImageHead.ConvStem(OptionalInt.empty());
        assertThatThrownBy(() -> new VisionConfig(32, 8, wide, stem))
                .hasMessage("convolutions of MobileCLIP-B: expected patches of 16 and a width that is a multiple of 4, got 8 and 40");
        assertThatThrownBy(() -> new VisionConfig(32, 16, odd, stem)).hasMessageEndingWith("got 16 and 42");
    }

    /// A variance below 0 gives NaN; the weights of the convolution would be named for it.
    @Test
    void aBatchNormOfNegativeVarianceIsRefused() {
        VisionConfig stem = new VisionConfig(
                32, 16, new TransformerConfig(8, 2, 1, 16, Activation.GELU, 1e-5), new ImageHead.ConvStem(OptionalInt.empty()));
        Recorder recorder = new Recorder(ClipModel.parameters(ClipConfig.ofImages(stem))) {
            @Override
            public float[] read(String name) throws IOException {
                float[] values = super.read(name);
                if (name.endsWith("running_var")) {
                    values[1] = -0.25f;
                }
                return values;
            }
        };
        assertThatThrownBy(() -> new ImageEncoder(stem, recorder, DType.F32, Workers.SERIAL))
                .isInstanceOf(WeightFormatException.class)
                .hasMessage("vision_model.embeddings.patch_embedding.0.bn.running_var: expected variances of at least 0, got -0.25 at "
                        + "index 1; the checkpoint is damaged: take another copy of it");
    }

    /// The weights say whether a model was trained with a sigmoid; SigLIP's always do.
    @Test
    void aModelReadAtTheLastPositionNeedsALogitBias() {
        assertThat(configs().filter(config -> ClipModel.parameters(config).stream().anyMatch(spec -> spec.name().equals("logit_bias"))))
                .hasSize(2) // with and without a projection
                .allSatisfy(config -> assertThat(config.text().orElseThrow().head()).isInstanceOf(TextHead.LastPosition.class));
    }

    /// 256,000 rows of 768 take 393 MB in 16 bits.
    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "F64"})
    void theTableOfTokensStaysInItsSixteenBits(DType stored) throws IOException {
        ClipConfig config = ClipConfig.ofTexts(configs().findFirst().orElseThrow().text().orElseThrow());
        Recorder recorder = new Recorder(ClipModel.parameters(config));
        long full = ClipModel.load(config, recorder, Workers.SERIAL).textEncoder().orElseThrow().weightBytes();
        String table = "text_model.embeddings.token_embedding.weight";
        TensorInfo info = Objects.requireNonNull(recorder.tensors.get(table));
        recorder.tensors.put(table, new TensorInfo(table, stored, info.shape(), "recorder"));
        long bytes = ClipModel.load(config, recorder, Workers.SERIAL).textEncoder().orElseThrow().weightBytes();
        assertThat(full - bytes).isEqualTo(stored.bytes() == 2 ? 2L * info.shape().elements() : 0);
    }
}
