package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Layout;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.Decomposition;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.reference.ReferenceNllb;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.LanguageException;
import io.github.clip4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// NLLB-CLIP against open_clip in float64 (`weights-tools/python/make_nllb_goldens.py`).
class NllbGoldenTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden/nllb");
    private static final Path CLIP = GOLDEN.resolve("clip");
    private static final int CONTEXT = 24;
    private static final int SIZE = 16;
    private static final int IMAGES = 2;
    private static final int PAD = 1;

    @TempDir
    private Path folder = Path.of("");

    private static JsonObject expected(String name) throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve(name).resolve("expected.json"))).getAsJsonObject();
    }

    private static int[] ids(JsonElement row) {
        return row.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    private static List<int[]> rows(JsonObject expected, String name) {
        return expected.getAsJsonArray(name).asList().stream().map(NllbGoldenTest::ids).toList();
    }

    private static Tensor pixels() {
        float[] pixels = new float[IMAGES * 3 * SIZE * SIZE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) (i % 97 / 50.0 - 1); // as the script has it
        }
        return Tensor.of(pixels, Shape.of(IMAGES, 3, SIZE, SIZE));
    }

    /// Twice the reference's own error in float32.
    private static void assertRows(Tensor own, JsonArray rows, double error) {
        for (int i = 0; i < rows.size(); i++) {
            float[] row = own.rows(i, 1).toArray();
            for (int j = 0; j < row.length; j++) {
                assertThat((double) row[j]).as("number %d of row %d", j, i)
                        .isCloseTo(rows.get(i).getAsJsonArray().get(j).getAsDouble(), within(2 * error));
            }
        }
    }

    /// What timm's names cannot say: a SigLIP of these extents.
    private static ClipConfig siglip(ClipConfig clip) {
        TransformerConfig vision = new TransformerConfig(24, 3, 2, 48, Activation.GELU, 1e-6);
        return ClipConfig.of(
                new VisionConfig(SIZE, 8, vision, new ImageHead.AttentionPool()),
                clip.text().orElseThrow().withProjection(OptionalInt.of(24)));
    }

    private static ClipConfig config(String name) throws IOException {
        try (Checkpoint clip = Checkpoint.open(CLIP)) {
            return name.equals("clip") ? clip.config() : siglip(clip.config());
        }
    }

    private static void compare(String name, ClipModel model) throws IOException {
        JsonObject expected = expected(name);
        TextEncoder texts = model.textEncoder().orElseThrow();
        for (String language : List.of("", "_fra_Latn")) {
            List<int[]> rows = rows(expected, "ids" + language);
            Tensor together = texts.encode(rows);
            assertRows(together, expected.getAsJsonArray("embeddings" + language), expected.get("float32_error").getAsDouble());
            for (int i = 0; i < rows.size(); i++) {
                float[] own = together.rows(i, 1).toArray();
                assertThat(texts.encode(List.of(rows.get(i))).toArray()).as("text %d alone", i).isEqualTo(own);
                int[] bare = Arrays.stream(rows.get(i)).filter(id -> id != PAD).toArray();
                assertThat(texts.encode(List.of(bare)).toArray()).as("text %d without padding", i).isEqualTo(own);
                assertThat(texts.trace(rows.get(i), (stage, values) -> {}).toArray()).as("text %d traced", i).isEqualTo(own);
            }
        }
        ImageEncoder images = model.imageEncoder().orElseThrow();
        Tensor together = images.encode(pixels());
        assertRows(together, expected.getAsJsonArray("images"), expected.get("float32_error_of_images").getAsDouble());
        float[] first = Arrays.copyOf(pixels().toArray(), 3 * SIZE * SIZE);
        assertThat(images.encode(Tensor.of(first, Shape.of(1, 3, SIZE, SIZE))).toArray()).isEqualTo(together.rows(0, 1).toArray());
    }

    @ParameterizedTest
    @CsvSource({"clip, 1", "clip, 2", "siglip, 1", "siglip, 2"})
    void embeddingsAreThoseOfOpenClip(String name, int threads) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(name)); Workers workers = new Workers(threads)) {
            assertThat(checkpoint.layout()).isEqualTo(Layout.OPEN_CLIP);
            ClipConfig config = config(name);
            ClipModel.check(config, checkpoint.weights());
            ClipModel model = ClipModel.load(config, checkpoint.weights(), workers);
            assertThat(model.logitBias()).isEqualTo(name.equals("clip") ? OptionalDouble.empty() : OptionalDouble.of(-3.25));
            compare(name, model);
        }
    }

    @Test
    void theConfigIsThatOfItsNameWithTheExtentsOfTheWeights() throws IOException {
        ClipConfig config = config("clip");
        assertThat(config.text()).contains(new TextConfig(
                433, CONTEXT, new TransformerConfig(32, 16, 2, 40, Activation.RELU, 1e-5),
                new TextHead.FirstPosition(OptionalInt.of(20), PAD)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fra_Latn"})
    void tokensAreThoseOfOpenClip(String language) throws IOException {
        JsonObject expected = expected("clip");
        ClipOptions options = language.isEmpty() ? ClipOptions.defaults() : ClipOptions.defaults().withLanguage(language);
        try (Clip clip = Clip.load(CLIP, options)) {
            List<int[]> rows = rows(expected, language.isEmpty() ? "ids" : "ids_" + language);
            Tokenizer tokenizer = clip.tokenizer();
            assertThat(tokenizer.language()).contains(language.isEmpty() ? "eng_Latn" : language);
            for (int i = 0; i < rows.size(); i++) {
                String text = expected.getAsJsonArray("texts").get(i).getAsString();
                assertThat(tokenizer.encodePadded(text, CONTEXT)).as(text).isEqualTo(rows.get(i));
                assertThat(clip.embedText(text).toArray()).isEqualTo(clip.embedTokens(rows.get(i)).toArray());
            }
            assertThat(tokenizer.decode(tokenizer.encode("a photo of a cat"))).isEqualTo("a photo of a cat");
        }
    }

    /// Transformers' class makes most of the tokenizer itself, so that what older versions wrote into the file does not matter.
    @ParameterizedTest
    @ValueSource(strings = {"old", "decoder", "unlisted", "listed", "plain"})
    void filesOfEveryVersionGiveTheIdsOfTransformers(String form) throws IOException {
        Path files = GOLDEN.resolve("forms").resolve(form);
        Map<String, byte[]> all = new HashMap<>();
        for (String name : List.of("open_clip_config.json", "open_clip_model.safetensors")) {
            all.put(name, Files.readAllBytes(CLIP.resolve(name)));
        }
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            all.put(name, Files.readAllBytes(files.resolve(name)));
        }
        try (Checkpoint checkpoint = Checkpoint.ofBytes("m", all)) {
            Tokenizer tokenizer = checkpoint.tokenizer(Profile.HF).orElseThrow();
            for (JsonElement pair : JsonParser.parseString(Files.readString(files.resolve("ids.json"))).getAsJsonArray()) {
                String text = pair.getAsJsonArray().get(0).getAsString();
                assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids(pair.getAsJsonArray().get(1)));
            }
        }
    }

    /// Without its class an old file would put the language where the model does not read it.
    @Test
    void aTokenizerOfAnotherKindIsRefused() throws IOException {
        Map<String, byte[]> all = new HashMap<>();
        for (String name : List.of("open_clip_config.json", "open_clip_model.safetensors")) {
            all.put(name, Files.readAllBytes(CLIP.resolve(name)));
        }
        all.put("tokenizer.json", Files.readAllBytes(GOLDEN.resolve("forms/old/tokenizer.json")));
        try (Checkpoint checkpoint = Checkpoint.ofBytes("m", all)) {
            assertThatThrownBy(() -> checkpoint.tokenizer(Profile.HF)).hasMessage("m: expected a tokenizer whose texts begin with their "
                    + "language, as this model reads it, got another; is tokenizer_config.json there, with the class NllbTokenizer?");
        }
    }

    @Test
    void theReferenceHasTheSameEmbeddings() throws IOException {
        JsonObject expected = expected("clip");
        Map<String, Tensor> parameters = new HashMap<>();
        try (Checkpoint checkpoint = Checkpoint.open(CLIP)) {
            WeightSource weights = checkpoint.weights();
            for (TensorInfo info : weights.tensors().values()) {
                parameters.put(info.name(), Tensor.of(weights.read(info.name()), info.shape()));
            }
            ReferenceNllb reference = new ReferenceNllb(checkpoint.config(), parameters);
            List<int[]> rows = rows(expected, "ids");
            for (int i = 0; i < rows.size(); i++) {
                double[] own = reference.encodeText(Arrays.stream(rows.get(i)).filter(id -> id != PAD).toArray());
                for (int j = 0; j < own.length; j++) {
                    double value = expected.getAsJsonArray("embeddings").get(i).getAsJsonArray().get(j).getAsDouble();
                    // both in double, but for the table of positions: PyTorch's exp and sin miss the nearest float by its last bit
                    assertThat(own[j]).isCloseTo(value, within(expected.get("float32_error").getAsDouble()));
                }
            }
        }
    }

    /// The norms come first, so the parts of a cosine are those of the residual stream.
    @Test
    void aCosineComesApart() throws IOException {
        try (Clip clip = Clip.load(CLIP)) {
            TextEncoder encoder = clip.model().textEncoder().orElseThrow();
            int[] ids = clip.tokenizer().encodePadded("a photo of a cat", CONTEXT);
            float[] direction = clip.embedText("a photo of two dogs").toArray();
            Decomposition parts = encoder.decompose(ids, List.of(direction)).getFirst();
            assertThat(parts.positions()).as("padding is left out").isEqualTo(clip.tokenizer().encode("a photo of a cat").length);
            double sum = parts.rest();
            for (int position = 0; position < parts.positions(); position++) {
                sum += parts.position(position);
            }
            for (int layer = 0; layer < parts.layers(); layer++) {
                sum += parts.mlp(layer);
            }
            double cosine = clip.embedTokens(ids).dot(Embedding.ofUnit(direction));
            assertThat(sum).isCloseTo(parts.cosine(), within(1e-5)).isCloseTo(cosine, within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"F16", "BF16"})
    void weightsMayTakeSixteenBits(DType type) throws IOException {
        try (Clip full = Clip.load(CLIP); Clip half = Clip.load(CLIP, ClipOptions.defaults().withWeights(type))) {
            assertThat(half.embedText("a cat").dot(full.embedText("a cat"))).isGreaterThan(0.99);
            assertThat(half.model().textEncoder().orElseThrow().weightBytes())
                    .isLessThan(full.model().textEncoder().orElseThrow().weightBytes());
        }
    }

    @Test
    void anUnknownLanguageIsRefusedWithWhatIsNear() throws IOException {
        assertThatThrownBy(() -> Clip.load(CLIP, ClipOptions.defaults().withLanguage("fr")))
                .isInstanceOf(LanguageException.class).hasMessage(
                        "language: expected one of the vocabulary's, such as fra_Latn, arb_Arab, deu_Latn, ell_Grek, eng_Latn, got 'fr'");
        assertThatThrownBy(() -> Clip.load(CLIP, ClipOptions.defaults().withLanguage("rus_cyrl")))
                .hasMessageContaining("such as rus_Cyrl,");
        assertThatThrownBy(() -> Clip.load(CLIP, ClipOptions.defaults().withLanguage("</s>"))).isInstanceOf(LanguageException.class);
        Path bert = GOLDEN.resolveSibling("bert/xlm_roberta");
        for (Path other : List.of(bert, ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/siglip"))) {
            assertThatThrownBy(() -> Clip.load(other, ClipOptions.defaults().withLanguage("fra_Latn")))
                    .isInstanceOf(LanguageException.class)
                    .hasMessage("language: expected none, as the texts of this model do not begin with their language, got 'fra_Latn'; "
                            + "only NLLB-CLIP's do");
        }
    }

    @Test
    void aTextBeginsWithItsLanguage() throws IOException {
        try (Clip clip = Clip.load(CLIP)) {
            assertThatThrownBy(() -> clip.embedTokens(new int[] {PAD, 5, 2}))
                    .hasMessage("text 0: token ids: expected the language first, which this model reads, got padding, 1");
            int[] within = clip.tokenizer().encode("a <pad> b");
            assertThat(within).contains(PAD);
            float[] without = clip.embedTokens(Arrays.stream(within).filter(id -> id != PAD).toArray()).toArray();
            assertThat(clip.embedTokens(within).toArray()).isEqualTo(without);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "open_clip_config.json | \"cls_pooler\" | \"mean_pooler\" | text_cfg.hf_pooler_type: expected cls_pooler, as NLLB-CLIP has it",
        "open_clip_config.json | \"linear\" | \"mlp\" | text_cfg.hf_proj_type: expected linear, as NLLB-CLIP has it",
        "open_clip_config.json | nllb-200-distilled-600M | nllb-200-3.3B | this is a model with another text encoder than CLIP's",
        "tokenizer_config.json | \"src_lang\": null | \"src_lang\": \"xyz_Latn\" | src_lang: expected a token of the vocabulary",
        "tokenizer_config.json | \"legacy_behaviour\": false | \"legacy_behaviour\": true | legacy_behaviour: expected false",
        "tokenizer_config.json | \"unk_token\": \"<unk>\" | \"unk_token\": \"<no>\" | unk_token: expected a token of the vocabulary"
    })
    void whatIsAnotherModelIsRefused(String name, String part, String replacement, String message) throws IOException {
        for (String file : List.of("open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(CLIP.resolve(file), folder.resolve(file));
        }
        String content = Files.readString(CLIP.resolve(name));
        assertThat(content).contains(part);
        Files.writeString(folder.resolve(name), content.replaceFirst(part, replacement));
        assertThatThrownBy(() -> Clip.load(folder)).isInstanceOf(IOException.class).hasMessageContaining(message);
    }
}
