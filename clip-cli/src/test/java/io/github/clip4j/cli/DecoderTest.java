package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that a user names for a kind of image. Those of this test are shell scripts.
class DecoderTest {
    @TempDir
    private Path directory = Path.of("");

    private Path heic = Path.of("");

    @BeforeEach
    void image() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no /bin/sh");
        byte[] start = {0, 0, 0, 24, 'f', 't', 'y', 'p', 'h', 'e', 'i', 'c', 0};
        heic = Files.write(directory.resolve("a photo; rm -rf $HOME.heic"), start);
    }

    private String script(String name, String body) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file.toString();
    }

    private static Set<String> temporary() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("clip4j-decode-"))
                    .collect(Collectors.toSet());
        }
    }

    private Cli.Run embed(String decoder, Path... images) {
        return Cli.run(Stream.concat(
                Stream.of("embed", "--json", "--model", Cli.MODEL, "--decoder", decoder, "--decoder-seconds", "5"),
                Stream.of(images).map(Path::toString)).toArray(String[]::new));
    }

    @Test
    void wordsEndAtSpacesOutsideQuotes() {
        assertThat(ExternalDecoder.words(" a  'b c' \"d'e\" f''g '' C:\\x ")).isEqualTo(List.of("a", "b c", "d'e", "fg", "", "C:\\x"));
        assertThatThrownBy(() -> ExternalDecoder.words("a 'b")).hasMessage("expected a second ' in 'a 'b'");
    }

    @Test
    void theDecoderGetsTheFileAndItsImageIsRead() throws IOException {
        Set<String> before = temporary();
        String expected = Cli.run("embed", Cli.IMAGE, "--json", "--model", Cli.MODEL).results().getFirst().get("embedding").toString();
        String decoder = script("decode", "test -f \"$1\" && cp '" + Cli.IMAGE + "' \"$2\"");
        Cli.Run file = embed("HEIC='" + decoder + "' {in} {out}", heic, Path.of(Cli.IMAGE));
        assertThat(file.exit()).as(file.err()).isZero();
        assertThat(file.results()).extracting(result -> result.get("embedding").toString()).containsExactly(expected, expected);
        Cli.Run stdout = embed("heic=" + script("cat", "cat '" + Cli.IMAGE + "'") + " {in}", heic);
        assertThat(stdout.results().getFirst().get("embedding").toString()).isEqualTo(expected);
        Cli.Run stdin = Cli.run(
                Files.readAllBytes(heic), "embed", "-", "--json", "--model", Cli.MODEL, "--decoder", "heic=" + decoder + " {in} {out}");
        assertThat(stdin.results().getFirst().get("embedding").toString()).as(stdin.err()).isEqualTo(expected);
        Cli.Run folder = embed("heic=" + decoder + " {in} {out}", directory);
        assertThat(folder.results()).hasSize(1);
        assertThat(temporary()).isEqualTo(before);
    }

    @Test
    void theKindIsTheContentsBeforeTheExtensions() throws IOException {
        Path png = Files.copy(Path.of(Cli.IMAGE), directory.resolve("really-a-png.heic"));
        Cli.Run run = embed("heic=" + script("never", "exit 9") + " {in}", png);
        assertThat(run.exit()).as(run.err()).isZero();
    }

    @Test
    void failuresAreReportedWithTheLastWords() throws IOException {
        Set<String> before = temporary();
        String fails = script("fails", "for i in 1 2 3 4 5; do echo line $i >&2; done; exit 3");
        Cli.Run run = embed("heic=" + fails + " {in} {out}", heic, Path.of(Cli.IMAGE));
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("clip: " + heic + ": the decoder '" + fails + "' failed with exit code 3: line 3 | line 4 | line 5\n")
                .endsWith("clip: 1 of 2 images failed\n");
        assertThat(run.results().get(1).has("embedding")).isTrue();
        assertThat(embed("heic=" + script("nothing", "echo done >&2") + " {in} {out}", heic).err())
                .contains("wrote no image to {out}: done");
        assertThat(embed("heic=/no/such/program {in}", heic).err()).contains("the decoder '/no/such/program' cannot be started");
        assertThat(embed("heic=" + script("text", "echo no image") + " {in}", heic).err()).contains(heic + ": ");
        assertThat(temporary()).isEqualTo(before);
    }

    @Test
    void itHasLimitedTimeAndItsChildrenEndWithIt() throws Exception {
        Path pid = directory.resolve("pid");
        String slow = script("slow", "sleep 600 & echo $! > '" + pid + "'; wait");
        long start = System.nanoTime();
        Cli.Run run = Cli.run(
                "embed", heic.toString(), "--decoder", "heic=" + slow + " {in}", "--decoder-seconds", "1", "--model", Cli.MODEL);
        assertThat(run.err()).contains("was ended after 1 seconds; --decoder-seconds gives it more");
        assertThat((System.nanoTime() - start) / 1e9).as("seconds; the script takes 600").isLessThan(300);
        long child = Long.parseLong(Files.readString(pid).strip());
        for (int i = 0; i < 100 && ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false); i++) {
            Thread.sleep(50);
        }
        assertThat(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false)).as("the script's child lives").isFalse();
    }

    @Test
    void itMayNotFillTheDisk() throws IOException {
        String large = script("large", "truncate -s 1200000000 \"$2\" && sleep 600");
        assertThat(embed("heic=" + large + " {in} {out}", heic).err()).contains("expected at most 1,073,741,824 bytes from it, got more");
    }

    @Test
    void aDecoderWithoutAnInputIsWrongUsage() {
        for (String text : List.of("heic", "heic=", "=x {in}", "heic=convert {out}")) {
            Cli.Run run = embed(text, heic);
            assertThat(run.exit()).as(text).isEqualTo(2);
            assertThat(run.err()).contains("--decoder: expected a kind and a command with {in}");
        }
    }
}
