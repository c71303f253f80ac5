package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// `clip explain`, with the built-in model.
class ExplainCommandTest {
    private static final String SCENE = ReferenceData.projectRoot().resolve("docs/examples/square-above-triangle.png").toString();
    private static final Path GAME = ReferenceData.projectRoot().resolve("clip-cli/src/test/resources/pointing-game");

    private static double sum(JsonArray values) {
        double sum = 0;
        for (JsonElement value : values) {
            sum += value.isJsonArray() ? sum(value.getAsJsonArray()) : value.getAsDouble();
        }
        return sum;
    }

    @Test
    void patchesAndRestSumToTheCosineAndSoDoTokens() {
        JsonObject document = Cli.run("explain", SCENE, "--label", "a green square", "--label", "a red heart", "--json").json();
        JsonArray scores = Cli.run("classify", SCENE, "--label", "a green square", "--label", "a red heart", "--json")
                .results().getFirst().getAsJsonArray("labels");
        assertThat(document.keySet()).containsExactly("model", "image", "labels");
        for (JsonElement element : document.getAsJsonArray("labels")) {
            JsonObject label = element.getAsJsonObject();
            double cosine = label.get("cosine").getAsDouble();
            double classified = scores.asList().stream().map(JsonElement::getAsJsonObject)
                    .filter(score -> score.get("label").equals(label.get("label"))).findFirst().orElseThrow().get("cosine").getAsDouble();
            assertThat(cosine).isCloseTo(classified, within(1e-6));
            assertThat(label.getAsJsonArray("patches")).hasSize(6).allMatch(row -> row.getAsJsonArray().size() == 6);
            assertThat(sum(label.getAsJsonArray("patches")) + label.get("rest").getAsDouble()).isCloseTo(cosine, within(1e-5));
            double tokens = label.get("tokens_rest").getAsDouble();
            for (JsonElement token : label.getAsJsonArray("tokens")) {
                tokens += token.getAsJsonObject().get("part").getAsDouble();
            }
            assertThat(tokens).isCloseTo(cosine, within(1e-5));
            assertThat(label.getAsJsonArray("layers")).hasSize(4).allMatch(layer -> layer.getAsJsonObject().keySet().size() == 2);
        }
    }

    @Test
    void theTokensOfATextSumToItsCosine() {
        JsonObject document = Cli.run("explain", "--text", "a green square above an orange triangle", SCENE, "--json").json();
        double sum = document.get("rest").getAsDouble();
        for (JsonElement token : document.getAsJsonArray("tokens")) {
            sum += token.getAsJsonObject().get("part").getAsDouble();
        }
        assertThat(sum).isCloseTo(document.get("cosine").getAsDouble(), within(1e-5));
        assertThat(document.getAsJsonArray("tokens").get(2).getAsJsonObject().get("token").getAsString()).isEqualTo("green");
    }

    /// The pointing game on twelve images of `weights-tools/python/pointing_game.py`: the best patch's centre lies within 1.05 radii of the
    /// thing that a text names. The full game, of 300 images, is that script; chance is about one in seven.
    @Test
    void theBestPatchLiesOnTheThingThatIsNamed() throws IOException {
        JsonArray games = JsonParser.parseString(Files.readString(GAME.resolve("things.json"))).getAsJsonArray();
        int hits = 0;
        int contrasts = 0;
        for (JsonElement element : games) {
            JsonObject game = element.getAsJsonObject();
            List<JsonObject> things = game.getAsJsonArray("things").asList().stream().map(JsonElement::getAsJsonObject).toList();
            JsonArray labels = Cli.run(
                    "explain", GAME.resolve(game.get("image").getAsString()).toString(), "--label", text(things.get(0)), "--label",
                    text(things.get(1)), "--json").json().getAsJsonArray("labels");
            double[][][] maps = {map(labels.get(0)), map(labels.get(1))};
            for (int named = 0; named < 2; named++) {
                hits += isOn(things.get(named), maps[named], new double[6][6]) ? 1 : 0;
                contrasts += isOn(things.get(named), maps[named], maps[1 - named]) ? 1 : 0;
            }
        }
        assertThat(hits).as("of 24").isGreaterThanOrEqualTo(22);
        assertThat(contrasts).as("of 24").isGreaterThanOrEqualTo(23);
    }

    private static String text(JsonObject thing) {
        return thing.get("text").getAsString();
    }

    private static double[][] map(JsonElement label) {
        return label.getAsJsonObject().getAsJsonArray("patches").asList().stream()
                .map(row -> row.getAsJsonArray().asList().stream().mapToDouble(JsonElement::getAsDouble).toArray())
                .toArray(double[][]::new);
    }

    /// Whether the patch with the greatest difference of two maps lies on a thing; places are from −1 to 1.
    private static boolean isOn(JsonObject thing, double[][] map, double[][] other) {
        int best = 0;
        for (int i = 1; i < 36; i++) {
            best = map[i / 6][i % 6] - other[i / 6][i % 6] > map[best / 6][best % 6] - other[best / 6][best % 6] ? i : best;
        }
        int row = best / 6;
        int column = best % 6;
        double x = (column + 0.5) / 3 - 1 - thing.get("x").getAsDouble();
        double y = (row + 0.5) / 3 - 1 - thing.get("y").getAsDouble();
        return Math.hypot(x, y) <= 1.05 * thing.get("radius").getAsDouble();
    }

