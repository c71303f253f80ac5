package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The command line means the same for NLLB-CLIP, and `--language` chooses the language of its texts.
class NllbCommandTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden");
    private static final String MODEL = GOLDEN.resolve("nllb/clip").toString();
    private static final String TEXT = "a photo of a cat";

    @TempDir
    private Path directory = Path.of("");

    private static JsonObject expected() throws IOException {
        return JsonParser.parseString(Files.readString(Path.of(MODEL, "expected.json"))).getAsJsonObject();
    }

    private static int[] ids(JsonElement row) {
        return row.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).filter(id -> id != 1).toArray();
    }

    private static Cli.Run run(String[] more, String... args) {
        return Cli.run(Stream.concat(Stream.of(args), Stream.of(more)).toArray(String[]::new));
    }

    private float[] embedding(String... args) throws IOException {
        Path out = directory.resolve("out.npy");
        Cli.Run run = run(args, "embed", "-o", out.toString(), "--model", MODEL);
        assertThat(run.exit()).as(run.err()).isZero();
        return NpyArray.read(out).floats();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fra_Latn"})
    void aTextBeginsWithItsLanguage(String language) throws IOException {
        String[] chosen = language.isEmpty() ? new String[0] : new String[] {"--language", language};
        int[] row = ids(expected().getAsJsonArray(language.isEmpty() ? "ids" : "ids_" + language).get(0));
        Cli.Run run = run(chosen, "tokenize", TEXT, "--json", "--model", MODEL);
        assertThat(run.exit()).as(run.err()).isZero();
        JsonArray tokens = run.results().getFirst().getAsJsonArray("ids");
        assertThat(tokens.asList().stream().mapToInt(JsonElement::getAsInt).toArray()).isEqualTo(row);
        Path file = directory.resolve("ids.npy");
        NpyWriter.writeInts(file, row, Shape.of(1, row.length));
        float[] ofIds = embedding("--ids", file.toString());
        assertThat(embedding(Stream.concat(Stream.of("--text", TEXT), Stream.of(chosen)).toArray(String[]::new))).isEqualTo(ofIds);
    }

    @Test
    void embeddingsOfTwoLanguagesDiffer() throws IOException {
        assertThat(embedding("--text", TEXT, "--language", "fra_Latn")).isNotEqualTo(embedding("--text", TEXT));
        assertThat(embedding("--text", TEXT, "--language", "eng_Latn", "--weights", "f16")).isNotEqualTo(embedding("--text", TEXT));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "NLLB | fr | --language: expected one of the vocabulary's, such as fra_Latn, arb_Arab, deu_Latn",
        "NLLB | | --language: expected one of the vocabulary's, such as",
        "BERT | fra_Latn | --language: expected none, as the texts of this model do not begin with their language, got 'fra_Latn'",
        "CLIP | fra_Latn | --language: expected none, as the texts of this model do not begin with their language, got 'fra_Latn'"
    })
    void anotherLanguageOrModelIsWrongUsage(String model, String language, String message) {
        String folder = switch (model) {
            case "NLLB" -> MODEL;
            case "BERT" -> GOLDEN.resolve("bert/xlm_roberta").toString();
            default -> Cli.MODEL;
        };
        String code = language == null ? "" : language;
        for (String[] command : new String[][] {
            {"embed", "--text", TEXT, "--model", folder, "--language", code}, {"tokenize", TEXT, "--model", folder, "--language", code}
        }) {
            Cli.Run run = Cli.run(command);
            assertThat(run.exit()).as(run.err()).isEqualTo(2);
            assertThat(run.err()).contains(message);
        }
    }

    @Test
    void theModelIsInspectedTracedAndMeasured() {
        Cli.Run inspected = Cli.run("inspect", MODEL);
        assertThat(inspected.exit()).as(inspected.err()).isZero();
        assertThat(inspected.out()).contains("open_clip_config.json").contains("433 tokens, texts begin with eng_Latn");
        Cli.Run traced = Cli.run("trace", "--text", TEXT, "--model", MODEL, "-o", directory.resolve("trace.safetensors").toString());
        assertThat(traced.exit()).as(traced.err()).isZero();
        Cli.Run bench = Cli.run("bench", "--model", MODEL, "--tower", "text", "--seconds", "0.01");
        assertThat(bench.exit()).as(bench.err()).isZero();
    }

    @Test
    void transformersHasNoClassToConvertItTo() {
        Cli.Run run = Cli.run("convert", MODEL, directory.resolve("hf").toString());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("Hugging Face's layout has no class for NLLB-CLIP; keep open_clip's files");
        assertThat(directory.resolve("hf")).doesNotExist();
    }

    @Test
    void aCosineIsExplained() {
        Cli.Run run = Cli.run("explain", Cli.IMAGE, "--text", TEXT, "--model", MODEL, "--json");
        assertThat(run.exit()).as(run.err()).isZero();
    }
}
