package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The command line means the same for SigLIP.
class SiglipCommandTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden");
    private static final String MODEL = GOLDEN.resolve("siglip").toString();
    private static final String IMAGE = GOLDEN.resolve("siglip/image.png").toString();

    @TempDir
    private Path directory = Path.of("");

    private record Run(int exit, String out, String err) {}

    private static Run run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = ClipCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(exit, out.toString(), err.toString());
    }

    private static JsonObject json(String... args) {
        Run run = run(args);
        assertThat(run.exit).as(run.err).isZero();
        return JsonParser.parseString(run.out).getAsJsonObject();
    }

    private static JsonObject manifest() throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve("siglip/manifest.json"))).getAsJsonObject();
    }

    private float[] embedding(String model, String... args) throws IOException {
        Path out = directory.resolve("out.npy");
        Run run = run(Stream.concat(Stream.of(args), Stream.of("--model", model, "-o", out.toString())).toArray(String[]::new));
        assertThat(run.exit).as(run.err).isZero();
        return NpyArray.read(out).floats();
    }

    @Test
    void classifyGivesTheAnswerOfTheZeroShotPipelineAndSaysThatLabelsAreJudgedByThemselves() throws IOException {
        JsonObject scores = manifest().getAsJsonObject("pipeline");
        List<String> args = new ArrayList<>(List.of("classify", IMAGE, "--model", MODEL, "--template", "This is a photo of {}."));
        scores.keySet().forEach(label -> args.addAll(List.of("--label", label)));
        String shown = run(args.toArray(String[]::new)).out;
        assertThat(shown).startsWith(IMAGE + "  (each label judged by itself)");
        args.add("--json");
        JsonObject document = json(args.toArray(String[]::new));
        assertThat(document.get("independent").getAsBoolean()).isTrue();
        JsonArray labels = document.getAsJsonArray("results").get(0).getAsJsonObject().getAsJsonArray("labels");
        assertThat(labels).hasSize(4).allSatisfy(entry -> {
            JsonObject label = entry.getAsJsonObject();
            double expected = scores.get(label.get("label").getAsString()).getAsDouble();
            assertThat(label.get("probability").getAsDouble()).isEqualTo(expected, within(1e-5));
        });
    }

    @Test
    void pixelsAndIdsGiveWhatImagesAndTextsGive() throws IOException {
        Path prepared = directory.resolve("prepared");
        assertThat(run("preprocess", IMAGE, "--model", MODEL, "-o", prepared.toString()).exit).isZero();
        NpyArray pixels = NpyArray.read(prepared.resolve("00000.npy"));
        Path batch = directory.resolve("batch.npy");
        NpyWriter.writeFloats(batch, pixels.floats(), Shape.of(1, 3, 30, 30));
        assertThat(embedding(MODEL, "embed", "--pixels", batch.toString())).isEqualTo(embedding(MODEL, "embed", IMAGE));

        JsonObject tokens = json("tokenize", "a photo of a cat", "--model", MODEL, "--json");
        int[] ids = tokens.getAsJsonArray("results").get(0).getAsJsonObject().getAsJsonArray("ids").asList().stream()
                .mapToInt(id -> id.getAsInt()).toArray();
        assertThat(ids).endsWith(1).hasSizeLessThan(64);
        assertThat(run("tokenize", "a cat", "--model", MODEL).out).contains("<eos>");
        Path idsFile = directory.resolve("ids.npy");
        NpyWriter.writeInts(idsFile, Arrays.copyOf(ids, 64), Shape.of(1, 64)); // <pad> is 0
        float[] ofText = embedding(MODEL, "embed", "--text", "a photo of a cat");
        assertThat(embedding(MODEL, "embed", "--ids", idsFile.toString())).isEqualTo(ofText);
        NpyWriter.writeInts(idsFile, ids, Shape.of(1, ids.length));
        Run refused = run("embed", "--ids", idsFile.toString(), "--model", MODEL);
        assertThat(refused.exit).isEqualTo(1);
        assertThat(refused.err).contains("expected exactly 64 token ids, padding included");
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16"})
    void openClipsNamesBecomeTransformers(String dtype) throws IOException {
        Path stored = Files.createDirectory(directory.resolve("stored"));
        Files.copy(GOLDEN.resolve("siglip_timm/open_clip_model.safetensors"), stored.resolve("model.safetensors"));
        Files.copy(GOLDEN.resolve("siglip_tokens/spiece.model"), stored.resolve("spiece.model"));
        Files.writeString(stored.resolve("config.json"), """
                {"model_type": "siglip",
                 "text_config": {"hidden_size": 36, "intermediate_size": 76, "num_hidden_layers": 2, "num_attention_heads": 3,
                                 "vocab_size": 90, "projection_size": 40, "hidden_act": "gelu"},
                 "vision_config": {"hidden_size": 40, "intermediate_size": 100, "num_hidden_layers": 3, "num_attention_heads": 5,
                                   "image_size": 30, "patch_size": 7, "hidden_act": "gelu"}}""");
        Path converted = directory.resolve("converted");
        Run run = run("convert", stored.toString(), converted.toString(), "--dtype", dtype);
        assertThat(run.exit).as(run.err).isZero();
        JsonObject inspected = json("inspect", converted.toString(), "--json");
        assertThat(inspected.get("layout").getAsString()).isEqualTo("hf");
        assertThat(inspected.get("problem").isJsonNull()).isTrue();
        assertThat(inspected.get("tokens").getAsInt()).isPositive();
        JsonObject config = JsonParser.parseString(Files.readString(converted.resolve("config.json"))).getAsJsonObject();
        assertThat(config.get("model_type").getAsString()).isEqualTo("siglip");
        JsonObject bias = inspected.getAsJsonArray("tensors").asList().stream().map(tensor -> tensor.getAsJsonObject())
                .filter(tensor -> tensor.get("name").getAsString().equals("logit_bias")).findFirst().orElseThrow();
        assertThat(bias.getAsJsonArray("shape")).as("as SiglipModel has it").hasSize(1);
        if (dtype.equals("f32")) {
            assertThat(embedding(converted.toString(), "embed", IMAGE)).isEqualTo(embedding(stored.toString(), "embed", IMAGE));
        }
    }

    @Test
    void verifyComparesWithThePipelinesProbabilities() throws IOException {
        JsonObject scores = manifest().getAsJsonObject("pipeline");
        JsonObject expected = new JsonObject();
        JsonArray texts = new JsonArray();
        JsonArray probabilities = new JsonArray();
        scores.entrySet().forEach(score -> {
            texts.add("This is a photo of " + score.getKey() + ".");
            probabilities.add(score.getValue());
        });
        expected.addProperty("image", "image.png");
        expected.add("texts", texts);
        expected.add("probs", probabilities);
        expected.addProperty("tolerance", 1e-5);
        Files.copy(Path.of(IMAGE), directory.resolve("image.png"));
        Path file = Files.writeString(directory.resolve("expected.json"), expected.toString());
        assertThat(run("verify", MODEL, file.toString()).exit).isZero();
        probabilities.set(0, probabilities.get(1));
        Files.writeString(file, expected.toString());
        assertThat(run("verify", MODEL, file.toString()).exit).isEqualTo(1);
    }

    @Test
    void benchMeasuresFullTexts() {
        JsonObject document =
                json("bench", "--model", MODEL, "--threads", "2", "--batch", "3", "--tokens", "10", "--seconds", "0.1", "--json");
        assertThat(document.getAsJsonArray("cells")).hasSize(2);
    }

    /// By hand: an image is 2·(64·3072·768 + 12·(64·(4·768² + 2·768·3072) + 2·64²·768) + 64·2·768² + 2·64·768 + 768² + 2·768·3072)
    /// operations, a text 2·(12·(64·12·768² + 2·64²·768) + 768²).
    @Test
    void nominalOperationsOfSiglip2() {
        assertThat(Throughput.flops(ClipConfig.siglip2B32().vision().orElseThrow()) / 1e9).isCloseTo(11.486, within(0.001));
        assertThat(Throughput.flops(ClipConfig.siglip2B32().text().orElseThrow(), 64) / 1e9).isCloseTo(11.024, within(0.001));
    }
}
