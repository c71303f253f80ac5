package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.clip4j.core.format.npy.NpyArray;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What commands write, and what happens when they cannot.
class OutputsTest {
    @TempDir
    private Path directory = Path.of("");

    private Cli.Run embed(Path output) {
        return Cli.run("embed", "--text", "a cat", "--model", Cli.MODEL, "-o", output.toString());
    }

    /// A stream that fails after some bytes, as the system words it.
    private static OutputStream failing(int after, String reason) {
        return new OutputStream() {
            private int left = after;

            @Override
            public void write(int b) throws IOException {
                if (left-- <= 0) {
                    throw new IOException(reason);
                }
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "--help", "embed --help", "inspect MODEL", "inspect MODEL --json", "tokenize a --model MODEL",
        "embed --text a --json --model MODEL",
        "embed --text a -o - --model MODEL", "classify IMAGE --label a --model MODEL", "classify IMAGE --label a --json --model MODEL",
        "preprocess IMAGE --model MODEL -o OUT", "--version"
    })
    void aStandardOutputThatCannotBeWrittenIsAFailure(String line) {
        String[] args = line.replace("MODEL", Cli.MODEL).replace("IMAGE", Cli.IMAGE).replace("OUT", directory.resolve("o").toString())
                .split(" ", -1);
        StringWriter err = new StringWriter();
        assertThat(Cli.run(new byte[0], failing(0, "No space left on device"), err, args)).isEqualTo(1);
        assertThat(err.toString()).endsWith("standard output: cannot be written: No space left on device\n").hasLineCount(1);
        StringWriter quiet = new StringWriter();
        assertThat(Cli.run(new byte[0], failing(0, "Broken pipe"), quiet, args)).isEqualTo(141);
        assertThat(quiet.toString()).isEmpty();
    }

    @Test
    void aClosedPipeEndsTheWork() {
        String[] args = new String[1003];
        Arrays.fill(args, "nope.png"); // each would be named on standard error
        args[0] = "preprocess";
        args[1] = "-o";
        args[2] = directory.resolve("o").toString();
        StringWriter err = new StringWriter();
        assertThat(Cli.run(new byte[0], failing(300, "Broken pipe"), err, args)).isEqualTo(141);
        assertThat(err.toString().lines().count()).isLessThan(20);
    }

    @Test
    void outputsAreCheckedBeforeTheWork() throws IOException {
        Path missing = directory.resolve("no/such/x.npy");
        Cli.Run folder = Cli.run("embed", "nope.png", "--model", "nowhere", "-o", missing.toString());
        assertThat(folder.exit()).isEqualTo(1);
        assertThat(folder.err()).isEqualTo("clip: %s: expected a file in a folder that exists, got %s; create it first\n"
                .formatted(missing, missing.getParent()));
        assertThat(embed(directory).err())
                .isEqualTo("clip: " + directory + ": expected a file to write, got a folder; name a file in it\n");
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertThat(embed(file.resolve("x.npy")).err()).contains("expected ");
        Cli.Run preprocess = Cli.run("preprocess", "nope.png", "--model", "nowhere", "-o", file.toString());
        assertThat(preprocess.err()).isEqualTo("clip: " + file + ": expected a directory to write to, got a file\n");
        assertThat(Cli.run("preprocess", Cli.IMAGE, "-o", "-").exit()).isEqualTo(2);
    }

    @Test
    void aLinkIsWrittenThrough() throws IOException {
        Path real = Files.writeString(directory.resolve("real.npy"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("link.npy"), Path.of("real.npy"));
        assertThat(embed(link).exit()).isZero();
        assertThat(link).isSymbolicLink();
        assertThat(NpyArray.read(real).shape().dim(1)).isEqualTo(24);
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling.npy"), Path.of("new.npy"));
        assertThat(embed(dangling).exit()).isZero();
        assertThat(dangling).isSymbolicLink();
        assertThat(directory.resolve("new.npy")).hasSameBinaryContentAs(real);
        Path loop = Files.createSymbolicLink(directory.resolve("loop.npy"), Path.of("loop.npy"));
        assertThat(embed(loop).err()).isEqualTo("clip: " + loop + ": expected a link to a file, got links in a circle\n");
    }

    @Test
    void aFifoIsWrittenInto() throws Exception {
        Path fifo = directory.resolve("fifo");
        assumeTrue(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor() == 0, "no mkfifo");
        CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readAllBytes(fifo);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Path link = Files.createSymbolicLink(directory.resolve("link"), fifo);
        assertThat(embed(link).exit()).isZero();
        Path plain = directory.resolve("plain.npy");
        embed(plain);
        assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo(Files.readAllBytes(plain));
        assertThat(Files.isRegularFile(fifo)).isFalse();
    }

    @Test
    void standardOutputGetsTheArrayAlone() throws IOException {
        Path file = directory.resolve("x.npy");
        embed(file);
        Cli.Run run = Cli.run("embed", "--text", "a cat", "--model", Cli.MODEL, "-o", "-");
        assertThat(run.bytes()).isEqualTo(Files.readAllBytes(file));
        assertThat(Cli.run("embed", "--text", "a cat", "-o", "-", "--json").exit()).isEqualTo(2);
        StringWriter err = new StringWriter();
        Streams terminal = new Streams(InputStream.nullInputStream(), OutputStream.nullOutputStream(), true);
        assertThat(ClipCommand.run(terminal, new PrintWriter(err, true), "embed", "--text", "a", "-o", "-")).isEqualTo(2);
        assertThat(err.toString()).contains("expected a file or a program that reads the array, got a terminal");
    }

    @Test
    void aFailedRunLeavesTheOldFileAndNoOther() throws IOException {
        Path file = Files.writeString(directory.resolve("x.npy"), "old");
        Path broken = Files.writeString(directory.resolve("ids.npy"), "no array");
        assertThat(Cli.run("embed", "--ids", broken.toString(), "--model", Cli.MODEL, "-o", file.toString()).exit()).isEqualTo(1);
        assertThat(file).hasContent("old");
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("x.npy", "ids.npy");
    }

    /// Digits, signs and letters of Arabic and Turkish would change names, numbers and options.
    @ParameterizedTest
    @ValueSource(strings = {"ar-EG", "tr-TR", "de-DE"})
    void nothingDependsOnTheLocale(String tag) throws IOException {
        Locale before = Locale.getDefault();
        String[][] commands = {
            {"classify", Cli.IMAGE, "--label", "INDIGO", "--label", "b"}, {"classify", Cli.IMAGE, "--label", "a", "--json"},
            {"embed", Cli.IMAGE}, {"tokenize", "INDIGO I"}, {"inspect", Cli.MODEL, "--tensors"}, {"embed", "nope.png", Cli.IMAGE},
            {"preprocess", Cli.IMAGE, "-o", directory.resolve("o").toString()},
            {"convert", Cli.MODEL, directory.resolve("c").toString(), "--dtype", "BF16"}
        };
        for (String[] command : commands) {
            Locale.setDefault(Locale.ROOT);
            Cli.Run expected = Cli.run(command);
            deleteConverted();
            Locale.setDefault(Locale.forLanguageTag(tag));
            try {
                Cli.Run run = Cli.run(command);
                assertThat(run.out()).as(String.join(" ", command)).isEqualTo(expected.out());
                assertThat(run.err()).isEqualTo(expected.err());
                assertThat(run.exit()).isEqualTo(expected.exit());
            } finally {
                Locale.setDefault(before);
                deleteConverted();
            }
        }
        assertThat(directory.resolve("o/00000.npy")).exists();
    }

    private void deleteConverted() throws IOException {
        Path converted = directory.resolve("c");
        if (Files.exists(converted)) {
            assertThat(Files.readString(converted.resolve("config.json"))).isEqualTo(ascii(converted.resolve("config.json")));
            try (var files = Files.list(converted)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(converted);
        }
    }

    private static String ascii(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
    }
}
