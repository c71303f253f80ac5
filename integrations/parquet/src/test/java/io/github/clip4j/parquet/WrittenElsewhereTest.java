package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Files that pandas and pyarrow wrote (`src/test/python/make_files.py`): embeddings of docs/examples by the built-in model, whose paths
/// are relative to the module, where its tests run.
class WrittenElsewhereTest {
    private static final Path FILES = ReferenceData.projectRoot().resolve("integrations/parquet/src/test/resources");

    private static final Clip CLIP = TinyClip.load();

    @TempDir
    private Path folder = Path.of("");

    private final List<String> failed = new ArrayList<>();

    @AfterAll
    static void close() {
        CLIP.close();
    }

    private ParquetIndex.Imported importInto(String file, @Nullable Clip model) throws IOException {
        try (IndexWriter writer = IndexWriter.open(folder, IndexModel.of(CLIP, ""))) {
            return ParquetIndex.importInto(FILES.resolve(file + ".parquet"), writer, model, failed::add);
        }
    }

    @ParameterizedTest
    @CsvSource({"pandas, 0", "zstd, 0", "gzip, 0", "lz4, 1e-3"})
    void filesOfPandasAndPyarrowAreRead(String file, double bound) throws IOException {
        assertThat(importInto(file, CLIP)).isEqualTo(new ParquetIndex.Imported(5, 0, 0));
        assertThat(failed).isEmpty();
        EmbeddingIndex index = EmbeddingIndex.open(folder);
        for (int i = 0; i < index.size(); i++) {
            float[] expected = CLIP.embedImage(ImageFile.read(Path.of(index.entries().get(i).path()))).toArray();
            float[] got = index.embedding(i).toArray();
            for (int j = 0; j < expected.length; j++) { // one of float16 is off by 2^-11 of itself, and scaled
                assertThat(Math.abs(got[j] - expected[j])).isLessThanOrEqualTo((float) bound);
            }
        }
    }

    @Test
    void badRowsAreNamedOneByOne() throws IOException {
        assertThat(importInto("rows", CLIP)).isEqualTo(new ParquetIndex.Imported(1, 0, 10));
        int d = CLIP.dimension();
        List<String> reasons = List.of("red-circle.png: expected an embedding, got none: no image", "expected an embedding, got none",
                "expected an embedding of " + d + " components, got 3", "expected an embedding of " + d + " components, got 10000",
                "expected finite values, not all zero, got the norm NaN", "expected finite values, not all zero, got the norm 0.0",
                "expected numbers, got a list with nulls", "expected a path, got none", "expected a file, got a folder",
                "width: expected 0 to 2147483647 pixels, got 1099511627776");
        List<Integer> rows = List.of(1, 2, 3, 4, 5, 7, 8, 9, 10, 11);
        for (int i = 0; i < reasons.size(); i++) {
            assertThat(failed.get(i)).startsWith(FILES.resolve("rows.parquet") + ": row " + rows.get(i) + ": ").endsWith(reasons.get(i));
        }
        assertThat(EmbeddingIndex.open(folder).entries()).hasSize(1).first().extracting("path").asString().endsWith("letter-k.png");
    }

    @Test
    void aModelThatTheFileDoesNotSayIsNeeded() {
        assertThatThrownBy(() -> importInto("pandas", null)).isInstanceOf(IOException.class)
                .hasMessageContaining("pandas.parquet: expected the metadata clip4j.name").hasMessageContaining("give the model");
    }

    @Test
    void anotherModelIsFoundByItsEmbeddings() throws IOException {
        Path tiny = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
        try (Clip other = Clip.load(tiny); IndexWriter writer = IndexWriter.open(folder, IndexModel.of(other, ""))) {
            assertThatThrownBy(() -> ParquetIndex.importInto(FILES.resolve("zstd.parquet"), writer, other, failed::add))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("zstd.parquet: expected a row whose image can be read and embedded")
                    .hasMessageContaining("components, got " + CLIP.dimension());
        }
    }

    @Test
    void columnsOfOtherTypesAreRefused() {
        assertRefused("text", "column embedding: expected lists of float or double, got optional binary embedding (STRING)");
        assertRefused("nested", "column embedding: expected lists of float or double, got optional group embedding (LIST) {");
        assertRefused("nothing", "expected a column path, got file, embedding; rename yours");
        assertRefused("brotli", "column path: expected a file without compression, or with snappy, gzip, zstd or lz4, got BROTLI; "
                + "write it again with compression=\"none\"");
    }

    private void assertRefused(String file, String message) {
        assertThatThrownBy(() -> importInto(file, CLIP)).isInstanceOf(IOException.class)
                .hasMessageStartingWith(FILES.resolve(file + ".parquet") + ": " + message);
    }
}
