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
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// MobileCLIP-B and MobileCLIP2-L-14 against open_clip and timm in float64 (`weights-tools/python/make_mobileclip_goldens.py`).
class MobileClipTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden/mobileclip");
    private static final String VOCABULARY = "bpe_simple_vocab_16e6.txt.gz";
    private static final int CONTEXT = 16;
    private static final int SIZE = 50;
    private static final int IMAGES = 2;
    private static final OptionalInt DIM = OptionalInt.of(20);

    /// The extents of the goldens; open_clip's configs name published ones alone.
    private static ClipConfig config(String name) {
        boolean large = name.equals("l14");
        TransformerConfig vision = new TransformerConfig(24, 3, 2, 96, Activation.GELU, large ? 1e-5 : 1e-6);
        TransformerConfig text = new TransformerConfig(24, 3, 2, 96, Activation.GELU, 1e-5);
        return large
                ? ClipConfig.of(
                        new VisionConfig(SIZE, 8, vision, new ImageHead.ClassToken(DIM, true)),
                        new TextConfig(526, CONTEXT, text, new TextHead.EndOfPaddedText(DIM)))
                : ClipConfig.of(
                        new VisionConfig(SIZE, 16, vision, new ImageHead.ConvStem(DIM)),
                        new TextConfig(526, CONTEXT, text, new TextHead.EndOfText(DIM, TextHead.Pooling.GREATEST_ID, 525)));
    }

    private static JsonObject json(String name) throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve(name))).getAsJsonObject();
    }

    private static List<int[]> ids() throws IOException {
        return json("tokens.json").getAsJsonArray("ids").asList().stream()
                .map(row -> row.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray()).toList();
    }

    private static Tensor pixels(int images, int size) {
        float[] pixels = new float[images * 3 * size * size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) (i % 97 / 96.0); // as the script has it
        }
        return Tensor.of(pixels, Shape.of(images, 3, size, size));
    }

    private static ClipModel load(String name, Workers workers, OptionalInt size, DType storage) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(name))) {
            assertThat(checkpoint.layout()).isEqualTo(Layout.OPEN_CLIP);
            ClipConfig config = config(name);
            ClipModel.check(config, checkpoint.weights());
            return ClipModel.load(config, checkpoint.weights(), workers, size, Profile.OPEN_CLIP.interpolation(), storage);
        }
    }

    private static void assertRows(Tensor own, JsonArray rows, double bound) {
        assertThat(own.rows()).isEqualTo(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            float[] row = own.rows(i, 1).toArray();
            for (int j = 0; j < row.length; j++) {
                assertThat((double) row[j]).as("number %d of row %d", j, i)
                        .isCloseTo(rows.get(i).getAsJsonArray().get(j).getAsDouble(), within(bound));
            }
        }
    }

    /// Twice the reference's own error in float32.
    private static double bound(JsonObject expected, String name) {
        return 2 * expected.getAsJsonObject("float32_error").get(name).getAsDouble();
    }

    @ParameterizedTest
    @CsvSource({"b, 1", "b, 2", "l14, 1", "l14, 2"})
    void imagesAreThoseOfTimm(String name, int threads) throws IOException {
        JsonObject expected = json(name + "/expected.json");
        try (Workers workers = new Workers(threads)) {
            ImageEncoder encoder = load(name, workers, OptionalInt.empty(), DType.F32).imageEncoder().orElseThrow();
            Tensor together = encoder.encode(pixels(IMAGES, SIZE));
            assertRows(together, expected.getAsJsonArray("images"), bound(expected, "images"));
            int floats = 3 * SIZE * SIZE;
            float[] two = pixels(IMAGES, SIZE).array();
            float[] eight = new float[8 * floats];
            for (int i = 0; i < 8; i++) {
                System.arraycopy(two, i % IMAGES * floats, eight, i * floats, floats);
            }
            Tensor ofEight = encoder.encode(Tensor.of(eight, Shape.of(8, 3, SIZE, SIZE)));
            for (int i = 0; i < 8; i++) {
                float[] own = together.rows(i % IMAGES, 1).toArray();
                float[] one = Arrays.copyOfRange(eight, i * floats, (i + 1) * floats);
                assertThat(ofEight.rows(i, 1).toArray()).as("image %d of eight", i).isEqualTo(own);
                assertThat(encoder.encode(Tensor.of(one, Shape.of(1, 3, SIZE, SIZE))).toArray()).as("image %d alone", i).isEqualTo(own);
                assertThat(encoder.trace(Tensor.of(one, Shape.of(3, SIZE, SIZE)), (stage, values) -> {}).toArray()).isEqualTo(own);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"b, 1", "b, 2", "l14, 1", "l14, 2"})
    void textsAreThoseOfOpenClip(String name, int threads) throws IOException {
        JsonObject expected = json(name + "/expected.json");
        try (Workers workers = new Workers(threads)) {
            TextEncoder encoder = load(name, workers, OptionalInt.empty(), DType.F32).textEncoder().orElseThrow();
            Tensor together = encoder.encode(ids());
            assertRows(together, expected.getAsJsonArray("texts"), bound(expected, "texts"));
            for (int i = 0; i < ids().size(); i++) {
                float[] own = together.rows(i, 1).toArray();
                assertThat(encoder.encode(List.of(ids().get(i))).toArray()).as("text %d alone", i).isEqualTo(own);
                assertThat(encoder.trace(ids().get(i), (stage, values) -> {}).toArray()).as("text %d traced", i).isEqualTo(own);
            }
        }
    }

    /// `set_input_size` of timm; the positions of MobileCLIP-B have no row of the class token.
    @ParameterizedTest
    @ValueSource(strings = {"b", "l14"})
    void imagesOfAnotherSizeAreThoseOfTimm(String name) throws IOException {
        JsonObject expected = json(name + "/expected.json");
        ImageEncoder encoder = load(name, Workers.SERIAL, OptionalInt.of(66), DType.F32).imageEncoder().orElseThrow();
        assertRows(encoder.encode(pixels(1, 66)), expected.getAsJsonArray("other_size"), bound(expected, "other_size"));
    }

    /// Weights of 8 bits and more of precision: outputs of about 2 move by some 2⁻⁸ of it.
    @ParameterizedTest
    @CsvSource({"b, F16, 0.01", "l14, F16, 0.01", "b, BF16, 0.08", "l14, BF16, 0.08"})
    void weightsOfSixteenBitsAreNearby(String name, DType storage, double bound) throws IOException {
        JsonObject expected = json(name + "/expected.json");
        ClipModel model = load(name, Workers.SERIAL, OptionalInt.empty(), storage);
        assertRows(model.imageEncoder().orElseThrow().encode(pixels(IMAGES, SIZE)), expected.getAsJsonArray("images"), bound);
        assertRows(model.textEncoder().orElseThrow().encode(ids()), expected.getAsJsonArray("texts"), bound);
    }

    /// The parts of a cosine add up to it.
    @ParameterizedTest
    @ValueSource(strings = {"b", "l14"})
    void embeddingsAreTakenApart(String name) throws IOException {
        ClipModel model = load(name, Workers.SERIAL, OptionalInt.empty(), DType.F32);
        float[] direction = new float[20];
        direction[3] = 1;
        Tensor image = Tensor.of(Arrays.copyOf(pixels(1, SIZE).toArray(), 3 * SIZE * SIZE), Shape.of(3, SIZE, SIZE));
        float[] output = model.imageEncoder().orElseThrow().encode(pixels(1, SIZE)).toArray();
        assertAddsUp(model.imageEncoder().orElseThrow().decompose(image, List.of(direction)).getFirst(), output);
        float[] text = model.textEncoder().orElseThrow().encode(ids().subList(0, 1)).toArray();
        assertAddsUp(model.textEncoder().orElseThrow().decompose(ids().getFirst(), List.of(direction)).getFirst(), text);
        assertThat(model.imageEncoder().orElseThrow().encodePatches(image).rows()).isEqualTo(name.equals("b") ? 9 : 36);
    }

    private static void assertAddsUp(Decomposition parts, float[] output) {
        double norm = 0;
        for (float value : output) {
            norm += (double) value * value;
        }
        assertThat(parts.cosine()).isCloseTo(output[3] / Math.sqrt(norm), within(1e-5));
    }

    @Test
    void aTextThatDoesNotFillTheContextIsRefused() throws IOException {
        TextEncoder encoder = load("l14", Workers.SERIAL, OptionalInt.empty(), DType.F32).textEncoder().orElseThrow();
        assertThatThrownBy(() -> encoder.encode(List.of(new int[] {524, 320, 525})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("text 0: expected exactly 16 token ids, padding included, because a position of this model sees padding too, "
                        + "got 3");
    }

    /// open_clip's `model_configs`.
    private static String modelConfig(String name) {
        boolean large = name.endsWith("L-14");
        return """
                {"embed_dim": %d,
                 "vision_cfg": {"timm_model_name": "%s", "timm_model_pretrained": false, "timm_pool": "token",
                  "timm_proj": null, "timm_drop": 0.0, "timm_drop_path": 0.0, "image_size": 224},
                 "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": %1$d, "heads": %d, "layers": 12,
                  "no_causal_mask": %b},
                 "custom_text": true}""".formatted(
                large ? 768 : 512, large ? "vit_large_patch14_clip_224" : "vit_base_mci_224", large ? 12 : 8, large);
    }

    private static Checkpoint published(String config, String more) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        files.put("open_clip_config.json", "{\"model_cfg\": %s%s}".formatted(modelConfig(config), more).getBytes(StandardCharsets.UTF_8));
        files.put("open_clip_model.safetensors", Files.readAllBytes(
                GOLDEN.resolve(config.endsWith("L-14") ? "l14" : "b").resolve("open_clip_model.safetensors")));
        files.put(VOCABULARY, Files.readAllBytes(GOLDEN.resolve(VOCABULARY)));
        return Checkpoint.ofBytes(config, files);
    }

    /// open_clip pads with 0, the id of "!", whatever the profile; texts of MobileCLIP-B end at their end.
    @ParameterizedTest
    @CsvSource({"MobileCLIP2-L-14, OPEN_CLIP", "MobileCLIP2-L-14, HF", "MobileCLIP-B, OPEN_CLIP", "MobileCLIP2-B, OPEN_CLIP"})
    void tokensAreThoseOfOpenClip(String name, Profile profile) throws IOException {
        try (Checkpoint checkpoint = published(name, "")) {
            assertThat(checkpoint.profile()).isEqualTo(Profile.OPEN_CLIP);
            Tokenizer tokenizer = checkpoint.tokenizer(profile).orElseThrow().withTruncation(true);
            JsonArray texts = json("tokens.json").getAsJsonArray("texts");
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i).getAsString();
                int[] whole = ids().get(i);
                int end = IntStream.range(0, CONTEXT).filter(at -> whole[at] == 525).findFirst().orElseThrow();
                int[] own = tokenizer.encode(text, CONTEXT);
                assertThat(own).as(text).isEqualTo(name.endsWith("L-14") ? whole : Arrays.copyOf(whole, end + 1));
                assertThat(tokenizer.encodeTruncated(text, CONTEXT)).as(text).isEqualTo(own);
                assertThat(tokenizer.encodePadded(text, CONTEXT)).as(text).isEqualTo(whole);
            }
        }
    }

    /// open_clip `pretrained.py`: `_mccfg`, and for L-14 `_mc2cfg` with bicubic.
    @ParameterizedTest
    @CsvSource({"MobileCLIP-B, BILINEAR, 0, 1", "MobileCLIP2-B, BILINEAR, 0, 1", "MobileCLIP2-L-14, BICUBIC, 0.48145466, 0.26862954"})
    void imagesArePreparedAsOpenClipDoes(String name, ClipPreprocess.Filter filter, double mean, double std) throws IOException {
        try (Checkpoint checkpoint = published(name, "")) {
            ClipPreprocess preprocess = checkpoint.preprocessing(Profile.OPEN_CLIP).orElseThrow();
            assertThat(preprocess.resize()).isEqualTo(new ClipPreprocess.ResizeTo.ShortestEdge(224));
            assertThat(preprocess.crop()).isEqualTo(Optional.of(new ClipPreprocess.Crop(224, 224)));
            assertThat(preprocess.filter()).isEqualTo(filter);
            assertThat(preprocess.mean().getFirst()).isEqualTo(mean);
            assertThat(preprocess.std().getFirst()).isEqualTo(std);
        }
        try (Checkpoint checkpoint = published(name, ", \"preprocess_cfg\": {\"mean\": 0.25, \"interpolation\": \"bicubic\"}")) {
            assertThat(checkpoint.preprocessing(Profile.OPEN_CLIP).orElseThrow().mean()).containsExactly(0.25, 0.25, 0.25);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "\"timm_pool\": \"token\" | \"timm_pool\": \"avg\" | timm_pool: expected 'token', as MobileCLIP has it, got 'avg'",
        "\"timm_proj\": null, | | timm_proj: expected null, as MobileCLIP has it, got nothing",
        "\"timm_proj\": null | \"timm_proj\": \"linear\" | timm_proj: expected null, as MobileCLIP has it, got linear",
        "\"image_size\": 224 | \"image_size\": 256 | image_size: expected 224, that of vit_large_patch14_clip_224, got 256",
        "\"embed_dim\": 768 | \"embed_dim\": 0 | timm_model_name: expected an embed_dim of at least 1 beside it, got 0",
        "\"no_causal_mask\": true | \"no_causal_mask\": true, \"pool_type\": \"last\" | pool_type: expected argmax beside no_causal_mask",
        "\"no_causal_mask\": true | \"no_causal_mask\": true, \"hf_tokenizer_name\": \"t5\" | hf_tokenizer_name: expected none",
        "vit_large_patch14_clip_224 | vit_large_patch14_clip_336 | this is a model with an image encoder of the timm library",
        "vit_large_patch14_clip_224 | fastvit_mci0 | this is a MobileCLIP whose image encoder is a FastViT"
    })
    void anotherConfigIsRefusedByItsField(String part, String replacement, String message) throws IOException {
        String text = modelConfig("MobileCLIP2-L-14");
        assertThat(text).contains(part);
        String changed = text.replace(part, replacement == null ? "" : replacement);
        Map<String, byte[]> files = Map.of(
                "open_clip_config.json", changed.getBytes(StandardCharsets.UTF_8), "open_clip_model.safetensors",
                Files.readAllBytes(GOLDEN.resolve("l14/open_clip_model.safetensors")));
        assertThatThrownBy(() -> Checkpoint.ofBytes("m", files).config()).isInstanceOf(WeightFormatException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"b", "l14"})
    void weightsAloneDoNotSayIt(String name) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(name))) {
            assertThatThrownBy(() -> checkpoint.config(Optional.of(Activation.GELU))).isInstanceOf(WeightFormatException.class)
                    .hasMessageContaining("expected open_clip_config.json, got none; an image encoder whose projection has a bias");
        }
    }
}
