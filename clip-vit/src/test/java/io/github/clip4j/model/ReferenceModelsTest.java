package io.github.clip4j.model;

import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.ParameterNames;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReferenceModelsTest {
    /// A text model's file names its tensors without the tower.
    private record Prefixed(WeightSource source, String prefix) implements WeightSource {
        @Override
        public String location() {
            return source.location();
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            SortedMap<String, TensorInfo> renamed = new TreeMap<>();
            source.tensors().forEach((name, info) -> renamed.put(prefix + name, info));
            return renamed;
        }

        @Override
        public float[] read(String name) throws IOException {
            return source.read(name.substring(prefix.length()));
        }

        @Override
        public void close() throws IOException {
            source.close();
        }
    }

    @Test
    void theTinyTextTowerAgreesWithItsPublishedOutputs() throws IOException {
        TextConfig config = new TextConfig(
                1000, 77, new TransformerConfig(16, 2, 2, 32, Activation.QUICK_GELU, 1e-5),
                new TextHead.EndOfText(OptionalInt.empty(), TextHead.Pooling.HUGGING_FACE, TextConfig.LEGACY_END_OF_TEXT));
        int[][] ids = {{49, 23, 61, 7, 999, 0, 0, 0}, {33, 999, 5, 5, 5, 5, 5, 5}};
        try (WeightSource weights = new Prefixed(
                        SafetensorsFile.open(ReferenceData.require("models/hf-text-tower-tiny/clip_tiny.safetensors")),
                        ParameterNames.TEXT);
                SafetensorsFile io = SafetensorsFile.open(ReferenceData.require("models/hf-text-tower-tiny/clip_vae_io.safetensors"))) {
            ClipModel model = ClipModel.load(ClipConfig.ofTexts(config), weights, Workers.SERIAL);
            Tensor pooled = model.textEncoder().orElseThrow().encode(List.of(ids));
            assertWithin(pooled.toArray(), io.read("clip_pooled"), 2e-6, "pooled");
            float[] hidden = io.read("clip_last_hidden");
            for (int t = 0; t < ids.length; t++) {
                float[] expected = Arrays.copyOfRange(hidden, t * hidden.length / 2, (t + 1) * hidden.length / 2);
                model.textEncoder().orElseThrow().trace(ids[t], (name, x) -> {
                    if (name.equals(ParameterNames.FINAL_NORM)) { // at every position, those after the end of text included
                        assertWithin(x.toArray(), expected, 2e-6, "last hidden state");
                    }
                });
            }
        }
    }

    @Test
    void theParameterTableHasThePublishedCounts() {
        assertThat(parameters(ClipConfig.vitB32())).as("openai/clip-vit-base-patch32").isEqualTo(151_277_313);
        assertThat(parameters(ClipConfig.vitB16())).as("openai/clip-vit-base-patch16").isEqualTo(149_620_737);
        assertThat(parameters(ClipConfig.vitL14())).as("openai/clip-vit-large-patch14").isEqualTo(427_616_513);
    }

    private static long parameters(ClipConfig config) {
        return ClipModel.parameters(config).stream().mapToLong(spec -> spec.shape().elements()).sum();
    }

    @Test
    void allFindingsAreListedAtOnce() {
        SortedMap<String, TensorInfo> held = new TreeMap<>();
        for (TensorSpec spec : ClipModel.parameters(ClipConfig.vitB32())) {
            held.put(spec.name(), new TensorInfo(spec.name(), DType.F32, spec.shape(), "m.safetensors"));
        }
        held.remove("logit_scale"); // embeddings do not need it
        held.remove("text_model.final_layer_norm.bias");
        held.put("visual_projection.weight", info("visual_projection.weight", 768, 512));
        held.put("extra", info("extra", 1));
        held.put("text_model.embeddings.position_ids", info("text_model.embeddings.position_ids", 1, 77));
        WeightSource source = new WeightSource() {
            @Override
            public String location() {
                return "m.safetensors";
            }

            @Override
            public SortedMap<String, TensorInfo> tensors() {
                return held;
            }

            @Override
            public float[] read(String name) {
                throw new AssertionError("nothing is read before the check");
            }

            @Override
            public void close() {}
        };
        assertThatThrownBy(() -> ClipModel.load(ClipConfig.vitB32(), source, Workers.SERIAL))
                .isInstanceOf(WeightFormatException.class)
                .hasMessage("""
                        m.safetensors does not fit the model, 3 findings:
                          visual_projection.weight in m.safetensors: expected [512, 768], got [768, 512]; \
                        stored transposed? See docs/troubleshooting.md#transposed
                          text_model.final_layer_norm.bias: missing, expected [512]
                          extra in m.safetensors: unexpected, got [1]
                        See docs/troubleshooting.md#weights""");
    }

    private static TensorInfo info(String name, int... dims) {
        return new TensorInfo(name, DType.F32, Shape.of(dims), "m.safetensors");
    }

    @Test
    void theEndOfTextIsTheFirstOfItsKind() {
        TextConfig first = text(TextHead.Pooling.HUGGING_FACE, 99);
        assertThat(first.pooledPosition(new int[] {98, 5, 99, 99})).isEqualTo(2);
        assertThatThrownBy(() -> first.pooledPosition(new int[] {98, 5}))
                .hasMessage("token ids: expected an end of text, 99, got none among 2 ids");
        TextConfig legacy = text(TextHead.Pooling.HUGGING_FACE, TextConfig.LEGACY_END_OF_TEXT);
        assertThat(legacy.pooledPosition(new int[] {98, 2, 99, 99})).isEqualTo(2);
        TextConfig metaClip2 = text(TextHead.Pooling.FIRST_END_OF_TEXT, 2);
        assertThat(metaClip2.pooledPosition(new int[] {98, 2, 99, 2})).isEqualTo(1);
        TextConfig greatest = text(TextHead.Pooling.GREATEST_ID, 99);
        assertThat(greatest.pooledPosition(new int[] {5, 7, 7, 1})).isEqualTo(1);
        TextConfig otherEnd = text(TextHead.Pooling.HUGGING_FACE, 5);
        assertThat(otherEnd.pooledPosition(new int[] {5, 7, 49407, 49407}))
                .as("CLIP's own end of text decides whatever the config says")
                .isEqualTo(2);
    }

    private static TextConfig text(TextHead.Pooling pooling, int endOfText) {
        TransformerConfig t = new TransformerConfig(8, 2, 1, 16, Activation.GELU, 1e-5);
        return new TextConfig(49408, 10, t, new TextHead.EndOfText(OptionalInt.of(4), pooling, endOfText));
    }
}
