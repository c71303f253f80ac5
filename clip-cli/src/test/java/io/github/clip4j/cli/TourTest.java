package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Runs every command of docs/tour again and compares what it prints and draws with the pages. After a change on purpose,
/// `-Dclip.tour.write` puts the new output there.
class TourTest {
    private static final Path ROOT = ReferenceData.projectRoot();
    private static final Path TOUR = ROOT.resolve("docs/tour");
    private static final boolean WRITE = System.getProperty("clip.tour.write") != null;

    /// A command, on several lines when they end in a backslash, with its output. A line `…` stands for any number of lines.
    private static final Pattern BLOCK =
            Pattern.compile("```console\n\\$ \\./clip ((?:[^\n]*\\\\\n)*[^\n]+)\n(.*?)```", Pattern.DOTALL);

    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");
    private static final String ANY = "…";

    @TempDir
    private Path scratch;

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(TOUR)) {
            return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void commandsPrintAndDrawWhatThePageSays(Path page) throws Exception {
        String text = Files.readString(page);
        StringBuilder written = new StringBuilder();
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            List<String> output = run(words(blocks.group(1)));
            List<String> shown = blocks.group(2).lines().toList();
            List<String> now = like(shown, output);
            if (!WRITE) {
                assertThat(now).as(page + ": ./clip " + blocks.group(1)).isEqualTo(shown);
            }
            blocks.appendReplacement(written, Matcher.quoteReplacement(
                    "```console\n$ ./clip " + blocks.group(1) + "\n" + String.join("\n", now) + (now.isEmpty() ? "" : "\n") + "```"));
        }
        blocks.appendTail(written);
        if (WRITE) {
            Files.writeString(page, written.toString());
        }
        assertThat(text.contains("## Exercises")).isEqualTo(!page.endsWith("README.md"));
    }

    /// The output, cut where the page cuts it.
    private static List<String> like(List<String> shown, List<String> output) {
        int any = shown.indexOf(ANY);
        if (any < 0) {
            return output;
        }
        List<String> cut = new ArrayList<>(output.subList(0, any));
        cut.add(ANY);
        cut.addAll(output.subList(output.size() - (shown.size() - any - 1), output.size()));
        return cut;
    }

    private static List<String> words(String command) {
        return WORD.matcher(command.replace("\\\n", " ")).results()
                .map(word -> word.group(1) != null ? word.group(1) : word.group(2)).toList();
    }

    /// Runs a command in the root of the repository, as a reader does. Drawings go to another folder, and are compared.
    private List<String> run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules", "jdk.incubator.vector",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), ClipCommand.class.getName()));
        List<String> drawings = arguments.stream().filter(word -> word.startsWith("docs/tour/")).toList();
        arguments.forEach(word -> command.add(drawings.contains(word) ? redirected(word).toString() : word));
        Path errors = scratch.resolve("errors");
        Process process = new ProcessBuilder(command).directory(ROOT.toFile()).redirectError(errors.toFile()).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> {
            try {
                return Files.readString(errors);
            } catch (IOException e) {
                return e.toString();
            }
        }).isZero();
        for (String drawing : drawings) {
            if (WRITE) {
                Files.copy(redirected(drawing), ROOT.resolve(drawing), StandardCopyOption.REPLACE_EXISTING);
            }
            assertSame(redirected(drawing), ROOT.resolve(drawing), arguments.getFirst().equals("explain"));
        }
        return output.lines().toList();
    }

    private Path redirected(String drawing) {
        return scratch.resolve(String.valueOf(Path.of(drawing).getFileName()));
    }

    /// Captions depend on the fonts of the system, so of a drawing with captions the rows of the maps are compared.
    private static void assertSame(Path drawn, Path shown, boolean captions) throws IOException {
        if (shown.toString().endsWith(".svg")) {
            assertThat(Files.readString(drawn)).isEqualTo(Files.readString(shown));
            return;
        }
        Image a = ImageFile.read(drawn);
        Image b = ImageFile.read(shown);
        assertThat(List.of(a.width(), a.height())).isEqualTo(List.of(b.width(), b.height()));
        int row = 3 * a.width();
        int from = captions ? 52 * row : 0; // below the captions
        int to = captions ? (52 + 288) * row : a.height() * row;
        assertThat(Arrays.copyOfRange(a.toRgb(), from, to)).isEqualTo(Arrays.copyOfRange(b.toRgb(), from, to));
    }

    /// The table of page 3: letters, numbers for two models, stages and methods agree.
    @Test
    void everyStepHasItsShapeItsStageAndItsMethod() throws Exception {
        Map<String, int[]> sizes = Map.of( // clip-tiny, ViT-B/32
                "n", new int[] {37, 50}, "d", new int[] {128, 768}, "h", new int[] {4, 12}, "m", new int[] {512, 3072},
                "p", new int[] {128, 512});
        List<String> stages = run(List.of("trace", "docs/examples/red-circle.png", "--list"));
        String reference = Files.readString(ROOT.resolve("clip-vit/src/main/java/io/github/clip4j/reference/ReferenceClip.java"));
        int rows = 0;
        for (String line : Files.readAllLines(TOUR.resolve("3-through-the-tower.md"))) {
            String[] cells = line.split(" \\| ", -1);
            if (cells.length != 6 || !cells[1].startsWith("[")) {
                continue;
            }
            rows++;
            for (int model = 0; model < 2; model++) {
                String numbers = cells[1];
                for (Map.Entry<String, int[]> size : sizes.entrySet()) {
                    numbers = numbers.replaceAll("\\b" + size.getKey() + "\\b", String.valueOf(size.getValue()[model]));
                }
                assertThat(cells[2 + model]).as(line).isEqualTo(numbers);
            }
            String stage = cells[4].replace("`", "");
            assertThat(stages).as(line).anyMatch(
                    shown -> shown.startsWith(stage + " ") && shown.endsWith(" [1, " + cells[2].substring(1)));
            assertThat(reference).containsPattern("\\b" + cells[5].replaceAll("[`| ]", "") + "\\(String name");
        }
        assertThat(rows).isEqualTo(16);
    }

    /// The row that page 2 works out by hand.
    @Test
    void theLossByHandIsTheLoss() throws IOException {
        String page = Files.readString(TOUR.resolve("2-how-it-learnt.md"));
        double[] cosines = {-0.193, 0.921, 0.521, 0.147, -0.523};
        assertThat(page).contains("docs/examples/striped-star.png            -0.193    0.921    0.521    0.147   -0.523\n");
        Pattern rows = Pattern.compile("\n\\| (1|14|87) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|\n");
        for (MatchResult row : rows.matcher(page).results().toList()) {
            double scale = Double.parseDouble(row.group(1));
            double[] powers = Arrays.stream(cosines).map(cosine -> Math.exp(scale * cosine)).toArray();
            double others = powers[0] + powers[2] + powers[3] + powers[4]; // the sum of all minus the largest would lose its digits
            double loss = Math.log1p(others / powers[1]);
            String shown = scale == 1 ? "0.371" : scale == 14 ? "0.9963" : "7.7·10⁻¹⁶";
            assertThat(row.group(3)).contains(shown);
            String expected = String.format(
                    Locale.ROOT, scale == 1 ? "%.3f" : scale == 14 ? "%.4f" : "%.1f·10⁻¹⁶", scale == 87 ? 1e16 * loss : loss);
            assertThat(row.group(4)).as(row.group()).isEqualTo(expected);
            assertThat(1 / (1 + others / powers[1])).isCloseTo(scale == 1 ? 0.371 : scale == 14 ? 0.9963 : 1, within(5e-4));
        }
    }

    /// The matrices on the way through training are those of stages.json, which `tiny_stages.py` and `clip similarity --json` made.
    @Test
    void theStagesOfTrainingAreThoseThatWereMeasured() throws IOException {
        String page = Files.readString(TOUR.resolve("2-how-it-learnt.md"));
        JsonArray stages = JsonParser.parseString(Files.readString(TOUR.resolve("stages.json"))).getAsJsonArray();
        for (JsonElement element : stages) {
            JsonObject stage = element.getAsJsonObject();
            StringBuilder table = new StringBuilder();
            for (JsonElement row : stage.getAsJsonArray("cosine")) {
                table.append('|');
                for (JsonElement cosine : row.getAsJsonArray()) {
                    table.append(String.format(Locale.ROOT, " %.3f |", cosine.getAsDouble()));
                }
                table.append('\n');
            }
            assertThat(page).contains(table);
            assertThat(page).contains(String.format(Locale.ROOT, "%,d steps: loss %.3g", stage.get("step").getAsInt(),
                    stage.get("loss").getAsDouble()));
        }
        assertThat(stages).hasSize(3);
    }
}
