package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.reference.ReferenceBert;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models with a text encoder of BERT's kind, or with XLM-R's vocabulary, against transformers in float64
/// (`weights-tools/python/make_bert_goldens.py small`).
class BertGoldenTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden/bert");

    private static JsonObject expected(String name) throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve(name).resolve("expected.json"))).getAsJsonObject();
    }

    private static int[] ids(JsonElement row) {
        return row.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    private static ClipOptions cutting() {
        return ClipOptions.defaults().withTruncation(true).withThreads(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chinese_clip", "metaclip_2", "multilingual_v1", "xlm_roberta"})
    void tokensAndEmbeddingsAreThoseOfTransformers(String name) throws IOException {
        JsonObject expected = expected(name);
        JsonArray texts = expected.getAsJsonArray("texts");
        try (Clip clip = Clip.load(GOLDEN.resolve(name), cutting())) {
            List<String> all = new ArrayList<>();
            List<int[]> rows = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                all.add(texts.get(i).getAsString());
                rows.add(ids(expected.getAsJsonArray("ids").get(i)));
                int context = clip.model().config().text().orElseThrow().contextLength();
                assertThat(clip.tokenizer().encode(all.get(i), context)).as(all.get(i)).isEqualTo(rows.get(i));
            }
            TextEncoder encoder = clip.model().textEncoder().orElseThrow();
            double bound = 2 * expected.get("float32_error").getAsDouble(); // twice that of transformers in float32
            Tensor together = encoder.encode(rows);
            for (int i = 0; i < rows.size(); i++) {
                double[] row = expected.getAsJsonArray("embeddings").get(i).getAsJsonArray().asList().stream()
                        .mapToDouble(JsonElement::getAsDouble).toArray();
                float[] own = together.rows(i, 1).toArray();
                for (int j = 0; j < row.length; j++) {
                    assertThat((double) own[j]).as("%s, number %d of text %d", name, j, i)
                            .isCloseTo(row[j], offset(bound));
                }
                assertThat(encoder.encode(List.of(rows.get(i))).toArray()).as("text %d alone", i).isEqualTo(own);
                assertThat(encoder.trace(rows.get(i), (stage, values) -> {}).toArray()).as("text %d traced", i).isEqualTo(own);
            }
            assertThat(clip.embedTexts(all).get(0).toArray()).isEqualTo(clip.embedText(all.getFirst()).toArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"chinese_clip", "multilingual_v1", "xlm_roberta"})
    void theReferenceHasTheSameEmbeddings(String name) throws IOException {
        JsonObject expected = expected(name);
        Map<String, Tensor> parameters = new HashMap<>();
        try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(name))) {
            for (TensorInfo info : checkpoint.weights().tensors().values()) {
                parameters.put(info.name(), Tensor.of(checkpoint.weights().read(info.name()), info.shape()));
            }
            ReferenceBert reference = new ReferenceBert(checkpoint.config(), parameters);
            for (int i = 0; i < expected.getAsJsonArray("ids").size(); i++) {
                double[] own = reference.encodeText(ids(expected.getAsJsonArray("ids").get(i)));
                for (int j = 0; j < own.length; j++) {
                    double value = expected.getAsJsonArray("embeddings").get(i).getAsJsonArray().get(j).getAsDouble();
                    assertThat(own[j]).isCloseTo(value, offset(1e-9)); // both in double
                }
            }
        }
    }

    @Test
    void paddingIsLeftOut() throws IOException {
        try (Clip clip = Clip.load(GOLDEN.resolve("multilingual_v1"), cutting())) {
            int[] ids = clip.tokenizer().encode("a cat");
            int[] padded = Arrays.copyOf(ids, ids.length + 3); // 0 is [PAD]
            assertThat(clip.embedTokens(padded).toArray()).isEqualTo(clip.embedTokens(ids).toArray());
        }
    }

    @Test
    void aTextThatIsTooLongIsRefusedWhereTransformersDoesAndCutWhereSentenceTransformersDoes() throws IOException {
        String text = "two dogs ".repeat(40);
        try (Clip clip = Clip.load(GOLDEN.resolve("chinese_clip"))) {
            assertThatThrownBy(() -> clip.embedText(text)).hasMessageContaining("40");
            assertThat(clip.model().config().text().orElseThrow().head()).isInstanceOf(TextHead.Bert.class);
            assertThatThrownBy(() -> clip.model().textEncoder().orElseThrow().decompose(new int[] {2, 3}, List.of()))
                    .isInstanceOf(IllegalStateException.class);
        }
        try (Clip clip = Clip.load(GOLDEN.resolve("multilingual_v1"))) {
            assertThat(clip.tokenizer().encode(text, 28)).hasSize(28);
            assertThat(clip.embedText(text).dimension()).isEqualTo(20);
        }
    }
}
