package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// CLIPA against open_clip in float64 (`weights-tools/python/make_bert_goldens.py`, `clipa`).
class ClipaTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden/bert/clipa");
    private static final int IMAGES = 2;

    @TempDir
    private Path folder;

    private static JsonObject expected() throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve("expected.json"))).getAsJsonObject();
    }

    private static int[] ids(JsonElement row) {
        return row.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
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

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void textsAreThoseOfOpenClip(int threads) throws IOException {
        JsonObject expected = expected();
        try (Clip clip = Clip.load(GOLDEN, ClipOptions.defaults().withThreads(threads))) {
            assertThat(clip.model().config().text().orElseThrow().head()).isEqualTo(new TextHead.LastPosition(OptionalInt.of(20), false));
            List<int[]> rows = new ArrayList<>();
            for (int i = 0; i < expected.getAsJsonArray("texts").size(); i++) {
                String text = expected.getAsJsonArray("texts").get(i).getAsString();
                rows.add(ids(expected.getAsJsonArray("ids").get(i)));
                assertThat(clip.tokenizer().encode(text, 16)).as(text).isEqualTo(rows.get(i));
            }
            TextEncoder encoder = clip.model().textEncoder().orElseThrow();
            Tensor together = encoder.encode(rows);
            assertRows(together, expected.getAsJsonArray("embeddings"), expected.get("float32_error").getAsDouble());
            for (int i = 0; i < rows.size(); i++) {
                float[] own = together.rows(i, 1).toArray();
                assertThat(encoder.encode(List.of(rows.get(i))).toArray()).as("text %d alone", i).isEqualTo(own);
                assertThat(encoder.trace(rows.get(i), (stage, values) -> {}).toArray()).as("text %d traced", i).isEqualTo(own);
            }
            assertThatThrownBy(() -> clip.embedTokens(new int[] {2, 16})).hasMessageContaining("16");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void imagesAreThoseOfOpenClip(int threads) throws IOException {
        JsonObject expected = expected();
        try (Clip clip = Clip.load(GOLDEN, ClipOptions.defaults().withThreads(threads))) {
            ImageEncoder encoder = clip.model().imageEncoder().orElseThrow();
            assertThat(encoder.config().head()).isEqualTo(new ImageHead.PatchMean(OptionalInt.of(20)));
            float[] pixels = new float[IMAGES * 3 * 24 * 24];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (float) (i % 97 / 50.0 - 1); // as the script has it
            }
            Tensor batch = Tensor.of(pixels, Shape.of(IMAGES, 3, 24, 24));
            Tensor together = encoder.encode(batch);
            assertRows(together, expected.getAsJsonArray("images"), expected.get("float32_error_of_images").getAsDouble());
            for (int i = 0; i < IMAGES; i++) {
                int first = i * 3 * 24 * 24;
                float[] one = IntStream.range(0, 3 * 24 * 24).collect(() -> new float[3 * 24 * 24], (to, j) -> to[j] = pixels[first + j],
                        (left, right) -> {});
                float[] own = together.rows(i, 1).toArray();
                assertThat(encoder.encode(Tensor.of(one, Shape.of(1, 3, 24, 24))).toArray()).as("image %d alone", i).isEqualTo(own);
                assertThat(encoder.trace(Tensor.of(one, Shape.of(3, 24, 24)), (stage, values) -> {}).toArray()).isEqualTo(own);
            }
            Tensor image = Tensor.of(new float[3 * 24 * 24], Shape.of(3, 24, 24));
            assertThatThrownBy(() -> encoder.decompose(image, List.of())).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("CLIPA");
            assertThatThrownBy(() -> encoder.encodePatches(image)).isInstanceOf(IllegalStateException.class);
        }
    }

    /// open_clip `pretrained.py`, `_apcfg`; a classifier asks which label fits best.
    @Test
    void imagesAreSquashedAndLabelsCompete() throws IOException {
        try (Clip clip = Clip.load(GOLDEN)) {
            ClipPreprocess preprocess = clip.preprocess();
            assertThat(preprocess.resize()).isEqualTo(new ClipPreprocess.ResizeTo.Exactly(24, 24));
            assertThat(preprocess.filter()).isEqualTo(ClipPreprocess.Filter.BILINEAR);
            assertThat(preprocess.mean()).containsExactly(0.485, 0.456, 0.406);
            assertThat(preprocess.std()).containsExactly(0.229, 0.224, 0.225);
            assertThat(clip.profile()).isEqualTo(Profile.OPEN_CLIP);
            assertThat(clip.classifier(List.of("a cat", "a dog"), PromptTemplates.labelOnly()).isIndependent()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "\"no_ln_pre\": true, | | vision_cfg.pool_type: expected tok, the class token, got 'avg'",
        "\"pool_type\": \"avg\", | | vision_cfg.pool_type: expected avg beside no_ln_pre",
        "\"final_ln_after_pool\": true | \"output_tokens\": false | vision_cfg.final_ln_after_pool: expected true",
        "\"strip_sep_token\": true | \"strip_sep_token\": false | tokenizer_kwargs: expected strip_sep_token",
        "\"pool_type\": \"last\", | | text_cfg.pool_type: expected last beside no_causal_mask"
    })
    void aPartOfItIsNoModelThatIsKnown(String part, String replacement, String message) throws IOException {
        copyWithout("open_clip_config.json");
        String config = Files.readString(GOLDEN.resolve("open_clip_config.json"));
        assertThat(config).contains(part);
        Files.writeString(folder.resolve("open_clip_config.json"), config.replace(part, replacement == null ? "" : replacement));
        assertThatThrownBy(() -> Clip.load(folder)).isInstanceOf(WeightFormatException.class).hasMessageContaining(message);
    }

    @Test
    void weightsAloneDoNotSayIt() throws IOException {
        copyWithout("open_clip_config.json");
        assertThatThrownBy(() -> Clip.load(folder, ClipOptions.defaults().withActivation(Activation.GELU)))
                .isInstanceOf(WeightFormatException.class).hasMessageContaining("expected open_clip_config.json, got none");
    }

    private void copyWithout(String name) throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path file : files.filter(file -> !file.endsWith(name)).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }
}
