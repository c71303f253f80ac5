package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders and lists of images.
class FolderInputsTest {
    @TempDir
    private Path directory = Path.of("");

    private Path folder = Path.of("");

    @BeforeEach
    void images() throws IOException {
        folder = Files.createDirectories(directory.resolve("photos"));
        copy("b.png");
        copy("a/z.PNG");
        copy("c/y.png");
    }

    private Path copy(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.copy(Path.of(Cli.IMAGE), file);
    }

    private List<String> names(Cli.Run run) {
        return run.results().stream().map(result -> folder.relativize(Path.of(result.get("image").getAsString())).toString()).toList();
    }

    private Cli.Run embed(String... more) {
        return Cli.run(Stream.concat(
                Stream.of("embed", folder.toString(), "--json", "--model", Cli.MODEL), Stream.of(more))
                .toArray(String[]::new));
    }

    @Test
    void imagesAreFoundRecursivelyInTheOrderOfNames() {
        Cli.Run run = embed();
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(names(run)).containsExactly("a/z.PNG", "b.png", "c/y.png");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void whatIsLeftOutIsSaid() throws IOException {
        Files.writeString(folder.resolve("b.txt"), "a caption");
        Files.writeString(folder.resolve("a/z.json"), "{}");
        copy(".hidden.png");
        copy(".folder/x.png");
        Files.copy(Path.of(Cli.IMAGE), folder.resolve("0123abcd")); // an image without an extension
        Cli.Run run = embed();
        assertThat(run.exit()).isZero();
        assertThat(names(run)).containsExactly("0123abcd", "a/z.PNG", "b.png", "c/y.png");
        assertThat(run.err())
                .isEqualTo("clip: 4 images; left out: 2 hidden in folders; left out: 2 in folders that are not images\n");
    }

    @Test
    void linksAreFollowedButNotInCircles() throws IOException {
        Files.createSymbolicLink(folder.resolve("a/up"), folder);
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        Files.copy(Path.of(Cli.IMAGE), elsewhere.resolve("e.png"));
        Files.createSymbolicLink(folder.resolve("d"), elsewhere);
        Files.createSymbolicLink(folder.resolve("e.png"), folder.resolve("no.png"));
        Cli.Run run = embed();
        assertThat(names(run)).containsExactly("a/z.PNG", "b.png", "c/y.png", "d/e.png", "e.png");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("e.png: a link to a file that does not exist")
                .endsWith("clip: 1 of 5 images failed; left out: 1 folders that links lead to a second time\n");
    }

    @Test
    void aFolderThatCannotBeReadIsNamed() throws IOException {
        Files.setPosixFilePermissions(folder.resolve("a"), PosixFilePermissions.fromString("---------"));
        try {
            assumeFalse(Files.isReadable(folder.resolve("a")), "this user reads everything");
            Cli.Run run = embed();
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err()).contains("access denied: " + folder.resolve("a")).endsWith("clip: 1 of 3 images failed\n");
        } finally {
            Files.setPosixFilePermissions(folder.resolve("a"), PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void anImageThatFailsIsNamedWithItsWholePathAndTheOthersAreDone() throws IOException {
        Path broken = Files.writeString(folder.resolve("a/broken.png"), "no image");
        Cli.Run run = embed();
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.results()).hasSize(4);
        assertThat(run.err()).startsWith("clip: " + broken + ": ").endsWith("clip: 1 of 4 images failed\n").hasLineCount(2);
    }

    @Test
    void namesThatAreNotTextAreFoundInFoldersAndAsArguments() throws IOException {
        assumeTrue("UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding")), "only where file names are UTF-8");
        Path latin = Path.of(URI.create(folder.toUri() + "caf%E9.png")); // the bytes of ISO-8859-1
        Files.copy(Path.of(Cli.IMAGE), latin);
        Cli.Run run = embed();
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(names(run)).contains("caf\uFFFD.png");
        assertThat(Cli.run("embed", folder + "/caf\uFFFD.png", "--model", Cli.MODEL).exit()).isZero();
        Files.copy(Path.of(Cli.IMAGE), Path.of(URI.create(folder.toUri() + "caf%E8.png")));
        Cli.Run two = Cli.run("embed", folder + "/caf\uFFFD.png", "--model", Cli.MODEL);
        assertThat(two.exit()).isEqualTo(1);
        assertThat(two.err()).contains("expected one file, got several whose names are not UTF-8 and look the same; give their folder");
    }

    @Test
    void theNumberOfAPreparedFileIsThatOfItsLine() throws IOException {
        String lines = Cli.IMAGE + "\n\n" + folder + "\nnope.png\n" + Cli.IMAGE + "\n\n\n";
        String list = Files.writeString(directory.resolve("list.txt"), lines).toString();
        Path out = directory.resolve("prepared");
        Cli.Run run = Cli.run("preprocess", "--list", list, "-o", out.toString(), "--model", Cli.MODEL);
        assertThat(run.exit()).isEqualTo(1);
        List<String> keys = run.out().lines().map(line -> JsonParser.parseString(line).getAsJsonObject().keySet().toString()).toList();
        assertThat(keys).containsExactly("[image, file]", "[image, error]", "[image, error]", "[image, error]", "[image, file]");
        assertThat(out.resolve("00004.npy")).exists();
        assertThat(run.err()).contains("list.txt:2: expected the path of an image, got a blank line")
                .contains("list.txt:3: expected the path of an image, got a folder").contains("no such file: nope.png")
                .endsWith("clip: 3 of 5 images failed\n");
    }
}
