package io.github.clip4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command.
class ParquetToolTest {
    @TempDir
    private Path folder = Path.of("");

    private String out = "";
    private String err = "";

    private int run(String... args) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int code = ParquetTool.run(args, new PrintStream(output, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8));
        out = output.toString(StandardCharsets.UTF_8);
        err = errors.toString(StandardCharsets.UTF_8);
        return code;
    }

    @Test
    void anIndexGoesOutAndIn() throws IOException {
        Images.index(folder, Images.model("one", 16), 4);
        String file = folder.resolve("photos.parquet").toString();
        assertThat(run("export", "-o", file, "--index", folder.resolve("index").toString())).as(err).isZero();
        assertThat(out.strip()).isEqualTo(file + ": 4 rows, embeddings of 16 components");
        String second = folder.resolve("second").toString();
        assertThat(run("import", file, "--index", second)).as(err).isZero();
        assertThat(out.strip()).isEqualTo(second + ": 4 images: 4 added, 0 changed, 0 failed");
        Files.delete(folder.resolve("images").resolve("é 2.jpg"));
        assertThat(run("import", file, folder.resolve("none.parquet").toString(), "--index", second)).isEqualTo(1);
        assertThat(out.strip()).isEqualTo(second + ": 4 images: 0 added, 3 changed, 2 failed");
        assertThat(err).contains("row 3: ", "none.parquet: expected a Parquet file, got no file of that name");
    }

    @Test
    void whatIsWrongIsSaidAndNothingIsMade() throws IOException {
        IndexModel model = Images.model("one", 16);
        Images.index(folder, model, 1);
        String index = folder.resolve("index").toString();
        assertThat(run("export", "-o", index + "/photos.parquet", "--index", index)).isEqualTo(1);
        assertThat(err).contains("expected a file outside of the index");
        assertThat(run("export", "--index", index)).isEqualTo(2);
        assertThat(run("export", "-o", "a", "-o", "b")).isEqualTo(2);
        assertThat(err).contains("expected -o or --index, each once and with a value, got -o", "Usage:");
        assertThat(run("import")).isEqualTo(2);
        assertThat(run("transmogrify")).isEqualTo(2);
        assertThat(run("--help")).isZero();
        Path text = Files.writeString(folder.resolve("text.parquet"), "not Parquet, but longer than a footer");
        Path second = folder.resolve("second");
        assertThat(run("import", text.toString(), "--index", second.toString())).isEqualTo(1);
        assertThat(err).contains("text.parquet: expected a whole Parquet file").doesNotContain("Exception");
        assertThat(EmbeddingIndex.isIndex(second)).isFalse();
        Path two = folder.resolve("two.parquet");
        ParquetIndex.export(Images.index(folder.resolve("two"), Images.model("two", 16), 1), two);
        assertThat(run("import", two.toString(), "--index", index)).isEqualTo(1);
        assertThat(err).contains("two.parquet: the index is of the model one").contains("make another index");
    }
}
