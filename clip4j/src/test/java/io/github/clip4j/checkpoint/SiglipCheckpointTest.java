package io.github.clip4j.checkpoint;

import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// SigLIP's files: configs of transformers and open_clip, timm's names, and against timm's and open_clip's own results.
class SiglipCheckpointTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden");
    private static final Path TIMM = GOLDEN.resolve("siglip_timm");
    private static final String CONFIG = """
            {"model_type": "siglip",
             "text_config": {"hidden_size": 36, "intermediate_size": 76, "num_hidden_layers": 2, "num_attention_heads": 3, "vocab_size": 90,
                             "projection_size": 40, "hidden_act": "gelu"},
             "vision_config": {"hidden_size": 40, "intermediate_size": 100, "num_hidden_layers": 3, "num_attention_heads": 5,
                               "image_size": 30, "patch_size": 7, "hidden_act": "gelu"}}""";

    @TempDir
    private Path directory = Path.of("");

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// timm's image encoder and open_clip's texts under their names, with a config of transformers, which says their extents.
    private static Checkpoint timm() throws IOException {
        byte[] weights = Files.readAllBytes(TIMM.resolve("open_clip_model.safetensors"));
        return Checkpoint.ofBytes("siglip", Map.of("config.json", bytes(CONFIG), "model.safetensors", weights));
    }

    /// 2 times the error that timm and open_clip make in float32 themselves, or 2 roundings of the greatest element.
    private static void assertAgrees(JsonObject manifest, SafetensorsFile goldens, String name, float[] actual) throws IOException {
        JsonObject tensor = manifest.getAsJsonObject("tensors").getAsJsonObject(name);
        double bound = 2 * Math.max(tensor.get("float32_error").getAsDouble(), 0x1p-24 * tensor.get("max").getAsDouble());
        assertWithin(actual, goldens.read(name), bound, name);
    }

    @ParameterizedTest
    @CsvSource({"erf, GELU", "tanh, GELU_TANH"})
    void bothTowersAgreeWithTimmAndOpenClip(String kind, Activation activation) throws IOException {
        JsonObject manifest = JsonParser.parseString(Files.readString(TIMM.resolve("manifest.json"))).getAsJsonObject();
        try (Checkpoint checkpoint = timm();
                SafetensorsFile inputs = SafetensorsFile.open(TIMM.resolve("inputs.safetensors"));
                SafetensorsFile goldens = SafetensorsFile.open(TIMM.resolve("goldens.safetensors"))) {
            assertThat(checkpoint.layout()).isEqualTo(Layout.OPEN_CLIP);
            checkpoint.check();
            ClipConfig config = checkpoint.config(Optional.of(activation));
            ClipModel model = ClipModel.load(config, checkpoint.weights(), Workers.SERIAL);
            Tensor images = model.imageEncoder().orElseThrow().encode(Tensor.of(inputs.read("pixels"), Shape.of(2, 3, 30, 30)));
            List<int[]> ids = manifest.getAsJsonArray("ids").asList().stream()
                    .map(row -> row.getAsJsonArray().asList().stream().mapToInt(id -> id.getAsInt()).toArray())
                    .toList();
            Tensor texts = model.textEncoder().orElseThrow().encode(ids);
            for (int i = 0; i < 2; i++) {
                assertAgrees(manifest, goldens, kind + "/image" + i, images.rows(i, 1).toArray());
            }
            for (int i = 0; i < 3; i++) {
                assertAgrees(manifest, goldens, kind + "/text" + i, texts.rows(i, 1).toArray());
            }
            ClipModel larger = ClipModel.load(
                    config, checkpoint.weights(), Workers.SERIAL, OptionalInt.of(42), Profile.OPEN_CLIP.interpolation(), DType.F32);
            Tensor other = Tensor.of(inputs.read("other"), Shape.of(1, 3, 42, 42));
            assertAgrees(manifest, goldens, kind + "/other_size", larger.imageEncoder().orElseThrow().encode(other).toArray());
        }
    }

    /// Renaming is not to cost precision: each tensor is there bit by bit.
    @Test
    void timmsTensorsHaveTheNamesAndShapesOfTransformers() throws IOException {
        try (Checkpoint checkpoint = timm(); Checkpoint hf = Checkpoint.open(GOLDEN.resolve("siglip"))) {
            WeightSource weights = checkpoint.weights();
            assertThat(weights.tensors().keySet()).isEqualTo(hf.weights().tensors().keySet());
            WeightSource stored = checkpoint.storedWeights();
            float[] query = stored.read("visual.trunk.attn_pool.q.weight");
            float[] rest = stored.read("visual.trunk.attn_pool.kv.weight");
            float[] joined = Arrays.copyOf(query, query.length + rest.length);
            System.arraycopy(rest, 0, joined, query.length, rest.length);
            String inProjection = "vision_model.head.attention.in_proj_weight";
            assertThat(weights.read(inProjection)).isEqualTo(joined);
            assertThat(weights.read(inProjection, 1500, 300, new float[400])).startsWith(Arrays.copyOfRange(joined, 1500, 1800));
            float[] keys = Arrays.copyOfRange(stored.read("visual.trunk.blocks.1.attn.qkv.weight"), 40 * 40, 2 * 40 * 40);
            String key = "vision_model.encoder.layers.1.self_attn.k_proj.weight";
            assertThat(weights.read(key)).isEqualTo(keys);
            assertThat(weights.read(key, 41, 7, new float[0])).isEqualTo(Arrays.copyOfRange(keys, 41, 48));
        }
    }

    @Test
    void withoutAConfigTheShapesTellAllButHeadsAndActivation() throws IOException {
        Map<String, byte[]> files = Map.of("model.safetensors", Files.readAllBytes(TIMM.resolve("open_clip_model.safetensors")));
        try (Checkpoint checkpoint = Checkpoint.ofBytes("siglip", files)) {
            assertThatThrownBy(() -> checkpoint.config(Optional.of(Activation.GELU)))
                    .isInstanceOf(WeightFormatException.class)
                    .hasMessageContaining("expected blocks of a width that is a multiple of 64, got 3 blocks of width 40");
        }
    }

    private ClipConfig hf(String json) throws IOException {
        return ClipConfigFile.read(StrictJson.readObject(Files.writeString(directory.resolve("config.json"), json))).config();
    }

    @Test
    void transformersDefaultsAreSiglips() throws IOException {
        TransformerConfig base = new TransformerConfig(768, 12, 12, 3072, Activation.GELU_TANH, 1e-6);
        ClipConfig config = hf("{\"model_type\": \"siglip\"}");
        assertThat(config.vision()).contains(new VisionConfig(224, 16, base, new ImageHead.AttentionPool()));
        assertThat(config.text()).contains(new TextConfig(32000, 64, base, new TextHead.LastPosition(OptionalInt.of(768), true)));
        assertThat(hf("{\"model_type\": \"siglip_vision_model\", \"patch_size\": 14}").text()).isEmpty();
        TextConfig text = hf("{\"model_type\": \"siglip_text_model\", \"hidden_size\": 1152, \"num_attention_heads\": 16, "
                        + "\"projection_size\": 1536}").text().orElseThrow();
        assertThat(text.outputDim()).isEqualTo(1536);
        assertThatThrownBy(() -> hf("{\"model_type\": \"siglip\", \"vision_config\": {\"vision_use_head\": false}}"))
                .hasMessage("config.json.vision_config.vision_use_head: expected true, because the head makes the embedding of an image, "
                        + "got false");
    }

    @ParameterizedTest
    @CsvSource({
        "vit_base_patch16_siglip_224, GELU, 768, 14, 12", "vit_base_patch32_siglip_256, GELU_TANH, 768, 8, 12",
        "vit_large_patch16_siglip_384, GELU, 1024, 24, 16", "vit_large_patch16_siglip_512, GELU_TANH, 1024, 32, 16",
        "vit_so400m_patch14_siglip_384, GELU, 1152, 27, 16", "vit_so400m_patch16_siglip_256, GELU_TANH, 1152, 16, 16",
        "vit_giantopt_patch16_siglip_384, GELU_TANH, 1536, 24, 16"
    })
    void timmsNamesSayExtentsAndActivation(String name, Activation activation, int width, int grid, int heads) {
        VisionConfig vision = TimmVision.vision(name).orElseThrow();
        assertThat(vision.transformer().activation()).isEqualTo(activation);
        assertThat(vision.transformer().width()).isEqualTo(width);
        assertThat(vision.transformer().heads()).isEqualTo(heads);
        assertThat(vision.grid()).isEqualTo(grid);
    }

    private OpenClipConfigFile openClip(String vision, String text) throws IOException {
        String json = "{\"model_cfg\": {\"embed_dim\": 768, \"init_logit_bias\": -10, \"custom_text\": true, \"vision_cfg\": {" + vision
                + "}, \"text_cfg\": {\"context_length\": 64, \"vocab_size\": 256000, \"tokenizer_kwargs\": {\"clean\": \"canonicalize\"},"
                + " \"width\": 768, \"heads\": 12, \"layers\": 12, \"norm_kwargs\": {\"eps\": 1e-6}, " + text + "}}}";
        return OpenClipConfigFile.read(StrictJson.readObject(Files.writeString(directory.resolve("open_clip_config.json"), json)));
    }

    @Test
    void openClipsConfigIsReadWithItsFamilysPreprocessing() throws IOException {
        String vision = "\"image_size\": 256, \"timm_model_name\": \"vit_base_patch32_siglip_256\", \"timm_model_pretrained\": false, "
                + "\"timm_pool\": \"map\", \"timm_proj\": \"none\"";
        String text = "\"no_causal_mask\": true, \"proj_bias\": true, \"pool_type\": \"last\", \"act_kwargs\": {\"approximate\": \"tanh\"}";
        OpenClipConfigFile file = openClip(vision, text);
        assertThat(file.config()).isEqualTo(ClipConfig.siglip2B32());
        assertThat(file.clean()).contains("canonicalize");
        ClipPreprocess preprocess = file.preprocess();
        assertThat(preprocess.resize()).isEqualTo(new ResizeTo.Exactly(256, 256));
        assertThat(preprocess.crop()).isEmpty();
        assertThat(preprocess.mean()).containsOnly(0.5);
        assertThat(preprocess.std()).containsOnly(0.5);
        assertThatThrownBy(() -> openClip(vision.replace("256,", "384,"), text))
                .hasMessageContaining("image_size: expected 256, that of vit_base_patch32_siglip_256, got 384");
        assertThatThrownBy(() -> openClip(vision.replace("map", "avg"), text)).hasMessageContaining("timm_pool: expected 'map'");
        assertThatThrownBy(() -> openClip(vision, text.replace("last", "argmax"))).hasMessageContaining("pool_type: expected 'last'");
        assertThatThrownBy(() -> openClip(vision, text.replace("\"proj_bias\": true", "\"proj_bias\": false")))
                .hasMessageContaining("proj_bias: expected true");
        assertThatThrownBy(() -> openClip(vision.replace("siglip_256", "siglip_gap_256"), text))
                .hasMessageContaining("this is a SigLIP image encoder without its pooling head");
        assertThatThrownBy(() -> openClip(vision.replace("vit_base_patch32_siglip_256", "naflexvit_base_patch16_siglip"), text))
                .hasMessageContaining("this is a NaFlex model");
    }

    @Test
    void aRepositoryWithoutAPreprocessorPreparesAsSiglipDoes() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String name : List.of("config.json", "model.safetensors")) {
            files.put(name, Files.readAllBytes(GOLDEN.resolve("siglip").resolve(name)));
        }
        try (Checkpoint checkpoint = Checkpoint.ofBytes("siglip", files);
                Checkpoint whole = Checkpoint.open(GOLDEN.resolve("siglip"))) {
            assertThat(checkpoint.preprocessing(Profile.HF)).isEqualTo(whole.preprocessing(Profile.HF));
            assertThat(checkpoint.tokenizer(Profile.HF)).isEmpty();
            assertThat(checkpoint.vocabulary()).isEmpty();
            assertThat(whole.tokenizer(Profile.HF).map(Tokenizer::size)).contains(whole.config().text().orElseThrow().vocabularySize());
        }
    }

    /// Where there is no tokenizer.json, SentencePiece's file serves.
    @Test
    void spieceModelIsATokenizer() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        files.put("config.json", bytes(CONFIG));
        files.put("model.safetensors", Files.readAllBytes(TIMM.resolve("open_clip_model.safetensors")));
        files.put("spiece.model", Files.readAllBytes(GOLDEN.resolve("siglip_tokens/spiece.model")));
        try (Checkpoint checkpoint = Checkpoint.ofBytes("siglip", files)) {
            Tokenizer tokenizer = checkpoint.tokenizer(checkpoint.profile()).orElseThrow();
            assertThat(tokenizer.encode("A photo of 2 cats!", 64)).hasSize(64).endsWith(1, 1, 1);
        }
    }

    /// A NaFlex model cuts patches before the encoder: its patch embedding is a matrix.
    @Test
    void naflexTensorsAreRefusedByName() {
        LayoutMapperTest.Named names = new LayoutMapperTest.Named()
                .with("text_model.embeddings.token_embedding.weight", 10, 4).with("vision_model.embeddings.patch_embedding.weight", 4, 768)
                .with("vision_model.embeddings.patch_embedding.bias", 4).with("vision_model.head.probe", 1, 1, 4);
        assertThatThrownBy(() -> LayoutMapper.map(names)).hasMessageContaining("this is a NaFlex model");
    }

    @Test
    void aPoolingHeadWhoseKeysDoNotFitItsQueryIsRefused() {
        LayoutMapperTest.Named names = new LayoutMapperTest.Named()
                .with("text.token_embedding.weight", 10, 4).with("visual.trunk.pos_embed", 1, 9, 4)
                .with("visual.trunk.attn_pool.latent", 1, 1, 4).with("visual.trunk.attn_pool.q.weight", 4, 4)
                .with("visual.trunk.attn_pool.kv.weight", 8, 5);
        assertThatThrownBy(() -> LayoutMapper.map(names)).isInstanceOf(WeightFormatException.class).hasMessage(
                "visual.trunk.attn_pool.q.weight in m.pt: expected keys and values of the same width in visual.trunk.attn_pool.kv.weight, "
                        + "got [4, 4] and [8, 5]");
    }
}
