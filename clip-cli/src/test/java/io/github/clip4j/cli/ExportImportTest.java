package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `clip export` and `clip import`, with the built-in model.
class ExportImportTest {
    @TempDir
    private Path scratch;

    private Path photos;
    private Path array;
    private Path lines;
    private String first;
    private String second;

    @BeforeEach
    void copyExamples() throws IOException {
        photos = Files.createDirectories(scratch.resolve("photos"));
        array = scratch.resolve("photos.npy");
        lines = scratch.resolve("photos.jsonl");
        first = scratch.resolve("first").toString();
        second = scratch.resolve("second").toString();
        try (Stream<Path> files = Files.list(ReferenceData.projectRoot().resolve("docs/examples"))) {
            for (Path file : files.toList()) {
                Files.copy(file, photos.resolve(file.getFileName()));
            }
        }
    }

    private static Cli.Run run(int exit, String... arguments) {
        Cli.Run run = Cli.run(arguments);
        assertThat(run.exit()).as(run.err()).isEqualTo(exit);
        return run;
    }

    private void export() {
        run(0, "index", photos.toString(), "--index", first);
        run(0, "export", "--index", first, "-o", array.toString());
    }

    private static void assertSame(String one, String other) throws IOException {
        EmbeddingIndex a = EmbeddingIndex.open(Path.of(one));
        EmbeddingIndex b = EmbeddingIndex.open(Path.of(other));
        assertThat(b.entries()).isEqualTo(a.entries());
        for (int i = 0; i < a.size(); i++) {
            assertThat(b.embedding(i)).isEqualTo(a.embedding(i));
        }
    }

    @Test
    void anIndexComesBackToTheBit() throws IOException {
        export();
        List<String> written = Files.readAllLines(lines);
        assertThat(written).hasSize(5);
        JsonObject line = JsonParser.parseString(written.getFirst()).getAsJsonObject();
        assertThat(line.keySet()).containsExactly("row", "path", "size", "modified", "hash", "width", "height");
        assertThat(line.get("size").getAsLong()).isEqualTo(Files.size(Path.of(line.get("path").getAsString())));
        JsonObject document = run(0, "import", array.toString(), "--index", second, "--json").json();
        assertThat(document.toString()).contains("\"total\":5,\"added\":5,\"changed\":0,\"failed\":[]");
        assertSame(first, second);
        assertThat(run(0, "index", photos.toString(), "--index", second, "--json").json().get("added").getAsInt()).isZero();
        assertThat(run(0, "import", array.toString(), "--index", second).out()).contains("0 added, 5 changed");
    }

    @Test
    void whatEmbedWritesIsAnIndexToo() throws IOException {
        Cli.Run embedded = run(0, "embed", photos.toString(), "-o", array.toString(), "--json");
        Files.writeString(scratch.resolve("photos.json"), embedded.out());
        run(0, "import", array.toString(), "--index", second);
        run(0, "index", photos.toString(), "--index", first);
        EmbeddingIndex a = EmbeddingIndex.open(Path.of(first));
        EmbeddingIndex b = EmbeddingIndex.open(Path.of(second));
        for (int i = 0; i < 5; i++) {
            assertThat(b.embedding(i)).isEqualTo(a.embedding(i));
            assertThat(b.entries().get(i).hash()).isEqualTo(a.entries().get(i).hash());
        }
        // vectors that are not of length 1 are scaled
        run(0, "embed", photos.toString(), "-o", array.toString(), "--raw");
        run(0, "import", array.toString(), "--index", scratch.resolve("third").toString());
        assertThat(run(0, "search", "a red circle", "--index", scratch.resolve("third").toString(), "--top", "1", "--paths").out())
                .contains("red-circle.png");
    }

