package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexWriter;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The sample of the README: it runs here, and is the README's line by line.
class ReadmeTest {
    private static final Path MODULE = ReferenceData.projectRoot().resolve("integrations/parquet");

    @TempDir
    Path scratch;

    @Test
    @SuppressWarnings("SystemOut") // as the README has it
    void theSampleRuns() throws IOException {
        Images.index(scratch, Images.model("one", 16), 2);
        Path folder = scratch.resolve("index");
        Path file = scratch.resolve("photos.parquet");
        Path other = scratch.resolve("other");
        // sample
        ParquetIndex.export(EmbeddingIndex.open(folder), file);
        try (IndexWriter writer = IndexWriter.open(other, ParquetIndex.modelOf(file).orElseThrow())) {
            ParquetIndex.Imported result = ParquetIndex.importInto(file, writer, System.err::println);
            System.out.println(result.added() + " added, " + result.failed() + " failed");
        }
        // end
        assertThat(EmbeddingIndex.open(other).size()).isEqualTo(2);
    }

    @Test
    void theSampleIsTheOneOfTheReadmeAndOfThePackage() throws IOException {
        List<String> source = lines("src/test/java/io/github/clip4j/parquet/ReadmeTest.java");
        List<String> sample = source.subList(source.indexOf("// sample") + 1, source.indexOf("// end"));
        List<String> readme = new ArrayList<>(lines("README.md"));
        readme = readme.subList(readme.indexOf("```java") + 1, readme.size());
        assertThat(readme.subList(0, readme.indexOf("```"))).isEqualTo(sample);
        List<String> comment = lines("src/main/java/io/github/clip4j/parquet/package-info.java");
        assertThat(comment.subList(comment.indexOf("/// ```java") + 1, comment.indexOf("/// ```")))
                .isEqualTo(sample.stream().map(line -> "/// " + line).toList());
    }

    /// The lines of a file without their indentation.
    private static List<String> lines(String file) throws IOException {
        return Files.readAllLines(MODULE.resolve(file)).stream().map(ReadmeTest::withoutIndentation).toList();
    }

    private static String withoutIndentation(String line) {
        return line.startsWith("///") ? "/// " + line.substring(3).strip() : line.strip();
    }
}
