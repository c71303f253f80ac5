package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `clip explain -o` and `clip attention` draw, with the built-in model.
class DrawingsTest {
    private static final String SCENE = ReferenceData.projectRoot().resolve("docs/examples/square-above-triangle.png").toString();

    @TempDir
    private Path scratch;

    /// Red minus blue of a pixel.
    private static int warmth(Image image, int x, int y) {
        byte[] rgb = image.toRgb();
        int at = 3 * (y * image.width() + x);
        return (rgb[at] & 0xff) - (rgb[at + 2] & 0xff);
    }

    @Test
    void patchesHaveTheColoursOfTheirParts() throws IOException {
        Path file = scratch.resolve("explain.png");
        JsonObject document = Cli.run(
                "explain", SCENE, "--label", "a green square", "--label", "an orange triangle", "-o", file.toString(), "--json").json();
        Image drawn = ImageFile.read(file);
        assertThat(drawn.width()).isEqualTo(12 + 3 * 300); // two labels and their contrast, of 288 pixels each
        JsonArray labels = document.getAsJsonArray("labels");
        double[][] first = map(labels, 0);
        double[][] second = map(labels, 1);
        for (int row = 0; row < 6; row++) {
            for (int column = 0; column < 6; column++) {
                int x = 12 + column * 48 + 24;
                int y = 52 + row * 48 + 24;
                assertSign(first[row][column], warmth(drawn, x, y));
                assertSign(second[row][column], warmth(drawn, x + 300, y));
                assertSign(first[row][column] - second[row][column], warmth(drawn, x + 600, y));
            }
        }
    }

    private static double[][] map(JsonArray labels, int label) {
        JsonArray rows = labels.get(label).getAsJsonObject().getAsJsonArray("patches");
        double[][] map = new double[6][6];
        for (int row = 0; row < 6; row++) {
            for (int column = 0; column < 6; column++) {
                map[row][column] = rows.get(row).getAsJsonArray().get(column).getAsDouble();
            }
        }
        return map;
    }

    /// A part of less than a hundredth is less than a level of colour.
    private static void assertSign(double part, int warmth) {
        if (Math.abs(part) > 0.01) {
            assertThat(Integer.signum(warmth)).isEqualTo((int) Math.signum(part));
        }
    }

    @Test
    void headsAreDrawnByLayersAndHeads() throws IOException {
        Path file = scratch.resolve("heads.png");
        assertThat(Cli.run("attention", SCENE, "-o", file.toString()).exit()).isZero();
        Image image = ImageFile.read(file);
        assertThat((image.height() - 6) % (96 + 6)).isZero();
        assertThat((image.height() - 6) / (96 + 6)).isEqualTo(4);
        String text = "a green square above an orange triangle";
        assertThat(Cli.run("attention", "--text", text, "-o", file.toString()).exit()).isZero();
        Image tokens = ImageFile.read(file);
        int n = Cli.run("trace", "--text", text, "--json").json().getAsJsonArray("stages").get(0).getAsJsonObject().getAsJsonArray("shape")
                .get(1).getAsInt();
        int cell = 96 / n;
        assertThat((tokens.height() - 6) / (n * cell + 6)).isEqualTo(3); // layers of the text encoder
        byte[] rgb = tokens.toRgb();
        for (int column = 1; column < n; column++) { // the first token reads itself alone
            assertThat(rgb[3 * ((6 + cell / 2) * tokens.width() + 6 + column * cell + cell / 2)]).isEqualTo((byte) 255);
        }
        assertThat(rgb[3 * ((6 + cell / 2) * tokens.width() + 6 + cell / 2)]).isZero();
    }

    /// An option that takes the name of an input would lose it.
    @Test
    void anInputIsNotWrittenOver() throws IOException {
        Path own = Files.copy(Path.of(SCENE), scratch.resolve("own.png"));
        byte[] before = Files.readAllBytes(own);
        Path link = Files.createSymbolicLink(scratch.resolve("link.png"), own);
        for (String[] command : new String[][] {
            {"explain", own.toString(), "--label", "a", "-o", own.toString()}, {"attention", own.toString(), "-o", own.toString()},
            {"attention", own.toString(), "-o", link.toString()}, {"embed", own.toString(), "-o", own.toString()},
            {"embed", "--texts-file", own.toString(), "-o", link.toString()}
        }) {
            Cli.Run run = Cli.run(command);
            assertThat(run.exit()).isEqualTo(2);
            assertThat(run.err()).contains("which would be lost");
        }
        assertThat(Files.readAllBytes(own)).isEqualTo(before);
        assertThat(Cli.run("explain", scratch.toString(), "--label", "a", "-o", scratch.resolve("x.png").toString()).err())
                .contains("--output: expected one image for one file, got a folder");
    }

    @Test
    void whatCannotBeDrawnIsWrongUsage() {
        assertThat(Cli.run("attention", SCENE, "-o", "x.gif").exit()).isEqualTo(2);
        assertThat(Cli.run("attention", SCENE).exit()).isEqualTo(2);
        assertThat(Cli.run("explain", SCENE, SCENE, "--label", "a", "-o", "x.png").exit()).isEqualTo(2);
        assertThat(Cli.run("attention", scratch.toString(), "-o", scratch.resolve("x.png").toString()).err()).contains("got a folder");
    }
}
