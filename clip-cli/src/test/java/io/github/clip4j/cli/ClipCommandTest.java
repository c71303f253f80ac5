package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract of the command line.
class ClipCommandTest {
    private static final String MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny").toString();
    private static final String IMAGE = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images/rgb.png").toString();

    @TempDir
    private Path directory = Path.of("");

    private record Run(int exit, String out, String err) {
        JsonObject json() {
            assertThat(out.strip()).as("one document on one line").doesNotContain("\n");
            return JsonParser.parseString(out).getAsJsonObject();
        }
    }

    private static Run run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = ClipCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(exit, out.toString(), err.toString());
    }

    @Test
    void classifyPrintsSortedProbabilitiesAndGoesOnAfterABadImage() {
        Run run = run(
                "classify", IMAGE, "nope.png", "--model", MODEL, "--label", "cat", "--label", "dog", "--template", "a photo of a {}",
                "--json");
        assertThat(run.exit).isEqualTo(1);
        assertThat(run.err).isEqualTo("clip: no such file: nope.png\nclip: 1 of 2 images failed\n");
        assertThat(run.json().get("model").getAsString()).isEqualTo("tiny");
        JsonObject good = run.json().getAsJsonArray("results").get(0).getAsJsonObject();
        assertThat(good.get("image").getAsString()).isEqualTo(IMAGE);
        List<JsonObject> labels = good.getAsJsonArray("labels").asList().stream().map(e -> e.getAsJsonObject()).toList();
        assertThat(labels).hasSize(2);
        assertThat(labels.get(0).get("probability").getAsDouble() + labels.get(1).get("probability").getAsDouble())
                .isCloseTo(1.0, within(1e-12));
        assertThat(labels.get(0).keySet()).containsExactly("label", "probability", "logit", "cosine");
        assertThat(labels.get(0).get("logit").getAsDouble()).isGreaterThan(labels.get(1).get("logit").getAsDouble());
        assertThat(labels.get(0).get("cosine").getAsDouble()).isBetween(-1.0, 1.0).isGreaterThan(labels.get(1).get("cosine").getAsDouble());
        JsonObject bad = run.json().getAsJsonArray("results").get(1).getAsJsonObject();
        assertThat(bad.get("error").getAsString()).isEqualTo("no such file: nope.png");
    }

    /// The README's first command, as it stands there, and the answer that it shows.
    @Test
    void theReadmesFirstCommandIsRightWithoutAModel() throws IOException {
        String readme = Files.readString(ReferenceData.projectRoot().resolve("README.md"));
        Matcher command = Pattern.compile("^\\./clip (classify (docs/examples/\\S+) .*)$", Pattern.MULTILINE).matcher(readme);
        assertThat(command.find()).isTrue();
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(command.group(1));
        while (word.find()) {
            words.add(word.group(1) != null ? word.group(1) : word.group(2));
        }
        String image = command.group(2);
        words.set(1, ReferenceData.projectRoot().resolve(image).toString());
        Run run = run(words.toArray(String[]::new));
        assertThat(run.exit).isZero();
        assertThat(run.err).startsWith("clip: no --model, so the built-in demonstration model answers").hasLineCount(1);
        assertThat(readme).contains(run.out.replace(words.get(1), image));
        words.add("--json");
        JsonObject best = run(words.toArray(String[]::new)).json().getAsJsonArray("results").get(0).getAsJsonObject()
                .getAsJsonArray("labels").get(0).getAsJsonObject();
        assertThat(best.get("label").getAsString()).isEqualTo("a red circle");
        assertThat(best.get("probability").getAsDouble()).isGreaterThan(0.9);
    }

    @Test
    void weightsAreKeptAsAsked() {
        Run half = run("embed", "--text", "a red circle", "--json", "--weights", "f16");
        assertThat(half.exit).as(half.err).isZero();
        // the built-in weights were published in float16
        assertThat(half.out).isEqualTo(run("embed", "--text", "a red circle", "--json").out);
        Run wrong = run("embed", "--text", "a red circle", "--weights", "int8");
        assertThat(wrong.exit).isEqualTo(2);
        assertThat(wrong.err).contains("--weights: expected f32, f16 or bf16, got 'int8'");
    }

    @Test
    void imagesKeepTheirOrderWhenTheyAreReadAhead() {
        String[] command = new String[203];
        Arrays.fill(command, IMAGE);
        command[0] = "embed";
        command[70] = "nope.png";
        command[201] = "--json";
        command[202] = "--threads=3";
        Run run = run(command);
        assertThat(run.exit).isEqualTo(1);
        List<String> results = run.json().getAsJsonArray("results").asList().stream().map(Object::toString).toList();
        assertThat(results).hasSize(200);
        assertThat(results.get(69)).contains("no such file: nope.png");
        assertThat(results.stream().filter(result -> result.contains("error"))).hasSize(1);
    }

    @Test
    void aTextThatIsTooLongHasNoRowAndCostsTheOthersNothing() throws IOException {
        Path texts = Files.writeString(directory.resolve("texts.txt"), "a cat\n" + "a cat ".repeat(20) + "\na dog\n");
        Path out = directory.resolve("texts.npy");
        Run run = run("embed", "--texts-file", texts.toString(), "--model", MODEL, "-o", out.toString(), "--json");
        assertThat(run.exit).isEqualTo(1);
        assertThat(run.err).startsWith("clip: texts.txt:2: text \"a cat a cat ").contains("expected at most 20 tokens")
                .endsWith("\nclip: 1 of 3 texts failed\n");
        List<JsonObject> results = run.json().getAsJsonArray("results").asList().stream().map(e -> e.getAsJsonObject()).toList();
        assertThat(results.get(0).get("row").getAsInt()).isZero();
        assertThat(results.get(1).keySet()).containsExactly("text", "error");
        assertThat(results.get(2).get("row").getAsInt()).isEqualTo(1);
        assertThat(Arrays.copyOfRange(NpyArray.read(out).floats(), 24, 48)).isEqualTo(embedding("embed", "--text", "a dog"));
    }

    /// An image of 1 × 1,000,000 pixels has 48 × 48,000,000 once its shorter edge has 48, of which only the crop is computed. One twice as
    /// high is refused, as by Pillow.
    @Test
    void anImageThatCannotBePreparedIsNamedAndCostsTheOthersNothing() throws IOException {
        assertThat(run("embed", narrow("whole.pbm", 1_000_000), "--json").exit).isZero();
        String narrow = narrow("narrow.pbm", 2_000_000);
        for (String[] command : new String[][] {
            {"embed", narrow, IMAGE, "--json"}, {"classify", narrow, IMAGE, "--label", "a", "--json"}
        }) {
            Run run = run(command);
            assertThat(run.exit).isEqualTo(1);
            assertThat(run.err).contains("clip: " + narrow + ": Image[1 × 2000000 BILEVEL]: expected at most 268,435,455 weights");
            List<String> results = run.json().getAsJsonArray("results").asList().stream().map(Object::toString).toList();
            assertThat(results.get(0)).contains("narrow.pbm: Image[1 × 2000000");
            assertThat(results.get(1)).contains("rgb.png").doesNotContain("error");
        }
    }

    private String narrow(String name, int height) throws IOException {
        byte[] header = "P4 1 %d ".formatted(height).getBytes(StandardCharsets.US_ASCII);
        return Files.write(directory.resolve(name), Arrays.copyOf(header, header.length + height)).toString();
    }

    @Test
    void classifyShowsBarsToPeopleAndHonoursTop() throws IOException {
        Path labels = Files.writeString(directory.resolve("labels.txt"), "cat\ndog\n\nhouse\n");
        Run run = run("classify", IMAGE, "--model", MODEL, "--labels-file", labels.toString(), "--top", "2");
        assertThat(run.exit).isZero();
        assertThat(run.out.lines().toList()).hasSize(4).startsWith(IMAGE).element(1).isEqualTo("         share of 3  cosine");
        assertThat(run.out.lines().skip(2))
                .allMatch(line -> line.matches("  (cat|dog|house) +\\d+\\.\\d\\d %  [ -]\\d\\.\\d\\d\\d  [█░]{30}"));
    }

    @Test
    void embedWritesRowsThatAreUnitVectorsUnlessRaw() throws IOException {
        Path out = directory.resolve("e.npy");
        Run run = run("embed", "--text", "a cat", "--text", "a dog", "--model", MODEL, "-o", out.toString(), "--json");
        assertThat(run.exit).as(run.err).isZero();
        assertThat(run.json().getAsJsonArray("results").get(1).getAsJsonObject().get("row").getAsInt()).isEqualTo(1);
        NpyArray rows = NpyArray.read(out);
        assertThat(rows.shape()).isEqualTo(Shape.of(2, 24));
        assertThat(norm(rows.floats())).isCloseTo(1.0, within(1e-6)); // 24 roundings of 2⁻²⁴
        run("embed", "--text", "a cat", "--model", MODEL, "--raw", "-o", out.toString());
        assertThat(norm(NpyArray.read(out).floats())).isGreaterThan(1.1);
    }

    private static double norm(float[] values) {
        double squares = 0;
        for (int i = 0; i < 24; i++) {
            squares += values[i] * values[i];
        }
        return Math.sqrt(squares);
    }

    @Test
    void pixelsAndIdsGiveWhatImagesAndTextsGive() throws IOException {
        Path prepared = directory.resolve("prepared");
        Run preprocess = run("preprocess", IMAGE, "nope.png", "--model", MODEL, "-o", prepared.toString());
        assertThat(preprocess.exit).isEqualTo(1);
        assertThat(preprocess.out.lines().map(line -> JsonParser.parseString(line).getAsJsonObject().keySet().toString()))
                .containsExactly("[image, file]", "[image, error]");
        NpyArray pixels = NpyArray.read(prepared.resolve("00000.npy"));
        assertThat(pixels.shape()).isEqualTo(Shape.of(3, 30, 30));
        Path batch = directory.resolve("batch.npy");
        NpyWriter.writeFloats(batch, pixels.floats(), Shape.of(1, 3, 30, 30));
        assertThat(embedding("embed", "--pixels", batch.toString())).isEqualTo(embedding("embed", IMAGE));

        Run tokens = run("tokenize", "a photo of a cat", "--model", MODEL, "--json");
        int[] ids = tokens.json().getAsJsonArray("results").get(0).getAsJsonObject().getAsJsonArray("ids").asList().stream()
                .mapToInt(id -> id.getAsInt()).toArray();
        Path idsFile = directory.resolve("ids.npy");
        NpyWriter.writeInts(idsFile, ids, Shape.of(1, ids.length));
        assertThat(embedding("embed", "--ids", idsFile.toString())).isEqualTo(embedding("embed", "--text", "a photo of a cat"));
    }

    private float[] embedding(String... args) throws IOException {
        Path out = directory.resolve("out.npy");
        Run run = run(Stream.concat(Stream.of(args), Stream.of("--model", MODEL, "-o", out.toString())).toArray(String[]::new));
        assertThat(run.exit).as(run.err).isZero();
        return NpyArray.read(out).floats();
    }

    @Test
    void preprocessWritesBytesAsUnsigned() throws IOException {
        Path prepared = directory.resolve("bytes");
        assertThat(run("preprocess", IMAGE, "--uint8", "--profile", "hf", "-o", prepared.toString()).exit).isZero();
        NpyArray bytes = NpyArray.read(prepared.resolve("00000.npy"));
        assertThat(bytes.dtype()).isEqualTo(DType.U8);
        assertThat(bytes.shape()).isEqualTo(Shape.of(224, 224, 3));
    }

    @Test
    void tokenizeReadsJsonLinesAndKeepsTheirOrder() throws IOException {
        Path file = Files.writeString(directory.resolve("t.jsonl"), "{\"text\": \"a cat\"}\n{\"text\": \"\\u0085x\\u2028y\"}\n");
        Run run = run("tokenize", "--jsonl", file.toString(), "--model", MODEL);
        assertThat(run.out.lines().toList()).hasSize(2).allMatch(line -> line.matches("\\{\"ids\":\\[635,.*,636]}"));
        Files.writeString(file, "{\"text\": \"a\"}\n{\"txt\": 1}\n");
        Run bad = run("tokenize", "--jsonl", file.toString(), "--model", MODEL);
        assertThat(bad.exit).isEqualTo(1);
        assertThat(bad.err).isEqualTo("clip: t.jsonl:2.text: expected a string, got nothing\nclip: 1 of 2 texts failed\n");
        assertThat(bad.out.lines().toList()).hasSize(2).last().isEqualTo("{\"error\":\"t.jsonl:2.text: expected a string, got nothing\"}");
    }

    @Test
    void inspectShowsWhereEachValueCameFrom() {
        Run run = run("inspect", MODEL);
        assertThat(run.exit).isZero();
        assertThat(run.out).contains("vision_config.patch_size").contains("7  config.json").contains("vision_config.layer_norm_eps")
                .contains("1.0E-5  default").contains("F32");
        assertThat(run("inspect", MODEL, "--json").json().get("problem").isJsonNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "classify", "classify x.png --label a --labels-file b", "embed", "embed x.png --text a", "tokenize", "nonsense",
                "classify x.png --label a --top 0", "preprocess x.png -o d --profile other"
            })
    void wrongUsageExitsWithTwo(String line) {
        Run run = run(line.isEmpty() ? new String[0] : line.split(" ", -1));
        assertThat(run.exit).isEqualTo(2);
        assertThat(run.out).isEmpty();
        assertThat(run.err).isNotBlank();
    }

    @Test
    void helpHasExamples() {
        for (String command : new String[] {"classify", "embed", "tokenize", "preprocess", "inspect"}) {
            Run run = run(command, "--help");
            assertThat(run.exit).isZero();
            assertThat(run.out).contains("Example").contains("clip " + command);
        }
    }

    @Test
    void profilesTokenizeTheirWay() {
        Run broken = run("tokenize", "caf\u00C3\u00A9", "--model", MODEL, "--profile", "openai", "--json");
        Run whole = run("tokenize", "café", "--model", MODEL, "--profile", "openai", "--json");
        assertThat(broken.out).isEqualTo(whole.out.replace("café", "caf\u00C3\u00A9"));
        Run wrong = run("tokenize", "a", "--model", MODEL, "--profile", "clip");
        assertThat(wrong.exit).isEqualTo(2);
        assertThat(wrong.err).contains("--profile: expected hf, hf-torchvision, openai, open_clip or immich, got 'clip'");
    }

    @Test
    void profilesPrepareTheirWay() throws IOException {
        String palette = IMAGE.replace("rgb.png", "palette.png");
        for (String profile : List.of("hf", "openai")) {
            Run run = run("preprocess", palette, "--uint8", "--profile", profile, "-o", directory.resolve(profile).toString());
            assertThat(run.exit).as(run.err).isZero();
        }
        assertThat(NpyArray.read(directory.resolve("hf/00000.npy")).ints())
                .isNotEqualTo(NpyArray.read(directory.resolve("openai/00000.npy")).ints());
        String turned = IMAGE.replace("rgb.png", "turned.jpg");
        Run upright = run(
                "preprocess", turned, "--uint8", "--exif-transpose", "--image-size", "20", "-o", directory.resolve("t").toString());
        assertThat(upright.exit).as(upright.err).isZero();
        assertThat(NpyArray.read(directory.resolve("t/00000.npy")).shape()).isEqualTo(Shape.of(20, 20, 3));
    }

    @Test
    void convertsAndVerifies() throws IOException {
        Path half = directory.resolve("half");
        Run run = run("convert", MODEL, half.toString(), "--dtype", "f16");
        assertThat(run.exit).as(run.err).isZero();
        assertThat(run.out).isEqualTo("written and compared: " + half + "\n");
        assertThat(run("convert", MODEL, half.toString()).err).contains("expected a directory that does not exist yet");
        assertThat(run("convert", MODEL, half + "2", "--format", "npy", "--dtype", "bf16").err).contains("npy files have no bfloat16");
        JsonObject inspected = run("inspect", half.toString(), "--json").json();
        assertThat(inspected.get("layout").getAsString()).isEqualTo("hf");
        assertThat(inspected.getAsJsonArray("tensors").get(1).getAsJsonObject().get("dtype").getAsString()).isEqualTo("F16");
        Path expected = Files.writeString(directory.resolve("published.json"), "{\"texts\": [\"a cat\"], \"text_embeddings\": [[100]]}");
        Run verified = run("verify", MODEL, expected.toString());
        assertThat(verified.exit).isEqualTo(1);
        assertThat(verified.err).isEqualTo("clip: the first stage that differs is text_embeddings[0]\n");
        assertThat(run("verify", MODEL, expected.toString(), "--json").json().get("passed").getAsBoolean()).isFalse();
    }

    @Test
    void aRepositoryThatIsNotThereNamesTheCommandThatFetchesIt() {
        Run run = run("embed", "--text", "a", "--model", "nobody/no-such-model");
        assertThat(run.exit).isEqualTo(1);
        assertThat(run.err).contains("download it with: clip fetch nobody/no-such-model");
        assertThat(run("fetch", "../x").exit).isEqualTo(1);
    }

    @Test
    void benchReportsThePeakAndACellForEachCombination() {
        Run run = run("bench", "--model", MODEL, "--threads", "1,2", "--batch", "1,3", "--seconds", "0.1", "--json");
        assertThat(run.exit).as(run.err).isZero();
        JsonObject document = run.json();
        assertThat(document.getAsJsonObject("peak").keySet()).containsExactly("1", "2");
        List<JsonObject> cells = document.getAsJsonArray("cells").asList().stream().map(cell -> cell.getAsJsonObject()).toList();
        assertThat(cells).hasSize(8).allSatisfy(cell -> {
            assertThat(cell.keySet()).containsExactly("tower", "batch", "threads", "per_second", "gflops", "fraction");
            assertThat(cell.get("per_second").getAsDouble()).isPositive();
            assertThat(cell.get("fraction").getAsDouble()).isBetween(0.0, 1.0);
        });
        assertThat(run("bench", "--preset", "b64").err).contains("--preset: expected b32, b16, l14 or siglip2-b32-256, got 'b64'");
        assertThat(run("bench", "--tokens", "12-8").err)
                .contains("--tokens: expected a number of at least 2, or two such as 8-12, got '12-8'");
        Run ragged = run(
                "bench", "--model", MODEL, "--threads", "1", "--batch", "3", "--tower", "text", "--tokens", "4-6", "--seconds", "0.1",
                "--json");
        assertThat(ragged.json().getAsJsonArray("cells")).as(ragged.err).hasSize(1);
    }

    /// Published: 8.82 GFLOP an image and 5.96 a text of 77 tokens for ViT-B/32, two operations a multiply-add.
    @Test
    void nominalOperationsAreThePublishedOnes() {
        assertThat(Throughput.flops(ClipConfig.vitB32().vision().orElseThrow()) / 1e9).isCloseTo(8.82, within(0.01));
        assertThat(Throughput.flops(ClipConfig.vitB32().text().orElseThrow(), 77) / 1e9).isCloseTo(5.96, within(0.01));
    }
}
