package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexWriter;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `clip index` and `clip search`, with the built-in model.
class IndexCommandTest {
    private static final Path EXAMPLES = ReferenceData.projectRoot().resolve("docs/examples");

    private static final String CIRCLE = EXAMPLES.resolve("red-circle.png").toString();

    @TempDir
    private Path scratch;

    private Path photos;
    private String index;

    @BeforeEach
    void copyExamples() throws IOException {
        photos = scratch.resolve("photos");
        Files.createDirectories(photos.resolve("below"));
        index = scratch.resolve("index").toString();
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            for (Path file : files.toList()) {
                Files.copy(file, photos.resolve("below").resolve(file.getFileName()));
            }
        }
    }

    private JsonObject index(int exit, String... more) {
        List<String> arguments = new ArrayList<>(List.of("index", photos.toString(), "--index", index, "--json"));
        arguments.addAll(List.of(more));
        Cli.Run run = Cli.run(arguments.toArray(String[]::new));
        assertThat(run.exit()).as(run.err()).isEqualTo(exit);
        return run.json();
    }

    private static void assertCounts(JsonObject document, int total, int added, int changed, int moved, int removed, int failed) {
        assertThat(document.keySet()).containsExactly("index", "model", "total", "added", "changed", "moved", "removed", "failed");
        assertThat(List.of(
                document.get("total").getAsInt(), document.get("added").getAsInt(), document.get("changed").getAsInt(),
                document.get("moved").getAsInt(), document.get("removed").getAsInt(), document.getAsJsonArray("failed").size()))
                .as(document.toString()).containsExactly(total, added, changed, moved, removed, failed);
    }

    private List<String> search(String... arguments) {
        List<String> all = new ArrayList<>(List.of("search", "--index", index, "--paths"));
        all.addAll(List.of(arguments));
        Cli.Run run = Cli.run(all.toArray(String[]::new));
        assertThat(run.exit()).as(run.err()).isZero();
        return run.out().lines().map(line -> String.valueOf(Path.of(line).getFileName())).toList();
    }

    @Test
    void onlyWhatIsNewOrChangedIsDone() throws IOException {
        assertCounts(index(0), 5, 5, 0, 0, 0, 0);
        assertCounts(index(0), 5, 0, 0, 0, 0, 0);
        Files.move(photos.resolve("below/red-circle.png"), photos.resolve("moved.png"));
        Files.delete(photos.resolve("below/letter-k.png"));
        Files.copy(photos.resolve("below/three-hearts.png"), photos.resolve("copy.png"));
        Files.copy(photos.resolve("below/three-hearts.png"), photos.resolve("below/striped-star.png"), StandardCopyOption.REPLACE_EXISTING);
        Path broken = Files.writeString(photos.resolve("broken.png"), "no image");
        JsonObject document = index(1);
        assertCounts(document, 5, 1, 1, 1, 1, 1);
        JsonObject failure = document.getAsJsonArray("failed").get(0).getAsJsonObject();
        assertThat(failure.get("path").getAsString()).isEqualTo(broken.toString());
        assertThat(failure.get("error").getAsString()).contains("broken.png");
        assertThat(search("three hearts", "--top", "3")).containsExactlyInAnyOrder("three-hearts.png", "copy.png", "striped-star.png");
        assertThat(search("a red circle", "--top", "1")).containsExactly("moved.png");
        // the failure is remembered, and tried again when the file has changed
        Cli.Run again = Cli.run("index", photos.toString(), "--index", index, "--json");
        assertThat(again.err()).doesNotContain("broken.png");
        assertCounts(again.json(), 5, 0, 0, 0, 0, 1);
        Files.copy(EXAMPLES.resolve("letter-k.png"), broken, StandardCopyOption.REPLACE_EXISTING);
        assertCounts(index(0), 6, 0, 1, 0, 0, 0);
        assertThat(search("the letter K", "--top", "1")).containsExactly("broken.png");
    }

    @Test
    void whatIsIndexedIsWhatEmbedGives() throws IOException {
        index(0);
        JsonElement cosine = Cli.run("similarity", EXAMPLES.resolve("red-circle.png").toString(), "--text", "a red circle", "--json")
                .json().getAsJsonArray("cosine").get(0).getAsJsonArray().get(0);
        JsonObject document = Cli.run("search", "a red circle", "--index", index, "--json", "--top", "2").json();
        assertThat(document.keySet()).containsExactly("query", "results");
        assertThat(document.get("query").getAsString()).isEqualTo("a red circle");
        JsonObject best = document.getAsJsonArray("results").get(0).getAsJsonObject();
        assertThat(best.keySet()).containsExactly("path", "cosine");
        assertThat(best.get("path").getAsString()).isEqualTo(photos.resolve("below/red-circle.png").toString());
        assertThat(best.get("cosine").getAsDouble()).isCloseTo(cosine.getAsDouble(), within(1e-6));
        IndexEntry entry = EmbeddingIndex.open(Path.of(index)).entries().getFirst();
        Image image = ImageFile.read(Path.of(entry.path()));
        assertThat(List.of(entry.width(), entry.height())).containsExactly(image.width(), image.height());
    }

    @Test
    void queriesAreWordsImagesAndSumsOfThem() {
        index(0);
        String circle = EXAMPLES.resolve("red-circle.png").toString();
        assertThat(search(circle, "--top", "1")).containsExactly("red-circle.png");
        assertThat(search("a red circle + 3:three hearts", "--top", "1")).containsExactly("three-hearts.png");
        assertThat(search("3:a red circle + three hearts", "--top", "1")).containsExactly("red-circle.png");
        assertThat(search(circle + " - a red circle + 2:three hearts", "--top", "1")).containsExactly("three-hearts.png");
        assertThat(search("3:three hearts", "-", circle, "--top", "1")).containsExactly("three-hearts.png");
        assertThat(search("a", "red", "circle", "+", "5:three hearts", "--top", "1")).containsExactly("three-hearts.png");
        assertThat(Cli.run("search", "a cat", "-", "--index", index).exit()).isEqualTo(2);
        assertThat(search("a red circle", "three hearts", "--top", "2")).containsExactlyInAnyOrder("red-circle.png", "three-hearts.png");
        assertThat(search("a red circle", "--min", "0.99")).isEmpty();
        assertThat(Cli.run("search", "a cat - a cat", "--index", index).err()).contains("terms that cancel each other");
        assertThat(Cli.run("search", "a cat + ", "--index", index).err()).contains("got a blank");
        assertThat(Cli.run("search", "a cat + + b", "--index", index).err()).contains("got a blank");
    }

    @Test
    void aSearchFindsChangesFirst() throws IOException {
        index(0);
        Files.copy(photos.resolve("below/red-circle.png"), photos.resolve("new.png"));
        assertThat(search("a red circle", "--top", "2", "--no-indexing")).doesNotContain("new.png");
        assertThat(search("a red circle", "--top", "2")).contains("new.png");
        try (IndexWriter writer = IndexWriter.open(Path.of(index), EmbeddingIndex.modelOf(Path.of(index)))) {
            String[] again = {"search", "a red circle", "--index", index, "--paths", "--top", "9"};
            assertThat(Cli.run(again).err()).as("nothing has changed").doesNotContain("another writer");
            Files.copy(photos.resolve("new.png"), photos.resolve("newer.png"));
            Cli.Run run = Cli.run(again);
            assertThat(run.exit()).isZero();
            assertThat(run.out()).doesNotContain("newer.png");
            assertThat(run.err()).contains("the index is searched as it is").contains("being changed by another writer");
            assertThat(Cli.run("index", photos.toString(), "--index", index).exit()).isEqualTo(1);
            assertThat(writer.size()).isEqualTo(6);
        }
        Files.writeString(photos.resolve("new.png"), "no image");
        Files.delete(photos.resolve("below/red-circle.png"));
        assertThat(search("a red circle", "--top", "9")).contains("newer.png").doesNotContain("new.png", "red-circle.png");
        Files.move(photos, scratch.resolve("elsewhere"));
        Cli.Run run = Cli.run("search", "a red circle", "--index", index, "--paths", "--top", "1");
        assertThat(run.err()).contains("the folder is not there now");
        assertThat(run.out()).isNotBlank();
    }

    /// Two names that differ in bytes which are no text look the same: neither may take the other's place.
    @Test
    void namesThatAreNoTextAreNamed() throws Exception {
        String copy = "cp \"$0\" \"$1/$(printf 'a\\377.png')\" && cp \"$0\" \"$1/$(printf 'a\\376.png')\"";
        Process process = new ProcessBuilder("sh", "-c", copy, CIRCLE, photos.toString()).start();
        assumeThat(process.waitFor()).isZero();
        try (Stream<Path> files = Files.list(photos)) {
            assumeThat(files.filter(file -> String.valueOf(file.getFileName()).startsWith("a")).count()).isEqualTo(2);
        }
        JsonObject document = index(1);
        assertCounts(document, 5, 5, 0, 0, 0, 2);
        assertThat(document.getAsJsonArray("failed").get(0).getAsJsonObject().get("error").getAsString()).contains("rename it");
        assertCounts(index(1), 5, 0, 0, 0, 0, 2);
        assertThat(Cli.run("search", "a", "--index", scratch.resolve("none").toString()).err())
                .contains("--index: expected an index, got nothing");
        assertThat(Cli.run("search", "a", "--index", index, "--min", "2").exit()).isEqualTo(2);
    }

    @Test
    void foldersOfProgramsAreLeftOut() throws IOException {
        for (String name : new String[] {"@eaDir", "node_modules", ".git", "System Volume Information", ".hidden", "private"}) {
            Files.copy(EXAMPLES.resolve("letter-k.png"), Files.createDirectories(photos.resolve(name)).resolve("k.png"));
        }
        assertCounts(index(0, "--exclude", "private"), 5, 5, 0, 0, 0, 0);
        assertCounts(index(0), 6, 1, 0, 0, 0, 0);
    }

    @Test
    void aFolderThatIsNotThereCostsTheOthersNothing() throws IOException {
        String missing = scratch.resolve("missing").toString();
        JsonObject document = index(1, missing);
        assertCounts(document, 5, 5, 0, 0, 0, 1);
        assertThat(document.getAsJsonArray("failed").get(0).getAsJsonObject().get("path").getAsString()).isEqualTo(missing);
        assertThat(EmbeddingIndex.open(Path.of(index)).roots()).containsExactly(photos.toString());
    }

    /// Every twentieth file is empty, cut short, random, a link to nothing or something else by an image's name: each is named, and costs
    /// the others nothing.
    @Test
    void damagedFilesCostTheOthersNothing() throws IOException {
        int count = Integer.getInteger("clip.damaged.of", 200);
        Random random = new Random(4);
        Set<String> bad = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            Path file = photos.resolve("below/f%05d.png".formatted(i));
            byte[] rgb = new byte[30 * 20 * 3];
            random.nextBytes(rgb);
            byte[] png = PngWriter.write(30, 20, rgb);
            if (i % 20 != 7) {
                Files.write(file, png);
                continue;
            }
            bad.add(file.toString());
            switch (i / 20 % 5) {
                case 0 -> Files.write(file, new byte[0]);
                case 1 -> Files.write(file, Arrays.copyOf(png, png.length / 2));
                case 2 -> Files.write(file, rgb);
                case 3 -> Files.createSymbolicLink(file, Path.of("nothing"));
                default -> Files.writeString(file, "<html>not found</html>");
            }
        }
        JsonObject document = index(1);
        assertCounts(document, 5 + count - bad.size(), 5 + count - bad.size(), 0, 0, 0, bad.size());
        Set<String> named = new TreeSet<>();
        for (JsonElement failure : document.getAsJsonArray("failed")) {
            assertThat(failure.getAsJsonObject().get("error").getAsString()).isNotBlank();
            named.add(failure.getAsJsonObject().get("path").getAsString());
        }
        assertThat(named).isEqualTo(bad);
        assertCounts(index(1), 5 + count - bad.size(), 0, 0, 0, 0, bad.size());
    }

    @Test
    void filtersByFolderAndTime() throws IOException {
        Path old = photos.resolve("old.png");
        Files.copy(EXAMPLES.resolve("red-circle.png"), old);
        Files.setLastModifiedTime(old, FileTime.from(Instant.parse("2001-06-15T12:00:00Z")));
        index(0);
        String below = photos.resolve("below").toString();
        assertThat(search("a red circle", "--in", below)).hasSize(5).doesNotContain("old.png");
        assertThat(search("a red circle", "--before", "2001-06-17")).containsExactly("old.png");
        assertThat(search("a red circle", "--after", "2001-06-14", "--before", "2001-06-17")).containsExactly("old.png");
        assertThat(search("a red circle", "--after", "2001-06-17")).hasSize(5).doesNotContain("old.png");
        assertThat(search("red", "--is", "three hearts", "--is", "a red circle", "--not", "the letter K", "--not", "a star", "--in", below))
                .contains("three-hearts.png", "red-circle.png").doesNotContain("letter-k.png", "striped-star.png", "old.png");
        assertThat(Cli.run("search", "a", "--index", index, "--is", "a star").err()).contains("expected both --is and --not");
        Cli.Run run = Cli.run("search", "a", "--index", index, "--after", "yesterday");
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("--after: expected a date such as 2026-05-31, got 'yesterday'");
    }

    /// The model of the index answers when none is named, with its profile; another profile has other pixels.
    @Test
    void theProfileBelongsToTheIndex() throws IOException {
        index(0, "--profile", "openai");
        assertThat(EmbeddingIndex.modelOf(Path.of(index)).profile()).isEqualTo("openai");
        assertThat(search("a red circle", "--top", "1")).containsExactly("red-circle.png");
        assertCounts(index(0), 5, 0, 0, 0, 0, 0);
        Cli.Run run = Cli.run("index", photos.toString(), "--index", index, "--profile", "hf");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("with the profile openai").contains("with the profile hf").contains("make another index");
    }

    @Test
    void twoFoldersInOneIndex() throws IOException {
        index(0);
        Path other = Files.createDirectories(scratch.resolve("other"));
        Files.copy(EXAMPLES.resolve("letter-k.png"), other.resolve("k.png"));
        assertCounts(Cli.run("index", other.toString(), "--index", index, "--json").json(), 6, 1, 0, 0, 0, 0);
        Files.delete(other.resolve("k.png"));
        assertCounts(index(0), 6, 0, 0, 0, 0, 0); // of the other folder nothing is said
        assertCounts(Cli.run("index", other.toString(), "--index", index, "--json").json(), 5, 0, 0, 0, 1, 0);
    }

    @Test
    void anotherModelIsRefused() {
        index(0);
        Cli.Run run = Cli.run("index", photos.toString(), "--index", index, "--model", Cli.MODEL);
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("the index is of the model").contains("make another index");
        assertThat(Cli.run("search", "a", "--index", index, "--model", Cli.MODEL).exit()).isEqualTo(1);
        String own = scratch.resolve("own").toString();
        assertThat(Cli.run("index", photos.toString(), "--index", own, "--model", Cli.MODEL).exit()).isZero();
        assertThat(Cli.run("search", "a red circle", "--index", own, "--paths").out().lines()).hasSize(5); // with the model of the index
    }

    @Test
    void nearlyEqualImagesAreListedInGroups() throws IOException {
        Image circle = ImageFile.read(EXAMPLES.resolve("red-circle.png"));
        byte[] rgb = circle.toRgb();
        for (int i = 0; i < 3 * 4 * circle.width(); i++) {
            rgb[i] ^= 16; // four rows a little darker or brighter: another image, nearly the same
        }
        Files.write(photos.resolve("again.png"), PngWriter.write(circle.width(), circle.height(), rgb));
        Files.copy(EXAMPLES.resolve("red-circle.png"), photos.resolve("copy.png"));
        index(0);
        JsonObject document = Cli.run("duplicates", "--index", index, "--min", "0.95", "--json").json();
        assertThat(document.getAsJsonArray("groups")).hasSize(1);
        JsonArray group = document.getAsJsonArray("groups").get(0).getAsJsonArray();
        assertThat(group.asList().stream().map(hit -> Path.of(hit.getAsJsonObject().get("path").getAsString()).getFileName().toString()))
                .containsExactlyInAnyOrder("again.png", "copy.png", "red-circle.png");
        assertThat(Cli.run("duplicates", "--index", index, "--min", "1").out()).startsWith("2 images\n").contains("copy.png");
        assertThat(Cli.run("duplicates", "--index", index, "--min", "2").exit()).isEqualTo(2);
        assertThat(Cli.run("duplicates", "--index", scratch.resolve("no").toString()).exit()).isEqualTo(1);
    }

    @Test
    void anIndexIsClassifiedWithoutItsFiles() throws IOException {
        index(0);
        List<JsonObject> expected = Cli.run(
                "classify", photos.toString(), "--label", "a red circle", "--label", "three hearts", "--json").results();
        Files.move(photos, scratch.resolve("elsewhere"));
        List<JsonObject> results = Cli.run(
                "classify", "--index", index, "--label", "a red circle", "--label", "three hearts", "--json").results();
        assertThat(results).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(Cli.run("classify", CIRCLE, "--index", index, "--label", "a").exit()).isEqualTo(2);
    }

    @Test
    void whatIsNotThereIsSaid() {
        assertThat(Cli.run("index", scratch.resolve("no").toString(), "--index", index).err()).contains("expected a folder, got nothing");
        assertThat(Cli.run("search", "a", "--index", scratch.resolve("no").toString()).err()).contains("make one with: clip index FOLDER");
        assertThat(Cli.run("search", "a", "--index", index, "--top", "0").exit()).isEqualTo(2);
        assertThat(Cli.run("search", "a", "--index", index, "--json", "--paths").exit()).isEqualTo(2);
    }

    /// The process is killed at random points, `-Dclip.kills=200` times instead of 4, and goes on where it was: no row is lost, doubled or
    /// wrong.
    @Test
    void aKilledProcessLosesNothing() throws Exception {
        int kills = Integer.getInteger("clip.kills", 4);
        int images = Integer.getInteger("clip.kills.images", 60);
        Path many = Files.createDirectories(scratch.resolve("many"));
        Random random = new Random(11);
        for (int i = 0; i < images; i++) {
            byte[] rgb = new byte[60 * 40 * 3];
            random.nextBytes(rgb);
            Files.write(many.resolve(i + ".png"), PngWriter.write(60, 40, rgb));
        }
        int last = 0;
        for (int kill = 0; kill < kills; kill++) {
            Process process = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules", "jdk.incubator.vector",
                    "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), ClipCommand.class.getName(), "index",
                    many.toString(), "--index", index).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            process.waitFor(300 + random.nextInt(1500), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            if (EmbeddingIndex.isIndex(Path.of(index))) {
                int size = EmbeddingIndex.open(Path.of(index)).size();
                assertThat(size).isGreaterThanOrEqualTo(last);
                last = size;
            }
            Files.setLastModifiedTime(many.resolve("0.png"), FileTime.fromMillis(1_000_000L * kill)); // more to do
        }
        assertThat(Cli.run("index", many.toString(), "--index", index).exit()).isZero();
        EmbeddingIndex found = EmbeddingIndex.open(Path.of(index));
        assertThat(found.entries().stream().map(IndexEntry::path).distinct()).hasSize(images);
        assertThat(found.size()).isEqualTo(images);
        String fresh = scratch.resolve("fresh").toString();
        Cli.run("index", many.toString(), "--index", fresh);
        EmbeddingIndex expected = EmbeddingIndex.open(Path.of(fresh));
        for (int i = 0; i < images; i++) {
            String path = found.entries().get(i).path();
            int same = expected.entries().stream().map(IndexEntry::path).toList().indexOf(path);
            assertThat(found.embedding(i)).as(path).isEqualTo(expected.embedding(same));
        }
    }
}
