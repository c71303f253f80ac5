package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `clip trace`, with the built-in model: 4 layers of 2 heads and more, 37 tokens.
class TraceCommandTest {
    private static final String CIRCLE = ReferenceData.projectRoot().resolve("docs/examples/red-circle.png").toString();
    private static final String BLOCK = "vision_model.encoder.layers.3";

    @TempDir
    private Path scratch;

    private static List<Double> numbers(JsonElement array) {
        List<Double> numbers = new ArrayList<>();
        array.getAsJsonArray().forEach(element -> numbers.add(element.getAsDouble()));
        return numbers;
    }

    private static Shape shape(SafetensorsFile file, String name) {
        return Objects.requireNonNull(file.tensors().get(name), name).shape();
    }

    @Test
    void theFileHoldsEveryModuleWithTheBatchFirst() throws IOException {
        Path file = scratch.resolve("trace.safetensors");
        assertThat(Cli.run("trace", CIRCLE, "-o", file.toString()).exit()).isZero();
        try (SafetensorsFile trace = SafetensorsFile.open(file)) {
            Shape residual = shape(trace, BLOCK);
            assertThat(residual.dim(0)).isOne();
            assertThat(residual.dim(1)).isEqualTo(37);
            Shape weights = shape(trace, BLOCK + ".self_attn.weights");
            assertThat(List.of(weights.dim(0), weights.dim(2), weights.dim(3))).containsExactly(1, 37, 37);
            float[] rows = trace.read(BLOCK + ".self_attn.weights");
            for (int row = 0; row < rows.length / 37; row++) {
                double sum = 0;
                for (int i = 0; i < 37; i++) {
                    sum += rows[row * 37 + i];
                }
                assertThat(sum).isCloseTo(1, within(1e-6));
            }
            // a block's output is its input, and what its two parts add
            float[] before = trace.read("vision_model.encoder.layers.2");
            float[] attention = trace.read(BLOCK + ".self_attn");
            float[] mlp = trace.read(BLOCK + ".mlp");
            float[] after = trace.read(BLOCK);
            for (int i = 0; i < after.length; i++) {
                assertThat(after[i]).isCloseTo(before[i] + attention[i] + mlp[i], within(1e-5f));
            }
            assertThat(trace.read(BLOCK + ".self_attn.out_proj")).isEqualTo(attention);
            assertThat(trace.tensors()).containsKeys(BLOCK + ".self_attn.heads", BLOCK + ".mlp.activation_fn", "visual_projection");
        }
    }

    @Test
    void anArchiveHoldsTheSame() throws IOException {
        Path file = scratch.resolve("trace.npz");
        Path safetensors = scratch.resolve("trace.safetensors");
        Cli.run("trace", "--text", "a red circle", "-o", file.toString());
        Cli.run("trace", "--text", "a red circle", "-o", safetensors.toString());
        try (ZipFile zip = new ZipFile(file.toFile()); SafetensorsFile trace = SafetensorsFile.open(safetensors)) {
            assertThat(zip.size()).isEqualTo(trace.tensors().size());
            ZipEntry entry = zip.getEntry("text_projection.npy");
            Path array = scratch.resolve("array.npy");
            Files.copy(zip.getInputStream(entry), array);
            assertThat(NpyArray.read(array).floats()).isEqualTo(trace.read("text_projection"));
            assertThat(NpyArray.read(array).shape()).isEqualTo(shape(trace, "text_projection"));
        }
    }

    @Test
    void theListNamesEveryStage() {
        String out = Cli.run("trace", "--text", "a red circle", "--list").out();
        assertThat(out).contains("text_model.encoder.layers.0.self_attn.weights").contains("text_model.final_layer_norm");
        assertThat(out).doesNotContain("rms");
    }

    @Test
    void preparedPixelsAndIdsAreTracedAsTheirImageAndText() throws IOException {
        Path batch = scratch.resolve("batch.npy");
        JsonArray image = Cli.run("trace", CIRCLE, "--json").json().getAsJsonArray("stages");
        try (Clip clip = TinyClip.load(ClipOptions.defaults())) {
            float[] pixels = clip.preprocess().apply(ImageFile.read(Path.of(CIRCLE))).toArray();
            NpyWriter.writeFloats(batch, pixels, Shape.of(1, 3, 48, 48));
        }
        assertThat(Cli.run("trace", "--pixels", batch.toString(), "--json").json().getAsJsonArray("stages")).isEqualTo(image);
        Path ids = scratch.resolve("ids.npy");
        NpyWriter.writeInts(ids, new int[] {1, 2, 3}, Shape.of(3));
        assertThat(Cli.run("trace", "--ids", ids.toString()).err()).contains("expected the ids of one text, [1, length], got");
    }

    @Test
    void theLensEndsAtTheAnswer() {
        JsonObject document = Cli.run("trace", CIRCLE, "--label", "a red circle", "--label", "a blue square", "--json").json();
        JsonArray lens = document.getAsJsonArray("lens");
        assertThat(lens).hasSize(5);
        List<Double> last = numbers(lens.get(4).getAsJsonObject().get("cosine"));
        JsonObject similarity =
                Cli.run("similarity", CIRCLE, "--text", "a red circle", "--text", "a blue square", "--json").json();
        assertThat(last.get(0)).isCloseTo(similarity.getAsJsonArray("cosine").get(0).getAsJsonArray().get(0).getAsDouble(), within(1e-6));
        List<Double> first = numbers(lens.get(0).getAsJsonObject().get("cosine"));
        assertThat(first.get(0)).isLessThan(last.get(0) - 0.3);
    }

    @Test
    void aHeadSetToZeroChangesTheAnswer() throws IOException {
        String[] base = {"trace", CIRCLE, "--label", "a red circle", "--json", "--zero", "head", "3.1"};
        JsonObject document = Cli.run(base).json();
        JsonObject label = document.getAsJsonArray("labels").get(0).getAsJsonObject();
        assertThat(label.get("cosine").getAsDouble()).isNotEqualTo(label.get("cosine_unchanged").getAsDouble());
        assertThat(document.get("cosine_to_unchanged").getAsDouble()).isBetween(0.0, 0.99999);
        Path file = scratch.resolve("zero.safetensors");
        Cli.run("trace", CIRCLE, "--zero", "attention", "3", "-o", file.toString());
        try (SafetensorsFile trace = SafetensorsFile.open(file)) {
            assertThat(trace.read(BLOCK + ".self_attn.heads")).containsOnly(0f);
        }
        String out = Cli.run("trace", CIRCLE, "--label", "a red circle", "--zero", "head", "3.1", "--zero", "mlp", "0").out();
        assertThat(out).contains("with head 3.1, mlp 0 set to zero, the embedding has a cosine of");
    }

    @Test
    void whatATowerDoesNotHaveIsWrongUsage() {
        for (String[] zero : new String[][] {{"head", "4.0"}, {"head", "3"}, {"mlp", "1.1"}, {"layer", "1"}, {"head", "-1.0"}}) {
            Cli.Run run = Cli.run("trace", CIRCLE, "--zero", zero[0], zero[1]);
            assertThat(run.exit()).isEqualTo(2);
            assertThat(run.err()).contains("expected 'head LAYER.HEAD'");
        }
        assertThat(Cli.run("trace").exit()).isEqualTo(2);
        assertThat(Cli.run("trace", CIRCLE, "--text", "a").exit()).isEqualTo(2);
        assertThat(Cli.run("trace", CIRCLE, "-o", "x.bin").exit()).isEqualTo(2);
        assertThat(Cli.run("trace", "no-such-file.png").exit()).isEqualTo(1);
    }
}
