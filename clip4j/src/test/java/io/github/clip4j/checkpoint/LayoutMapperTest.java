package io.github.clip4j.checkpoint;

import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.nn.ParameterNames;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayoutMapperTest {
    /// Tensors of given shapes, whose elements count up from 0.
    static final class Named implements WeightSource {
        private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();

        Named with(String name, int... dims) {
            tensors.put(name, new TensorInfo(name, DType.F32, Shape.of(dims), "m.pt"));
            return this;
        }

        @Override
        public String location() {
            return "m.pt";
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            return tensors;
        }

        @Override
        public float[] read(String name) {
            float[] values = new float[Objects.requireNonNull(tensors.get(name)).shape().elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = i + (name.endsWith("_res") ? 1000 : 0);
            }
            return values;
        }

        @Override
        public void close() {}
    }

    private static Named openAiText() {
        return new Named().with("token_embedding.weight", 10, 4).with("positional_embedding", 24, 4).with("ln_final.weight", 4)
                .with("text_projection", 4, 3)
                .with("transformer.resblocks.0.attn.in_proj_weight", 12, 4).with("transformer.resblocks.0.attn.in_proj_bias", 12)
                .with("transformer.resblocks.0.ln_1.weight", 4).with("transformer.resblocks.0.mlp.c_fc.weight", 8, 4).with("logit_scale", 1)
                .with("context_length").with("input_resolution").with("vocab_size");
    }

    @Test
    void openAisNamesAndShapesBecomeHuggingFaces() throws IOException {
        CanonicalWeights weights = LayoutMapper.map(openAiText());
        assertThat(weights.layout()).isEqualTo(Layout.OPENAI);
        assertThat(weights.tensors().keySet()).containsExactlyInAnyOrder(
                "logit_scale", "text_model.embeddings.position_embedding.weight", "text_model.embeddings.token_embedding.weight",
                "text_model.encoder.layers.0.layer_norm1.weight", "text_model.encoder.layers.0.mlp.fc1.weight",
                "text_model.encoder.layers.0.self_attn.k_proj.bias", "text_model.encoder.layers.0.self_attn.k_proj.weight",
                "text_model.encoder.layers.0.self_attn.q_proj.bias", "text_model.encoder.layers.0.self_attn.q_proj.weight",
                "text_model.encoder.layers.0.self_attn.v_proj.bias", "text_model.encoder.layers.0.self_attn.v_proj.weight",
                "text_model.final_layer_norm.weight", "text_projection.weight");
        assertThat(Objects.requireNonNull(weights.tensors().get("text_projection.weight")).shape()).isEqualTo(Shape.of(3, 4));
        assertThat(weights.read("text_projection.weight")).containsExactly(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11);
        assertThat(weights.read("text_model.encoder.layers.0.self_attn.k_proj.bias")).containsExactly(4, 5, 6, 7);
        assertThat(weights.read("text_model.encoder.layers.0.self_attn.v_proj.weight")).startsWith(32, 33).hasSize(16);
    }

    /// A source that counts the elements that are read of each of its tensors.
    private static final class Counting implements WeightSource {
        private final WeightSource source;
        private final Map<String, Integer> read = new ConcurrentHashMap<>();

        Counting(WeightSource source) {
            this.source = source;
        }

        @Override
        public String location() {
            return source.location();
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            return source.tensors();
        }

        @Override
        public float[] read(String name) throws IOException {
            return read(name, 0, Objects.requireNonNull(tensors().get(name)).shape().elements(), new float[0]);
        }

        @Override
        public float[] read(String name, int first, int count, float[] buffer) throws IOException {
            read.merge(name, count, Integer::sum);
            return source.read(name, first, count, buffer);
        }

        @Override
        public void close() {}
    }

    /// Both towers load at once, and each takes queries, keys and values from one fused tensor.
    @Test
    void everyStoredElementIsReadOnce() throws IOException {
        int d = 4;
        Named named = new Named().with("logit_scale").with("text_projection", d, 3).with("visual.proj", d, 3)
                .with("visual.class_embedding", d)
                .with("visual.conv1.weight", d, 3, 2, 2).with("visual.positional_embedding", 5, d).with("positional_embedding", 7, d)
                .with("token_embedding.weight", 10, d);
        for (String norm : List.of("visual.ln_pre", "visual.ln_post", "ln_final")) {
            named.with(norm + ".weight", d).with(norm + ".bias", d);
        }
        for (String block : List.of("visual.transformer.resblocks.0.", "visual.transformer.resblocks.1.", "transformer.resblocks.0.")) {
            named.with(block + "attn.in_proj_weight", 3 * d, d).with(block + "attn.in_proj_bias", 3 * d)
                    .with(block + "attn.out_proj.weight", d, d).with(block + "attn.out_proj.bias", d)
                    .with(block + "ln_1.weight", d).with(block + "ln_1.bias", d).with(block + "ln_2.weight", d).with(block + "ln_2.bias", d)
                    .with(block + "mlp.c_fc.weight", 8, d).with(block + "mlp.c_fc.bias", 8)
                    .with(block + "mlp.c_proj.weight", d, 8).with(block + "mlp.c_proj.bias", d);
        }
        Counting counting = new Counting(named);
        ClipConfig config = ClipConfig.of(
                new VisionConfig(
                        4, 2, new TransformerConfig(d, 2, 2, 8, Activation.GELU, 1e-5), new ImageHead.ClassToken(OptionalInt.of(3))),
                new TextConfig(
                        10, 7, new TransformerConfig(d, 2, 1, 8, Activation.GELU, 1e-5),
                        new TextHead.EndOfText(OptionalInt.of(3), TextHead.Pooling.HUGGING_FACE, 9)));
        ClipModel.load(config, LayoutMapper.map(counting), Workers.SERIAL);
        Map<String, Integer> expected = new TreeMap<>();
        named.tensors().forEach((name, info) -> expected.put(name, info.shape().elements()));
        assertThat(counting.read).containsExactlyInAnyOrderEntriesOf(expected);
    }

    @Test
    void aProjectionThatIsTurnedAlreadyIsTakenAsItIs() throws IOException {
        Named source = openAiText().with("text_projection", 3, 4);
        assertThat(LayoutMapper.map(source).read("text_projection.weight")).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    }

    @Test
    void openClipsTextTowerMayStandUnderItsOwnPrefix() throws IOException {
        Named source = new Named().with("text.token_embedding.weight", 10, 4).with("text.positional_embedding", 7, 4)
                .with("text.text_projection.weight", 3, 4)
                .with("visual.class_embedding", 4).with("visual.ln_pre.weight", 4).with("visual.ln_post.weight", 4)
                .with("visual.proj", 4, 3).with("logit_scale")
                .with("logit_bias");
        CanonicalWeights weights = LayoutMapper.map(source);
        assertThat(weights.layout()).isEqualTo(Layout.OPEN_CLIP);
        assertThat(weights.tensors().keySet())
                .contains("text_projection.weight", "visual_projection.weight", "logit_bias", "vision_model.pre_layrnorm.weight");
        assertThat(Objects.requireNonNull(weights.tensors().get("visual_projection.weight")).file()).isEqualTo("m.pt (there visual.proj)");
    }

    /// Older versions of transformers saved the positions, which are computed.
    @Test
    void theEncoderOfNllbClipHasNamesOfItsOwn() throws IOException {
        String layer = "text.transformer.layers.0.";
        Named source = new Named().with("text.transformer.embed_tokens.weight", 10, 64)
                .with("text.transformer.embed_positions.weights", 1026, 64)
                .with(layer + "self_attn.q_proj.weight", 64, 64).with(layer + "self_attn_layer_norm.weight", 64)
                .with(layer + "final_layer_norm.bias", 64).with(layer + "fc1.weight", 8, 64).with(layer + "fc2.weight", 64, 8)
                .with("text.transformer.layer_norm.weight", 64).with("text.proj.weight", 3, 64).with("logit_scale");
        CanonicalWeights weights = LayoutMapper.map(source);
        assertThat(weights.layout()).isEqualTo(Layout.OPEN_CLIP);
        String block = "text_model.encoder.layers.0.";
        assertThat(weights.tensors().keySet()).containsExactlyInAnyOrder(
                ParameterNames.TOKEN_EMBEDDING, block + "self_attn.q_proj.weight", block + "layer_norm1.weight", block + "layer_norm2.bias",
                block + "mlp.fc1.weight", block + "mlp.fc2.weight", "text_model.final_layer_norm.weight", "text_projection.weight",
                "logit_scale");
        assertThatThrownBy(() -> ConfigInference.infer(weights, Activation.GELU)).isInstanceOf(WeightFormatException.class)
                .hasMessage("m.pt: expected open_clip_config.json, got none; a text encoder without a table of positions is NLLB-CLIP's, "
                        + "whose weights do not say how many heads it has");
        assertThatThrownBy(() -> LayoutMapper.map(new Named().with("text.transformer.embed_tokens.weight", 10, 4)
                .with("text.transformer.shared.weight", 10, 4).with("visual.class_embedding", 4)))
                .as("T5's").hasMessageContaining("another text encoder");
    }

    @Test
    void longClipsPositionsAreFolded() throws IOException {
        float[] folded = LayoutMapper.map(openAiText().with("positional_embedding_res", 24, 4)).read(ParameterNames.TEXT_POSITIONS);
        assertThat(folded[79]).as("the last of the first 20 positions").isEqualTo(79);
        assertThat(folded[80]).as("the first of the second table's").isEqualTo(1080);
    }

    @ParameterizedTest
    @CsvSource({"'', ''", "text_model., vision_model.", "module.text_model., module.vision_model.", "clip.text_model., clip.vision_model."})
    void huggingFacesPrefixesMayBeMissingOrLonger(String text, String vision) throws IOException {
        Named texts = new Named().with(text + "embeddings.token_embedding.weight", 10, 4).with(text + "final_layer_norm.weight", 4);
        assertThat(LayoutMapper.map(texts).tensors().keySet())
                .containsExactlyInAnyOrder(ParameterNames.TOKEN_EMBEDDING, "text_model.final_layer_norm.weight");
        Named images = new Named().with(vision + "embeddings.class_embedding", 4).with(vision + "pre_layrnorm.weight", 4);
        assertThat(LayoutMapper.map(images).tensors().keySet())
                .containsExactlyInAnyOrder(ParameterNames.CLASS_EMBEDDING, "vision_model.pre_layrnorm.weight");
        if (!text.isEmpty()) {
            String root = text.replace("text_model.", "");
            Named both = new Named().with(text + "embeddings.token_embedding.weight", 10, 4).with(vision + "embeddings.class_embedding", 4)
                    .with(root + "logit_scale").with(root + "visual_projection.weight", 3, 4);
            assertThat(LayoutMapper.map(both).tensors().keySet()).containsExactlyInAnyOrder(
                    ParameterNames.TOKEN_EMBEDDING, ParameterNames.CLASS_EMBEDDING, "logit_scale", "visual_projection.weight");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "visual.layer1.0.conv1.weight, ResNet",
                "visual.blocks.0.attn.q_bias, EVA-CLIP",
        "image_encoder.model.patch_emb.0.block.conv.weight, MobileCLIP", "bert.encoder.layer.0.attention.self.query.weight, Chinese-CLIP",
                "text_model.transformer.encoder.layers.0.mixer.Wqkv.weight, jina-clip",
        "visual.trunk.patch_embed.proj.weight, timm", "visual.attn_pool.query, CoCa",
                "visual.transformer.resblocks.0.ls_1.gamma, layer scale"
    })
    void relativesAreRefusedByName(String tensor, String name) {
        assertThatThrownBy(() -> LayoutMapper.map(openAiText().with(tensor, 4)))
                .isInstanceOf(WeightFormatException.class).hasMessageStartingWith("m.pt: this is ").hasMessageContaining(name)
                .hasMessageContaining("it would need");
    }

    @Test
    void whatIsNotClipIsRefused() {
        assertThatThrownBy(() -> LayoutMapper.map(new Named().with("a", 1)))
                .hasMessage("m.pt: expected the tensors of a CLIP model, got 1 others, the first of them a");
        assertThatThrownBy(() -> LayoutMapper.map(openAiText().with("teacher.token_embedding.weight", 10, 4)))
                .hasMessageContaining("expected one CLIP model, got two");
    }

    @Test
    void theTinyVisionTowerAgreesWithItsPublishedOutputs() throws IOException {
        JsonObject io = JsonParser.parseString(Files.readString(ReferenceData.require("models/tiny_openclip_io.json"))).getAsJsonObject();
        float[] pixels = flat(io.getAsJsonArray("pixels"));
        float[] output = flat(io.getAsJsonArray("vision_output")); // [5, 16], every token normed and projected; the first is the class's
        VisionConfig vision = new VisionConfig(
                16, 8, new TransformerConfig(24, 3, 2, 48, Activation.GELU, 1e-5), new ImageHead.ClassToken(OptionalInt.of(16)));
        try (CanonicalWeights weights = LayoutMapper.map(SafetensorsFile.open(ReferenceData.require("models/tiny_openclip.safetensors")))) {
            ClipConfig config = ConfigInference.reconcile(ClipConfig.ofImages(vision), weights);
            ClipModel model = ClipModel.load(config, weights, Workers.SERIAL);
            float[] encoded = model.imageEncoder().orElseThrow().encode(Tensor.of(pixels, Shape.of(1, 3, 16, 16))).toArray();
            assertWithin(encoded, Arrays.copyOf(output, 16), 2e-6, "image");
        }
    }

    private static float[] flat(JsonElement element) {
        List<Float> values = new ArrayList<>();
        collect(element, values);
        float[] flat = new float[values.size()];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = values.get(i);
        }
        return flat;
    }

    private static void collect(JsonElement element, List<Float> values) {
        if (element instanceof JsonArray array) {
            array.forEach(inner -> collect(inner, values));
        } else {
            values.add(element.getAsFloat());
        }
    }
}
