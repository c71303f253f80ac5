package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tools.SafetensorsWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the commands say of files that hold more than one CLIP.
class CheckpointPartsTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");

    @TempDir
    private Path directory = Path.of("");

    private record Run(int exit, String out, String err) {}

    private static Run run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = ClipCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(exit, out.toString(), err.toString());
    }

    /// The golden model, once under each prefix, with a head beside it.
    private String model(String... prefixes) throws IOException {
        for (String name : List.of("config.json", "preprocessor_config.json", "vocab.json", "merges.txt")) {
            Files.copy(MODEL.resolve(name), directory.resolve(name));
        }
        SafetensorsWriter writer = new SafetensorsWriter().add("classifier.weight", DType.F32, Shape.of(1), new float[1]);
        try (Checkpoint checkpoint = Checkpoint.open(MODEL)) {
            WeightSource weights = checkpoint.weights();
            for (String prefix : prefixes) {
                for (TensorInfo info : weights.tensors().values()) {
                    writer.add(prefix + info.name(), DType.F32, info.shape(), weights.read(info.name()));
                }
            }
        }
        writer.write(directory.resolve("model.safetensors"));
        return directory.toString();
    }

    @Test
    void whatIsLeftOutIsSaidInALine() throws IOException {
        String model = model("net.");
        Run alone = run("embed", "--text", "a cat", "--model", MODEL.toString());
        Run embedded = run("embed", "--text", "a cat", "--model", model);
        assertThat(embedded.exit).as(embedded.err).isZero();
        assertThat(embedded.out).isEqualTo(alone.out);
        assertThat(embedded.err).startsWith("clip: model.safetensors: left out 1 of").hasLineCount(1)
                .contains("which are not part of the CLIP in 'net': classifier.weight");
        Run inspected = run("inspect", model);
        assertThat(inspected.exit).as(inspected.err).isZero();
        assertThat(inspected.out).contains("left out     model.safetensors: left out 1 of");
        JsonObject document = JsonParser.parseString(run("inspect", model, "--json").out).getAsJsonObject();
        assertThat(document.get("leftOut").getAsString()).endsWith("classifier.weight");
        assertThat(JsonParser.parseString(run("inspect", MODEL.toString(), "--json").out).getAsJsonObject().get("leftOut").isJsonNull())
                .isTrue();
    }

    @Test
    void ofTwoModelsOneIsChosen() throws IOException {
        String model = model("ema.", "net.");
        Run both = run("embed", "--text", "a cat", "--model", model);
        assertThat(both.exit).isEqualTo(1);
        assertThat(both.err).startsWith("clip: model.safetensors: expected one CLIP model, got 2: under 'ema' (both encoders), 'net' "
                + "(both encoders)")
                .contains("--part NAME");
        Run chosen = run("embed", "--text", "a cat", "--model", model, "--part", "ema");
        assertThat(chosen.exit).as(chosen.err).isZero();
        assertThat(chosen.out).isEqualTo(run("embed", "--text", "a cat", "--model", MODEL.toString()).out);
        assertThat(run("inspect", model).err).contains("expected one CLIP model, got 2");
        assertThat(run("inspect", model, "--part", "net").exit).isZero();
        Path converted = directory.resolve("converted");
        assertThat(run("convert", model, converted.toString(), "--part", "net").err).startsWith("clip: model.safetensors: left out");
        assertThat(run("embed", "--text", "a cat", "--model", converted.toString()).out).isEqualTo(chosen.out);
    }

    @Test
    void aWrongPreprocessorIsAProblemOfImages() throws IOException {
        String model = model("");
        Files.writeString(directory.resolve("preprocessor_config.json"), "{\"size\": 99, \"crop_size\": 99}");
        assertThat(run("embed", "--text", "a cat", "--model", model).exit).isZero();
        Run inspected = run("inspect", model);
        assertThat(inspected.exit).isEqualTo(1);
        assertThat(inspected.err).startsWith("clip: preprocessor_config.json: expected images of");
    }
}
