package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is refused before anything is done, and what is no answer: exit codes and messages.
class WrongUsageTest {
    private static final Path EXAMPLES = ReferenceData.projectRoot().resolve("docs/examples");

    @TempDir
    private Path scratch;

    private Path photos;
    private String index;

    @BeforeEach
    void indexTwo() throws IOException {
        photos = Files.createDirectories(scratch.resolve("photos"));
        index = scratch.resolve("index").toString();
        Files.copy(EXAMPLES.resolve("red-circle.png"), photos.resolve("a circle\nof red.png"));
        Files.copy(EXAMPLES.resolve("letter-k.png"), photos.resolve("k.png"));
        assertThat(Cli.run("index", photos.toString(), "--index", index).exit()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', ignoreLeadingAndTrailingWhitespace = true, value = {
        "classify IMAGE --label=a --label=a | 2 | --label: expected each label once, got 'a' twice",
        "classify IMAGE --label= | 2 | --label: expected words, got ''",
        "classify IMAGE --label=a --image-size=0 | 2 | --image-size: expected at least 1 pixel, got 0",
        "classify IMAGE --lable=a | 2 | Possible solutions: --language, --label, --labels-file",
        "clasify | 2 | Did you mean: clip classify",
        "classify EMPTY --label=a | 1 | expected images, got none",
        "embed EMPTY | 1 | expected images, got none",
        "similarity EMPTY --text=a | 1 | expected images, got none",
        "explain EMPTY --label=a | 1 | expected images, got none",
        "explain IMAGE --label=a --label=a | 2 | --label: expected each label once, got 'a' twice",
        "explain IMAGE --text= | 2 | --text: expected words, got ''",
        "cluster --index INDEX --label=a --label=a | 2 | --label: expected each label once",
        "search a --index INDEX --is=red --not=red | 2 | --is and --not: expected each label once, got 'red' twice",
        "search 0:a --index INDEX | 2 | '0:a': expected a weight above 0, got 0",
        "search photo.jpg --index INDEX | 2 | 'photo.jpg': expected an image file, got nothing of that name",
        "search a+-+photo.JPEG --index INDEX | 2 | 'photo.JPEG': expected an image file, got nothing of that name",
        "search a --in nowhere --index INDEX | 1 | --in: expected a folder of the index, got 'nowhere', of which it has no image",
        "search a --in EMPTY --index INDEX | 0 | WARNING-FREE",
        "search a --json -0 --index INDEX | 2 | expected one of --json, --paths and --null, got several",
        "search LONG --index INDEX | 1 | --truncate", "search LONG --truncate --index INDEX | 0 | WARNING-FREE"
    })
    void itIsSaid(String command, int exit, String message) throws IOException {
        String empty = Files.createDirectories(scratch.resolve("empty")).toString();
        String[] words = Stream.of(command.split(" ")).map(word -> switch (word) {
            case "IMAGE" -> Cli.IMAGE;
            case "EMPTY" -> empty;
            case "INDEX" -> index;
            case "LONG" -> "word ".repeat(500);
            default -> word.replace("a+-+", "a - ");
        }).toArray(String[]::new);
        Cli.Run run = Cli.run(words);
        assertThat(run.exit()).as(run.err()).isEqualTo(exit);
        if (exit == 0) {
            assertThat(run.err().lines().filter(line -> !line.contains("demonstration model"))).isEmpty();
        } else {
            assertThat(run.err()).contains(message);
        }
        assertThat(run.err()).as("an error that can be seen").doesNotContain("Usage:");
    }

    /// An empty name is the current folder to Java.
    @Test
    void anEmptyNameIsNoFile() {
        for (String[] command : new String[][] {
            {"classify", "", "--label", "a"}, {"embed", ""}, {"index", ""}, {"explain", "", "--label", "a"}
        }) {
            Cli.Run run = Cli.run(command);
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err()).contains("expected the name of a file or folder, got an empty one");
        }
        for (String[] command : new String[][] {
            {"embed", Cli.IMAGE, "--model", ""}, {"inspect", ""}, {"convert", Cli.MODEL, ""}, {"embed", Cli.IMAGE, "-o", ""},
            {"preprocess", Cli.IMAGE, "-o", ""}, {"search", "a", "--index", ""}, {"embed", "--texts-file", ""}
        }) {
            Cli.Run run = Cli.run(command);
            assertThat(run.exit()).as(run.err()).isPositive();
            assertThat(run.err()).contains("expected the name of a file or folder, got an empty one");
        }
    }

    static boolean hasDevices() {
        return Files.exists(Path.of("/dev/zero"));
    }

    @Test
    @EnabledIf("hasDevices")
    void aDeviceIsNoImageAndCostsTheOthersNothing() {
        Cli.Run run = Cli.run("embed", "/dev/zero", Cli.IMAGE, "--json");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("/dev/zero: expected an image file, got a device").contains("1 of 2 images failed");
        assertThat(run.results()).hasSize(2);
        assertThat(Cli.run("search", "/dev/zero", "--index", index).exit()).as("no regular file: words").isZero();
    }

    @Test
    void zeroBytesEndPathsThatHaveLineEnds() {
        Cli.Run run = Cli.run("search", "a red circle", "--index", index, "--null");
        assertThat(run.out().split("\0"))
                .containsExactly(photos.resolve("a circle\nof red.png").toString(), photos.resolve("k.png").toString());
        assertThat(run.out()).endsWith("\0");
    }

    /// More labels than colours and letters of one kind.
    @Test
    void manyLabelsHaveTheirOwnLettersAndPanels() throws IOException {
        Path drawing = scratch.resolve("maps.png");
        String[] maskclip = command(30, "-o", drawing.toString());
        Cli.Run run = Cli.run(maskclip);
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out()).contains("    A  label 0\n").contains("    Z  label 25\n").contains("    a  label 26\n");
        Image image = ImageFile.read(drawing);
        assertThat(image.width()).isEqualTo(12 + 6 * 300); // six panels a row, of 288 pixels each
        assertThat(image.height()).isEqualTo(12 + 6 * 340 + 44); // 30 labels and the map of segments
        assertThat(Cli.run(command(63)).err()).contains("--method maskclip: expected at most 62 labels").contains("got 63");
        assertThat(Cli.run(command(63, "--json")).exit()).isZero();
    }

    private static String[] command(int labels, String... more) {
        Stream<String> given = IntStream.range(0, labels).mapToObj(i -> List.of("--label", "label " + i)).flatMap(List::stream);
        return Stream.of(Stream.of("explain", Cli.IMAGE, "--method", "maskclip"), given, Stream.of(more)).flatMap(part -> part)
                .toArray(String[]::new);
    }

    /// The labels of a file may be many; those that are equal are found by their tokens.
    @Test
    void labelsOfAFileAreTheFiles() throws IOException {
        Path labels = Files.write(scratch.resolve("labels.txt"), "a\na\n".getBytes(StandardCharsets.UTF_8));
        Cli.Run run = Cli.run("classify", Cli.IMAGE, "--labels-file", labels.toString());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("have the same tokens");
    }
}
