package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/// `clip similarity`, with the built-in model.
class SimilarityCommandTest {
    private static final Path EXAMPLES = ReferenceData.projectRoot().resolve("docs/examples");
    private static final String CIRCLE = EXAMPLES.resolve("red-circle.png").toString();
    private static final String HEARTS = EXAMPLES.resolve("three-hearts.png").toString();

    @TempDir
    private Path scratch;

    @Test
    void everyCellIsWhatClassifySaysOfIt() {
        String[] texts = {"three hearts", "a red circle", "a blue square"};
        JsonObject document = Cli.run(
                "similarity", CIRCLE, HEARTS, "--text", texts[0], "--text", texts[1], "--text", texts[2], "--json").json();
        assertThat(document.keySet()).containsExactly("images", "texts", "cosine", "probability");
        assertThat(document.getAsJsonArray("images").get(1).getAsString()).isEqualTo(HEARTS);
        String[] images = {CIRCLE, HEARTS};
        for (int i = 0; i < images.length; i++) {
            JsonArray cosines = document.getAsJsonArray("cosine").get(i).getAsJsonArray();
            JsonArray probabilities = document.getAsJsonArray("probability").get(i).getAsJsonArray();
            JsonArray scores = Cli.run("classify", images[i], "--label", texts[0], "--label", texts[1], "--label", texts[2], "--json")
                    .results().getFirst().getAsJsonArray("labels");
            double sum = 0;
            for (int t = 0; t < texts.length; t++) {
                String text = document.getAsJsonArray("texts").get(t).getAsString();
                JsonObject score = scores.asList().stream().map(entry -> entry.getAsJsonObject())
                        .filter(entry -> entry.get("label").getAsString().equals(text)).findFirst().orElseThrow();
                assertThat(cosines.get(t).getAsDouble()).isEqualTo(score.get("cosine").getAsDouble());
                assertThat(probabilities.get(t).getAsDouble()).isEqualTo(score.get("probability").getAsDouble());
                sum += probabilities.get(t).getAsDouble();
            }
            assertThat(sum).isCloseTo(1, within(1e-12));
        }
    }

    @Test
    void anImageThatFailsIsNamedAndCostsTheOthersNothing() throws IOException {
        Path broken = Files.writeString(scratch.resolve("broken.png"), "no image");
        Cli.Run run = Cli.run("similarity", broken.toString(), CIRCLE, "--text", "a red circle", "--json");
        assertThat(run.exit()).isEqualTo(ClipCommand.FAILED);
        JsonObject document = run.json();
        assertThat(document.getAsJsonArray("images")).hasSize(1);
        assertThat(document.getAsJsonArray("cosine")).hasSize(1);
        assertThat(document.getAsJsonArray("failed").get(0).getAsJsonObject().get("image").getAsString()).isEqualTo(broken.toString());
        assertThat(run.err()).contains("1 of 2 images failed");
    }

    @Test
    void theMatrixIsPrintedBeforeAndAfterTheSoftmax() throws IOException {
        Path texts = Files.writeString(scratch.resolve("texts.txt"), "a red circle\n\nthree hearts\n");
        String out = Cli.run("similarity", CIRCLE, HEARTS, "--texts-file", texts.toString()).out();
        assertThat(out).contains("  1  a red circle\n  2  three hearts\n").contains("\ncosine\n").contains("\nlogit: cosine × scale\n")
                .contains("\nprobability: softmax of each row of logits\n");
        assertThat(out.lines().filter(line -> line.contains("three-hearts.png")).toList().getLast()).endsWith("    0.000    1.000");
    }

    /// The loss of the paper's figure 3, worked from the printed cosines in another way: products of probabilities.
    @Test
    void theLossIsThatOfTraining() throws IOException {
        for (double scale : new double[] {1, 14, 87}) {
            JsonObject document = Cli.run(
                    "similarity", CIRCLE, HEARTS, "--text", "a red circle", "--text", "three hearts", "--loss", "--json", "--scale",
                    String.valueOf(scale)).json();
            double product = 1;
            for (int i = 0; i < 2; i++) {
                JsonArray row = document.getAsJsonArray("cosine").get(i).getAsJsonArray();
                double own = Math.exp(scale * row.get(i).getAsDouble());
                double image = own / (own + Math.exp(scale * row.get(1 - i).getAsDouble()));
                JsonArray other = document.getAsJsonArray("cosine").get(1 - i).getAsJsonArray();
                double text = own / (own + Math.exp(scale * other.get(i).getAsDouble()));
                assertThat(document.getAsJsonArray("probability").get(i).getAsJsonArray().get(i).getAsDouble())
                        .isCloseTo(image, within(1e-12));
                product *= image * text;
            }
            assertThat(document.get("loss").getAsDouble()).isCloseTo(-Math.log(product) / 4, within(1e-12));
        }
        assertThat(Cli.run("similarity", CIRCLE, HEARTS, "--text", "a", "--loss").err()).contains("got 1 texts and 2 images");
        Path broken = Files.writeString(scratch.resolve("broken.png"), "no image");
        Cli.Run run = Cli.run(
                "similarity", CIRCLE, broken.toString(), HEARTS, "--text", "a", "--text", "b", "--text", "c", "--loss", "--json");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("no loss");
        assertThat(run.json().keySet()).doesNotContain("loss").contains("cosine", "failed");
        assertThat(Cli.run("similarity", CIRCLE, broken.toString(), HEARTS, "--text", "b", "--text", "c", "--loss").out())
                .as("those that are left would be pairs by accident").doesNotContain("loss");
        assertThat(Cli.run("similarity", CIRCLE, "--text", "a", "--scale", "0").exit()).isEqualTo(2);
    }

    @Test
    void theDrawingHoldsTheImagesAndAllCells() throws Exception {
        Path file = scratch.resolve("matrix.svg");
        String text = "a <red> circle & \"more\" \u0001";
        assertThat(Cli.run("similarity", CIRCLE, HEARTS, "--text", text, "--text", "three hearts", "-o", file.toString()).exit()).isZero();
        Document svg = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
        assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(1 + 2 * 4);
        assertThat(svg.getElementsByTagName("text").item(1).getTextContent()).isEqualTo("a <red> circle & \"more\" \uFFFD");
        assertThat(svg.getElementsByTagName("image").getLength()).isEqualTo(2);
        String image = ((Element) svg.getElementsByTagName("image").item(0)).getAttribute("href");
        byte[] png = Base64.getDecoder().decode(image.substring(image.indexOf(',') + 1));
        assertThat(ImageFile.read(png).width()).isEqualTo(48);
    }

    @Test
    void theOutputIsCheckedBeforeAnythingIsDone() {
        assertThat(Cli.run("similarity", CIRCLE, "--text", "a", "-o", "x.gif").exit()).isEqualTo(2);
        assertThat(Cli.run("similarity", CIRCLE, "--text", "a", "-o", scratch.resolve("no/x.svg").toString()).err())
                .contains("create it first");
        assertThat(Cli.run("similarity", CIRCLE).exit()).isEqualTo(2);
    }
}