    @Test
    void filesThatHaveChangedAreNamed() throws IOException {
        export();
        Path changed = photos.resolve("letter-k.png");
        Files.copy(photos.resolve("red-circle.png"), changed, StandardCopyOption.REPLACE_EXISTING);
        Path touched = photos.resolve("three-hearts.png");
        Files.setLastModifiedTime(touched, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        Files.delete(photos.resolve("striped-star.png"));
        Cli.Run run = run(1, "import", array.toString(), "--index", second, "--json");
        assertThat(run.json().get("total").getAsInt()).isEqualTo(3);
        assertThat(run.json().getAsJsonArray("failed")).hasSize(2);
        assertThat(run.err())
                .contains("letter-k.png: the file has changed since its vector was made", "no such file", "2 of 5 rows failed");
        assertThat(EmbeddingIndex.open(Path.of(second)).entries()).anyMatch(entry -> entry.path().equals(touched.toString()));
        // without a hash in the list the time of the array decides
        Files.setLastModifiedTime(array, FileTime.from(Instant.parse("2019-01-01T00:00:00Z")));
        Files.writeString(lines, "{\"row\":0,\"path\":\"" + touched + "\"}");
        assertThat(run(1, "import", array.toString(), "--index", second).err()).contains("has changed since");
    }

    @Test
    void vectorsOfAnotherModelAreRefused() throws IOException {
        export();
        List<String> mixed = Files.readAllLines(lines).stream().map(line -> line.replaceFirst("\"row\":(\\d)", "\"row\":0")).toList();
        Files.write(lines, mixed);
        Cli.Run run = run(1, "import", array.toString(), "--index", second);
        assertThat(run.err()).contains("entry 2: expected the vector that clip-tiny with the profile").contains("got one with a cosine of");
        assertThat(EmbeddingIndex.isIndex(Path.of(second))).isFalse();
        String tiny = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny").toString();
        assertThat(run(1, "import", array.toString(), "--index", second, "--model", tiny).err())
                .contains("expected vectors of ").contains("name the model that made them");
    }

    @Test
    void anEmptyIndexComesBackEmpty() throws IOException {
        Files.createDirectories(scratch.resolve("nothing"));
        run(0, "index", scratch.resolve("nothing").toString(), "--index", first);
        run(0, "export", "--index", first, "-o", array.toString());
        assertThat(run(0, "import", array.toString(), "--index", second, "--json").json().get("total").getAsInt()).isZero();
    }

    @Test
    void rowsThatCannotBeTrueAreNamed() throws IOException {
        export();
        String path = photos.resolve("red-circle.png").toString();
        String good = Files.readAllLines(lines).stream().filter(line -> line.contains(path)).findFirst().orElseThrow();
        Files.writeString(lines, String.join("\n", good.replaceFirst("\"width\":\\d+", "\"width\":1000000000000"),
                good.replaceFirst("\"height\":\\d+", "\"height\":-3"), good.replaceFirst("\"hash\":\"..", "\"hash\":\"zz"),
                "{\"row\":0,\"path\":\"" + photos + "\"}", good));
        String err = run(1, "import", array.toString(), "--index", second).err();
        assertThat(err).contains("entry 1: width: expected 0 to 2147483647 pixels", "entry 2: height: expected 0",
                "entry 3: hash: expected 32", "expected a file, got a folder", "4 of 5 rows failed");
        if (Files.exists(Path.of("/dev/zero"))) {
            Files.writeString(lines, good + "\n{\"row\":0,\"path\":\"/dev/zero\"}");
            assertThat(run(1, "import", array.toString(), "--index", second).err()).contains("/dev/zero: expected a file");
        }
    }

    @Test
    void listsThatAreWrongSayWhere() throws IOException {
        export();
        String path = photos.resolve("red-circle.png").toString();
        String good = Files.readAllLines(lines).stream().filter(line -> line.contains(path)).findFirst().orElseThrow();
        Files.writeString(lines, String.join("\n", good, good, "[1]", "{\"row\":5,\"path\":\"a\"}", "{\"row\":1.5,\"path\":\"a\"}",
                "{\"path\":\"a\"}", "{\"row\":1}", "{\"row\":\"1\",\"path\":\"a\"}", "{\"image\":\"b\",\"error\":\"broken\"}"));
        String err = run(1, "import", array.toString(), "--index", second).err();
        assertThat(err).contains(
                "entry 2: " + path + ": a second row of this file", "entry 3: expected an object",
                "entry 4: expected a path and a row of 0 to 4",
                "entry 5: row: expected a whole number, got 1.5", "entry 6: row: expected a whole number, got null",
                "entry 7: image: expected a text, got null", "entry 8: row: expected a whole number", "7 of 8 rows failed");
        for (String damaged : new String[] {"{", "{\"row\":0,", "not json", "{\"results\":3}", ""}) {
            Files.writeString(lines, damaged);
            assertThat(run(1, "import", array.toString(), "--index", second).err()).as(damaged)
                    .contains("photos.jsonl").doesNotContain("Exception");
        }
        Files.write(lines, new byte[] {(byte) 0xc3, (byte) 0x28});
        assertThat(run(1, "import", array.toString(), "--index", second).err()).contains("expected JSON as clip export");
        Files.delete(lines);
        assertThat(run(1, "import", array.toString(), "--index", second).err()).contains("expected photos.jsonl or photos.json beside it");
        assertThat(run(2, "export", "--index", first, "-o", scratch.resolve("x.csv").toString()).err()).contains("ends in .npy");
    }
}
