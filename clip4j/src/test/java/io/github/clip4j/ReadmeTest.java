package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReadmeTest {
    private static final Path ROOT = ReferenceData.projectRoot();

    @Test
    void theSampleIsTheOneThatTheConsumerExampleCompiles() throws IOException {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(ROOT.resolve("README.md")));
        assertThat(block.find()).isTrue();
        String sample = Files.readString(ROOT.resolve("examples/consumer/src/main/java/example/Sample.java"));
        assertThat(strip(sample)).contains(strip(block.group(1)));
    }

    private static String strip(String code) {
        return String.join("\n", code.lines().map(String::strip).filter(line -> !line.isEmpty()).toList());
    }

    @Test
    void linksPointToFilesThatExist() throws IOException {
        for (String document : List.of("README.md", "docs/numerics.md", "docs/kernels/gemm.md", "docs/architecture.md")) {
            Path file = ROOT.resolve(document);
            Matcher links = Pattern.compile("]\\(([^)#]+)\\)").matcher(Files.readString(file));
            while (links.find()) {
                if (!links.group(1).startsWith("https://")) {
                    assertThat(file.resolveSibling(links.group(1))).as(document).exists();
                }
            }
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
