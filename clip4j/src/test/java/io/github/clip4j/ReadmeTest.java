package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadmeTest {
    private static final Path ROOT = ReferenceData.projectRoot();

    @Test
    void theSampleIsTheOneThatTheConsumerExampleCompiles() throws IOException {
        String sample = Files.readString(ROOT.resolve("examples/consumer/src/main/java/example/Sample.java"));
        assertThat(strip(sample)).contains(strip(block("java")));
    }

    private static String strip(String code) {
        return String.join("\n", code.lines().map(String::strip).filter(line -> !line.isEmpty()).toList());
    }

    @Test
    void thePomIsTheConsumersWordForWord() throws IOException {
        assertThat(block("xml")).isEqualTo(Files.readString(ROOT.resolve("examples/consumer/pom.xml")));
    }

    @Test
    void theRecipeOfTheRunTimeImageIsTheOneThatIsRun() throws IOException {
        assertThat(Files.readString(ROOT.resolve("examples/consumer/jlink.sh"))).contains("\n" + block("sh") + "\n");
    }

    /// The first block of a language in the README.
    private static String block(String language) throws IOException {
        Matcher block = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("README.md")));
        assertThat(block.find()).as("README.md has a block of " + language).isTrue();
        return block.group(1);
    }

    @Test
    void linksPointToFilesThatExist() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")));
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
        }
        assertThat(documents).hasSizeGreaterThan(10);
        for (Path file : documents) {
            Matcher links = Pattern.compile("]\\(([^)#]+)(#[^)]*)?\\)").matcher(Files.readString(file));
            while (links.find()) {
                if (!links.group(1).startsWith("https://")) {
                    assertThat(file.resolveSibling(links.group(1))).as(file.toString()).exists();
                }
            }
        }
    }

    @Test
    void theIndexNamesEveryDocument() throws IOException {
        String index = Files.readString(ROOT.resolve("docs/README.md"));
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md") && !file.endsWith("docs/README.md") && !file.resolveSibling("").endsWith("adr"))
                    .map(file -> ROOT.resolve("docs").relativize(file).toString().replace('\\', '/'))
                    .forEach(document -> assertThat(index).contains("(" + document + ")"));
        }
    }

    @Test
    void anchorsInMessagesAreInTheDocument() throws IOException {
        String document = Files.readString(ROOT.resolve("docs/troubleshooting.md"));
        for (String anchor : Arrays.asList("weights", "transposed")) {
            assertThat(document).contains("<a id=\"" + anchor + "\"></a>");
        }
    }
}