    @Test
    void otherMethodsSayWhatTheyShow() {
        for (String method : List.of("attention", "rollout", "maskclip")) {
            JsonObject document = Cli.run("explain", SCENE, "--label", "a green square", "--method", method, "--json").json();
            assertThat(document.get("method").getAsString()).isEqualTo(method);
            assertThat(document.get("shows").getAsString()).isNotBlank();
            double[][] map = map(document.getAsJsonArray("labels").get(0));
            double sum = sum(document.getAsJsonArray("labels").get(0).getAsJsonObject().getAsJsonArray("patches"));
            if (method.equals("maskclip")) {
                JsonObject two = Cli.run(
                        "explain", SCENE, "--label", "a green square", "--label", "a red heart", "--method", method, "--json").json();
                assertThat(map).isDeepEqualTo(map(two.getAsJsonArray("labels").get(0)));
            } else {
                assertThat(sum).as("what the class token reads of itself is left out").isBetween(0.1, 1.0);
            }
        }
    }

    /// Of several labels each patch says which it fits best; a label alone has no segments, nor has another method.
    @Test
    void patchesAreSegmentedByTheirBestLabels() {
        String[] two = {"explain", SCENE, "--label", "a green square", "--label", "an orange triangle", "--method", "maskclip"};
        JsonObject document = Cli.run(Stream.concat(Stream.of(two), Stream.of("--json")).toArray(String[]::new)).json();
        double[][] first = map(document.getAsJsonArray("labels").get(0));
        double[][] second = map(document.getAsJsonArray("labels").get(1));
        for (int row = 0; row < 6; row++) {
            for (int column = 0; column < 6; column++) {
                assertThat(document.getAsJsonArray("segments").get(row).getAsJsonArray().get(column).getAsInt())
                        .isEqualTo(second[row][column] > first[row][column] ? 1 : 0);
            }
        }
        String out = Cli.run(two).out();
        assertThat(out).contains("    A  a green square\n    B  an orange triangle\n").containsPattern("\n    ( [AB] ){6}\n");
        two[two.length - 1] = "decomposition";
        assertThat(Cli.run(two).out()).doesNotContain("fits each patch best");
    }

    @Test
    void coloursAddNothingButColours() {
        String[] arguments = {"explain", SCENE, "--label", "a green square", "--label", "an orange triangle", "--color", "never"};
        String plain = Cli.run(arguments).out();
        assertThat(plain).doesNotContain("\u001b");
        arguments[arguments.length - 1] = "always";
        String colored = Cli.run(arguments).out();
        assertThat(colored).contains("\u001b[48;2;");
        assertThat(colored.replaceAll("\u001b\\[[0-9;]*m", "")).isEqualTo(plain);
        arguments[arguments.length - 1] = "maybe";
        assertThat(Cli.run(arguments).exit()).isEqualTo(2);
    }

    @Test
    void printsMapsAndWordsThatReadWithoutColours() {
        Cli.Run run = Cli.run("explain", SCENE, "--label", "a green square", "--label", "an orange triangle");
        assertThat(run.exit()).isZero();
        assertThat(run.out())
                .contains("a green square  cosine +0.", "green +0.", "more than an orange triangle", "###", "for, === against");
    }

    @Test
    void oneBadImageCostsTheOthersNothing() {
        Cli.Run run = Cli.run("explain", "no-such.png", SCENE, "--label", "a green square", "--json");
        assertThat(run.exit()).isEqualTo(1);
        List<JsonObject> documents = run.out().lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        assertThat(documents).hasSize(2);
        assertThat(documents.get(0).get("error").getAsString()).contains("no-such.png");
        assertThat(documents.get(1).has("labels")).isTrue();
        assertThat(run.err()).contains("no-such.png", "1 of 2");
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThat(Cli.run("explain", SCENE).err()).contains("expected either --label or --text");
        assertThat(Cli.run("explain", SCENE, "--label", "a", "--method", "guess").err())
                .contains("--method: expected decomposition, attention, rollout, maskclip, got 'guess'");
        assertThat(Cli.run("explain", SCENE, "--label", "a", "--contrast", "1,2").err()).contains("two of the 1 labels");
        assertThat(Cli.run("explain", SCENE, "--text", "a", "--contrast", "1,2").err()).contains("expected --label with them");
        Cli.Run tooLong = Cli.run("explain", SCENE, "--label", "a photo ".repeat(60));
        assertThat(tooLong.exit()).isEqualTo(1);
        assertThat(Cli.run("explain", SCENE, "--label", "a photo ".repeat(60), "--truncate").exit()).isZero();
        assertThat(tooLong.err()).contains("--label: ", "--truncate").doesNotContain("Exception");
    }
}
