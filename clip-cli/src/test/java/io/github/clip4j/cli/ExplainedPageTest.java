package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `clip explain --html`, with the built-in model, and in a browser where there is one.
class ExplainedPageTest {
    private static final String SCENE = ReferenceData.projectRoot().resolve("docs/examples/square-above-triangle.png").toString();
    private static final String HOSTILE = "</script><b id=x>&\"a\" square";

    @TempDir
    private Path scratch;

    private Path page() {
        Path file = scratch.resolve("explain.html");
        Cli.Run run = Cli.run("explain", SCENE, "--label", "a green square", "--label", HOSTILE, "--html", file.toString());
        assertThat(run.exit()).as(run.err()).isZero();
        return file;
    }

    @Test
    void thePageHoldsAllPartsAndNamesNoOtherFile() throws IOException {
        String html = Files.readString(page());
        assertThat(html).doesNotContain("http:").doesNotContain("https:").doesNotContain("src=").doesNotContain("href=");
        int from = html.indexOf("id=\"data\">") + "id=\"data\">".length();
        JsonObject data = JsonParser.parseString(html.substring(from, html.indexOf("</script>", from))).getAsJsonObject();
        for (JsonElement element : data.getAsJsonArray("labels")) {
            JsonObject label = element.getAsJsonObject();
            double sum = label.get("rest").getAsDouble();
            double heads = 0;
            for (int patch = 0; patch < 36; patch++) {
                double value = label.getAsJsonArray("patches").get(patch).getAsDouble();
                sum += value;
                for (JsonElement layer : label.getAsJsonArray("layers")) {
                    for (JsonElement head : layer.getAsJsonObject().getAsJsonArray("heads")) {
                        heads += head.getAsJsonObject().getAsJsonArray("patches").get(patch).getAsDouble();
                    }
                }
            }
            assertThat(sum).isCloseTo(label.get("cosine").getAsDouble(), within(5e-5)); // 36 numbers rounded to 1e-6, and 1e-5
            assertThat(heads).isCloseTo(sum - label.get("rest").getAsDouble(), within(36 * 17 * 5e-7)); // 16 heads, rounded
        }
    }

    private static Optional<Path> browser() {
        return Stream.of("chromium", "chromium-browser", "google-chrome").map(name -> Path.of("/usr/bin", name)).filter(Files::isExecutable)
                .findFirst();
    }

    /// The page after its scripts have run.
    private String dom(String fragment) throws IOException, InterruptedException {
        List<String> command = List.of(
                browser().orElseThrow().toString(), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000",
                "--user-data-dir=" + scratch.resolve("profile"), "--dump-dom", page().toUri() + fragment);
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try {
            String dom = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return dom;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aBrowserShowsLabelsWordsHeadsAndPatches() throws IOException, InterruptedException {
        assumeThat(browser()).as("a browser, such as Debian's chromium").isPresent();
        String all = dom("");
        assertThat(all).containsPattern("<title>[^<]+\\.png: why it fits a label</title>")
                .containsPattern("<p id=\"file\">[^<]+\\.png</p>");
        assertThat(all).contains("cosine +0.359 = patches").contains("all layers and heads</output>")
                .contains("patch in row 1, column 1: ");
        assertThat(all).contains("&lt;/script&gt;&lt;b id=x&gt;&amp;").doesNotContain("<b id");
        assertThat(all.split("data-head=", -1)).hasSize(1 + 16);
        assertThat(all.split("class=\"token\"", -1)).hasSizeGreaterThan(3);
        String head = dom("#layer=3&head=1&label=0&patch=9");
        assertThat(head).contains("layer 3, head 1: patches ").contains("patch in row 2, column 4: ");
        assertThat(head).containsPattern("aria-selected=\"true\"[^>]*>");
    }
}
