package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An index goes to a Parquet file and comes back.
class ParquetIndexTest {
    private static final IndexModel MODEL = Images.model("one", 48);

    @TempDir
    private Path folder = Path.of("");

    private final List<String> failed = new ArrayList<>();

    private ParquetIndex.Imported importInto(String name, IndexModel model, Path file) throws IOException {
        try (IndexWriter writer = IndexWriter.open(folder.resolve(name), model)) {
            return ParquetIndex.importInto(file, writer, failed::add);
        }
    }

    private Path exported(int files) throws IOException {
        Path file = folder.resolve("photos.parquet");
        ParquetIndex.export(Images.index(folder, MODEL, files), file);
        return file;
    }

    @Test
    void anIndexComesBackToTheBit() throws IOException {
        Path file = exported(700);
        EmbeddingIndex index = EmbeddingIndex.open(folder.resolve("index"));
        assertThat(importInto("second", MODEL, file)).isEqualTo(new ParquetIndex.Imported(700, 0, 0));
        assertThat(failed).isEmpty();
        EmbeddingIndex second = EmbeddingIndex.open(folder.resolve("second"));
        assertThat(second.entries()).isEqualTo(index.entries());
        for (int i = 0; i < index.size(); i++) {
            assertThat(second.embedding(i)).isEqualTo(index.embedding(i));
        }
        assertThat(second.failures()).as("files without an embedding are not written").isEmpty();
        IndexModel model = ParquetIndex.modelOf(file).orElseThrow();
        assertThat(model).isEqualTo(MODEL);
        assertThat(importInto("second", MODEL, file)).isEqualTo(new ParquetIndex.Imported(0, 700, 0));
        Path again = folder.resolve("again.parquet");
        ParquetIndex.export(EmbeddingIndex.open(folder.resolve("second")), again);
        assertThat(again).hasSameBinaryContentAs(file);
        assertThat(folder.toFile().list()).as("no temporary file").containsExactlyInAnyOrder(
                "images", "index", "second", "photos.parquet", "again.parquet");
    }

    @Test
    void manyRowGroupsComeBackToo() throws IOException {
        IndexModel wide = Images.model("wide", 4000);
        Path file = folder.resolve("wide.parquet");
        EmbeddingIndex index = Images.index(folder, wide, 5000); // 80 MB
        ParquetIndex.export(index, file);
        assertThat(importInto("second", wide, file).added()).isEqualTo(5000);
        assertThat(EmbeddingIndex.open(folder.resolve("second")).embedding(4999)).isEqualTo(index.embedding(4999));
    }

    @Test
    void anEmptyIndexComesBackEmpty() throws IOException {
        Path file = exported(0);
        assertThat(importInto("second", MODEL, file)).isEqualTo(new ParquetIndex.Imported(0, 0, 0));
    }

    @Test
    void anotherModelIsRefused() throws IOException {
        Path file = exported(3);
        assertThatThrownBy(() -> importInto("second", Images.model("two", 48), file)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(file + ": the index is of the model two").hasMessageContaining("make another index");
        assertThatThrownBy(() -> importInto("third", Images.model("two", 50), file)).isInstanceOf(IllegalArgumentException.class);
        assertThat(EmbeddingIndex.open(folder.resolve("second")).size()).isZero();
    }

    @Test
    void filesThatHaveChangedAreNamed() throws IOException {
        Path file = exported(5);
        Path images = folder.resolve("images");
        Files.writeString(images.resolve("é 1.jpg"), "other");
        Files.delete(images.resolve("é 3.jpg"));
        Files.createDirectory(images.resolve("é 3.jpg"));
        Files.delete(images.resolve("é 4.jpg"));
        Files.setLastModifiedTime(images.resolve("é 0.jpg"), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        assertThat(importInto("second", MODEL, file)).isEqualTo(new ParquetIndex.Imported(1, 0, 4));
        assertThat(failed).satisfiesExactly(
                // its content is hashed again, and the hash of the test was none
                one -> assertThat(one).isEqualTo(file + ": row 1: " + images.resolve("é 0.jpg")
                        + ": the file has changed since its embedding was made; clip index encodes it again"),
                two -> assertThat(two).startsWith(file + ": row 2: ").contains("has changed"),
                three -> assertThat(three).startsWith(file + ": row 4: ").endsWith("expected a file, got a folder"),
                four -> assertThat(four).startsWith(file + ": row 5: ").endsWith("no such file"));
        assertThat(EmbeddingIndex.open(folder.resolve("second")).entries().getFirst().path()).endsWith("é 2.jpg");
    }

    @Test
    void whatCannotBeWrittenLeavesTheOldFile() throws IOException {
        EmbeddingIndex index = Images.index(folder, MODEL, 3);
        assertThatThrownBy(() -> ParquetIndex.export(index, folder)).isInstanceOf(IOException.class)
                .hasMessageContaining("expected a file to write, got a folder");
        assertThatThrownBy(() -> ParquetIndex.export(index, folder.resolve("no/photos.parquet"))).isInstanceOf(IOException.class)
                .hasMessageContaining("create it first");
    }
}
