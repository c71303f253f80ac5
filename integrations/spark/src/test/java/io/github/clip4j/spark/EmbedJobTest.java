package io.github.clip4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Embedding;
import io.github.clip4j.image.ImageFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbedJobTest {
    @TempDir
    private Path folder = Path.of("");

    private static EmbedJob.Result embed(Path input, Path output, String... more) {
        List<String> args = new ArrayList<>(List.of("--model", Local.MODEL.toString(), "--input", input.toString(), "--output",
                output.toString()));
        args.addAll(Arrays.asList(more));
        return EmbedJob.run(Local.SPARK, args.toArray(String[]::new));
    }

    /// What an output holds: the embedding of each file, or its error.
    static Map<String, Object> contents(SparkSession spark, Path output) {
        Map<String, Object> contents = new TreeMap<>();
        for (Row row : spark.read().parquet(output.toString()).collectAsList()) {
            String error = row.getAs("error");
            Object value = error == null ? embedding(row.getList(row.fieldIndex("embedding"))) : error;
            assertThat(contents.put(row.getAs("path"), value)).as("another row of one file").isNull();
        }
        return contents;
    }

    private static Embedding embedding(List<Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return Embedding.ofUnit(floats);
    }

    /// What one machine makes of a folder.
    static Map<String, Object> expected(Path input) throws IOException {
        Map<String, Object> expected = new TreeMap<>();
        try (Stream<Path> files = Files.walk(input)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                String name = "file:" + file;
                expected.put(name, file.endsWith("no-image.png")
                        ? Outcome.ofImages(Local.CLIP, List.<Outcome.Content>of(() -> bytes), List.of(name)).getFirst().error()
                        : Local.CLIP.embedImage(ImageFile.read(bytes)));
            }
        }
        return expected;
    }

    private static Map<Path, FileTime> times(Path output) throws IOException {
        Map<Path, FileTime> times = new TreeMap<>();
        try (Stream<Path> files = Files.walk(output)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".parquet")).toList()) {
                times.put(file, Files.getLastModifiedTime(file));
            }
        }
        return times;
    }

    @Test
    void everyFileHasItsRowWithTheBitsOfOneMachine() throws IOException {
        Path input = Images.folder(folder.resolve("in"), 50);
        Path output = folder.resolve("out [1]");
        assertThat(embed(input, output, "--part-files", "20", "--task-rows", "7")).isEqualTo(new EmbedJob.Result(3, 51, 1, 0));
        Path readable = Files.move(output, folder.resolve("out")); // reading a table, Spark takes brackets for a pattern
        assertThat(contents(Local.SPARK, readable)).isEqualTo(expected(input));
        assertThat(String.valueOf(expected(input).get("file:" + input.resolve("no-image.png")))).contains("no-image.png");
        try (Stream<Path> files = Files.list(readable.resolve("part=0"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".parquet"))).as("files of 7 rows").hasSize(3);
        }
    }

    @Test
    void aSecondRunMakesOnlyWhatIsMissing() throws IOException {
        Path input = Images.folder(folder.resolve("in"), 40);
        Path output = folder.resolve("out");
        embed(input, output, "--part-files", "10");
        Map<Path, FileTime> before = times(output);
        assertThat(embed(input, output, "--part-files", "10")).isEqualTo(new EmbedJob.Result(0, 0, 0, 41));
        assertThat(times(output)).isEqualTo(before);

        // Stopped before part 1 was marked as finished; and two images more.
        Files.delete(output.resolve("part=1/_files"));
        Files.write(input.resolve("new 1.png"), Images.png(1001));
        Files.write(input.resolve("aaa.png"), Images.png(1002));
        assertThat(embed(input, output, "--part-files", "10")).isEqualTo(new EmbedJob.Result(2, 12, 0, 31));
        assertThat(contents(Local.SPARK, output)).isEqualTo(expected(input));
        Map<Path, FileTime> after = times(output);
        before.keySet().removeIf(file -> file.startsWith(output.resolve("part=1")));
        assertThat(after).containsAllEntriesOf(before).hasSizeGreaterThan(before.size());
    }

    @Test
    void rowsWithAnErrorAreMadeAgainWhenAsked() throws IOException {
        Path input = Images.folder(folder.resolve("in"), 30);
        Path output = folder.resolve("out");
        Files.writeString(input.resolve("late.png"), "a download that is not finished");
        assertThat(embed(input, output, "--part-files", "10")).isEqualTo(new EmbedJob.Result(4, 32, 2, 0));
        Map<Path, FileTime> before = times(output);
        Files.write(input.resolve("late.png"), Images.png(99));
        assertThat(embed(input, output, "--part-files", "10")).isEqualTo(new EmbedJob.Result(0, 0, 0, 32));
        assertThat(times(output)).isEqualTo(before);

        // both errors are in parts of their own or in one; the other parts stay
        EmbedJob.Result again = embed(input, output, "--part-files", "10", "--retry-errors", "true");
        assertThat(again.errors()).isEqualTo(1);
        assertThat(again.rows() + again.finished()).isEqualTo(32);
        assertThat(contents(Local.SPARK, output)).isEqualTo(expected(input));

        // killed between the end of the new part and the deletion of the old one
        Path copy = Files.createDirectory(output.resolve("part=77"));
        Path last = output.resolve("part=" + (3 + again.parts()));
        try (Stream<Path> files = Files.list(last)) {
            for (Path file : files.filter(name -> !name.getFileName().toString().endsWith(".crc")).toList()) { // Hadoop's checksums
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        Files.writeString(copy.resolve("_replaces"), last.getFileName().toString().replace("part=", "") + "\n");
        assertThat(embed(input, output)).isEqualTo(new EmbedJob.Result(0, 0, 0, 32));
        assertThat(last).doesNotExist();
        assertThat(contents(Local.SPARK, output)).isEqualTo(expected(input));

        // a file that is gone keeps its row, with an error
        Files.delete(input.resolve("no-image.png"));
        assertThat(embed(input, output, "--retry-errors", "true").errors()).isEqualTo(1);
        assertThat(contents(Local.SPARK, output)).hasSize(32);
    }

    @Test
    void anotherColumnOrTruncationIsRefused() throws IOException {
        Path input = folder.resolve("in");
        Local.SPARK.createDataFrame(List.of(RowFactory.create("a cat", "ein Hund")), new StructType().add("en", DataTypes.StringType)
                .add("de", DataTypes.StringType)).coalesce(1).write().json(input.toString());
        Path output = folder.resolve("out");
        embed(input, output, "--format", "json", "--column", "en");
        assertThatThrownBy(() -> embed(input, output, "--format", "json", "--column", "de"))
                .hasMessage("--column: expected en, as in the runs that wrote " + output + ", got de; use another --output");
        assertThatThrownBy(() -> embed(input, output, "--format", "json", "--column", "en", "--truncate", "true"))
                .hasMessageStartingWith("--truncate: expected unset, as in the runs that wrote ");
        Files.writeString(input.resolve("empty.json"), "");
        assertThatThrownBy(() -> embed(input, output, "--format", "json", "--column", "en"))
                .hasMessageContaining("expected rows, got none in file:" + input.resolve("empty.json"));
    }

    @Test
    void rowsOfParquetKeepTheirColumns() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            rows.add(RowFactory.create("id " + i, Images.png(i), "a red square number " + i));
        }
        Path input = folder.resolve("in");
        Local.SPARK.createDataFrame(rows, new StructType().add("id", DataTypes.StringType).add("content", DataTypes.BinaryType)
                .add("caption", DataTypes.StringType)).repartition(3).write().parquet(input.toString());
        assertThat(embed(input, folder.resolve("images"), "--format", "parquet")).isEqualTo(new EmbedJob.Result(3, 30, 0, 0));
        Row image = Local.SPARK.read().parquet(folder.resolve("images").toString()).filter("id = 'id 7'").first();
        assertThat(image.schema().fieldNames()).containsExactly("id", "caption", "embedding", "error", "part");
        assertThat(embedding(image.getList(2))).isEqualTo(Local.CLIP.embedImage(ImageFile.read(Images.png(7))));

        embed(input, folder.resolve("texts"), "--format", "parquet", "--column", "caption", "--part-files", "2");
        Row text = Local.SPARK.read().parquet(folder.resolve("texts").toString()).filter("id = 'id 7'").first();
        assertThat(embedding(text.getList(text.fieldIndex("embedding")))).isEqualTo(Local.CLIP.embedText("a red square number 7"));
    }

    @Test
    void anotherModelIsRefusedAndTheSameElsewhereIsNot() throws IOException {
        Path input = Images.folder(folder.resolve("in"), 3);
        Path output = folder.resolve("out");
        embed(input, output);
        assertThatThrownBy(() -> embed(input, output, "--profile", "openai")).hasMessage(output + ": its embeddings are of the model"
                + " clip-tiny with the profile hf, and cannot be compared with those of clip-tiny with the profile openai, which differs"
                + " in weights, files or profile; use that model, or another folder");
        Path moved = folder.resolve("moved");
        io.github.clip4j.tiny.TinyClip.copyTo(moved);
        Files.write(input.resolve("more.png"), Images.png(77));
        assertThat(EmbedJob.run(Local.SPARK, "--model", moved.toString(), "--input", input.toString(), "--output", output.toString()))
                .isEqualTo(new EmbedJob.Result(1, 1, 0, 4));

        // Other weights under the same name: the last bytes of the file.
        Path changed = folder.resolve("changed/clip-tiny");
        io.github.clip4j.tiny.TinyClip.copyTo(changed);
        byte[] weights = Files.readAllBytes(changed.resolve("model.safetensors"));
        weights[weights.length - 3] ^= 0x10;
        Files.write(changed.resolve("model.safetensors"), weights);
        assertThatThrownBy(() -> EmbedJob.run(
                Local.SPARK, "--model", changed.toString(), "--input", input.toString(), "--output", output.toString()))
                .hasMessageContaining("cannot be compared");
    }

    @Test
    void aPartThatCannotBeMadeCostsTheOthersNothing() throws IOException {
        Path input = Files.createDirectories(folder.resolve("in"));
        Files.writeString(input.resolve("a.parquet"), "not a table");
        Path good = folder.resolve("good");
        Local.SPARK.createDataFrame(List.of(RowFactory.create("a cat")), new StructType().add("content", DataTypes.StringType)).coalesce(1)
                .write().parquet(good.toString());
        try (Stream<Path> files = Files.list(good)) {
            Files.copy(files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow(), input.resolve("b.parquet"));
        }
        assertThatThrownBy(() -> embed(input, folder.resolve("out"), "--format", "parquet"))
                .hasMessageStartingWith("1 of 2 parts could not be made; the same command tries them again\n")
                .hasMessageContaining("part=0: ").hasMessageContaining("a.parquet").extracting(Throwable::getMessage)
                .satisfies(message -> assertThat(message.toString().lines()).as("a line for each part").hasSize(2));
        assertThat(folder.resolve("out/part=1/_files")).exists();
        assertThat(folder.resolve("out/part=0/_files")).doesNotExist();
    }

    @Test
    void wrongArgumentsSayWhatIsExpected() throws IOException {
        Path input = Files.createDirectories(folder.resolve("in"));
        assertThatThrownBy(() -> embed(input, folder.resolve("out"))).hasMessage(input + ": expected files, got none");
        assertThatThrownBy(() -> embed(input, folder.resolve("out"), "--tasks", "3"))
                .hasMessageStartingWith("expected one of the options below, got --tasks\nEmbedJob --model");
        assertThatThrownBy(() -> embed(input, folder.resolve("out"), "--task-rows", "0"))
                .hasMessageStartingWith("--task-rows: expected a number of at least 1, got 0\n");
        assertThatThrownBy(() -> embed(input, folder.resolve("out"), "--glob")).hasMessageStartingWith("--glob: expected a value after it");
        Path full = Images.folder(folder.resolve("full"), 1);
        assertThatThrownBy(() -> embed(full, full.resolve("out/1")))
                .hasMessage("--output: expected a folder that is not in the one of --input, got file:" + full.resolve("out/1"));
        // folders of another table look like parts that were not finished, which are deleted
        Path table = folder.resolve("table");
        Path part = Images.folder(table.resolve("part=0"), 1);
        assertThatThrownBy(() -> embed(part, table))
                .hasMessage("--output: expected a folder that does not hold the one of --input, got file:" + table);
        assertThatThrownBy(() -> embed(full, table))
                .hasMessageStartingWith("--output: expected a new or empty folder, or one that this job has written, got ");
        assertThat(part).isNotEmptyDirectory();
        assertThatThrownBy(() -> EmbedJob.run(Local.SPARK, "--model", "", "--input", full.toString(), "--output", "x"))
                .hasMessageStartingWith("model: expected a path, a URI or owner/name, got nothing");
        assertThatThrownBy(() -> EmbedJob.run(
                Local.SPARK, "--model", "/no/such", "--input", full.toString(), "--output", folder.resolve("o").toString()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("model /no/such: ");
        assertThatThrownBy(() -> EmbedJob.run(Local.SPARK, "--input", "x")).hasMessageStartingWith("--model: expected a value, got none");
        assertThatThrownBy(() -> embed(input, folder.resolve("out"), "--input", "x"))
                .hasMessageStartingWith("--input: expected one value, got 2");
    }
}
