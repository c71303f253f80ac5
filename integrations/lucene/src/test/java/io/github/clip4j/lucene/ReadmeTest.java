package io.github.clip4j.lucene;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.Clip;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The sample of the README: it runs here, and is the README's line by line.
class ReadmeTest {
    private static final Path MODULE = ReferenceData.projectRoot().resolve("integrations/lucene");

    @TempDir
    Path folder;

    @Test
    @SuppressWarnings("SystemOut") // as the README has it
    void theSampleRuns() throws IOException {
        Image image = ImageFile.read(ReferenceData.projectRoot().resolve("docs/examples/red-circle.png"));
        try (Clip clip = TinyClip.load()) {
            // sample
            EmbeddingField images = EmbeddingField.of("image", IndexModel.of(clip, ""));
            try (Directory directory = FSDirectory.open(folder)) {
                try (IndexWriter writer = images.writer(directory, new IndexWriterConfig())) {
                    writer.addDocument(images.document(clip.embedImage(image), new StringField("path", "a.jpg", Field.Store.YES)));
                }
                try (DirectoryReader reader = DirectoryReader.open(directory)) {
                    for (ClipHit hit : ClipSearcher.of(clip, reader, "image").search("a beach", 10)) {
                        System.out.println(hit.document().get("path") + " " + hit.cosine());
                    }
                }
            }
            // end
        }
        try (Directory directory = FSDirectory.open(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            assertThat(reader.numDocs()).isEqualTo(1);
        }
    }

    @Test
    void theSampleIsTheOneOfTheReadmeAndOfThePackage() throws IOException {
        List<String> source = lines("src/test/java/io/github/clip4j/lucene/ReadmeTest.java");
        List<String> sample = source.subList(source.indexOf("// sample") + 1, source.indexOf("// end"));
        List<String> readme = new ArrayList<>(lines("README.md"));
        readme = readme.subList(readme.indexOf("```java") + 1, readme.size());
        assertThat(readme.subList(0, readme.indexOf("```"))).isEqualTo(sample);
        List<String> comment = lines("src/main/java/io/github/clip4j/lucene/package-info.java");
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
