package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Texts and labels as people have them: one bad line costs the others nothing, and no row slips.
class TextInputsTest {
    @TempDir
    private Path directory = Path.of("");

    private String file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content).toString();
    }

    @Test
    void aByteOrderMarkIsNotPartOfTheFirstLabel() throws IOException {
        String plain = file("plain.txt", "a red circle\na blue square\na green triangle\n");
        String marked = file("bom.txt", "\uFEFFa red circle\na blue square\na green triangle\n");
        Path wide = Files.write(directory.resolve("wide.txt"), "\uFEFFa red circle\r\na blue square\r\na green triangle".getBytes(
                StandardCharsets.UTF_16LE));
        String expected = Cli.run("classify", Cli.IMAGE, "--labels-file", plain, "--json").out();
        assertThat(expected).contains("\"a red circle\"");
        assertThat(Cli.run("classify", Cli.IMAGE, "--labels-file", marked, "--json").out()).isEqualTo(expected);
        assertThat(Cli.run("classify", Cli.IMAGE, "--labels-file", wide.toString(), "--json").out()).isEqualTo(expected);
        assertThat(Cli.run("embed", "--texts-file", marked, "--json").out())
                .isEqualTo(Cli.run("embed", "--texts-file", plain, "--json").out());
        String list = file("list.txt", "\uFEFF" + Cli.IMAGE + "\n");
        assertThat(Cli.run("preprocess", "--list", list, "-o", directory.resolve("d").toString()).exit()).isZero();
        String jsonl = file("t.jsonl", "\uFEFF{\"text\": \"a\"}\n");
        assertThat(Cli.run("tokenize", "--jsonl", jsonl).out()).startsWith("{\"ids\":[");
    }

    @Test
    void filesInOtherEncodingsAreReadAsTheOptionSays() throws IOException {
        Path latin = Files.write(directory.resolve("latin.txt"), "café\n".getBytes(StandardCharsets.ISO_8859_1));
        Cli.Run named = Cli.run("embed", "--texts-file", latin.toString(), "--encoding", "latin1", "--json", "--model", Cli.MODEL);
        assertThat(named.out()).isEqualTo(Cli.run("embed", "--text", "café", "--json", "--model", Cli.MODEL).out());
        Cli.Run guessed = Cli.run("embed", "--texts-file", latin.toString(), "--model", Cli.MODEL);
        assertThat(guessed.exit()).isEqualTo(1);
        assertThat(guessed.err()).startsWith("clip: latin.txt:1: expected UTF-8 text, got bytes that are not");
        Cli.Run unknown = Cli.run("embed", "--texts-file", latin.toString(), "--encoding", "klingon");
        assertThat(unknown.exit()).isEqualTo(2);
        assertThat(unknown.err()).contains("--encoding: expected a name such as UTF-8, windows-1252 or Shift_JIS, got 'klingon'");
    }

    @Test
    void aBlankLineHasItsRow() throws IOException {
        Path out = directory.resolve("g.npy");
        Cli.Run run = Cli.run("embed", "--texts-file", file("gap.txt", "one\n\nthree\n"), "--model", Cli.MODEL, "-o", out.toString());
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(NpyArray.read(out).shape()).isEqualTo(Shape.of(3, 24));
        Cli.run("embed", "--text", "three", "--model", Cli.MODEL, "-o", directory.resolve("3.npy").toString());
        assertThat(Arrays.copyOfRange(NpyArray.read(out).floats(), 48, 72))
                .isEqualTo(NpyArray.read(directory.resolve("3.npy")).floats());
    }

    @Test
    void aTextThatIsTooLongIsNamedByItsLineOrCut() throws IOException {
        String texts = file("onelong.txt", "a cat\n" + "long words here ".repeat(60) + "\na dog\n");
        Cli.Run refused = Cli.run("embed", "--texts-file", texts, "--model", Cli.MODEL, "--json");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("clip: onelong.txt:2: text \"long words here")
                .contains("shorten it, or cut long texts with --truncate")
                .endsWith("clip: 1 of 3 texts failed\n");
        assertThat(refused.results()).hasSize(3);
        Cli.Run cut = Cli.run("embed", "--texts-file", texts, "--model", Cli.MODEL, "--json", "--truncate");
        assertThat(cut.exit()).as(cut.err()).isZero();
        assertThat(cut.results().get(1).get("row").getAsInt()).isEqualTo(1);

        String labels = file("l.txt", "a\n\n" + "b c ".repeat(60) + "\n");
        Cli.Run label = Cli.run("classify", Cli.IMAGE, "--labels-file", labels, "--model", Cli.MODEL);
        assertThat(label.exit()).isEqualTo(1);
        assertThat(label.err()).contains("l.txt:3: labels[1] \"b c");
        assertThat(Cli.run("classify", Cli.IMAGE, "--label", "b c ".repeat(60), "--label", "a", "--truncate", "--model", Cli.MODEL).exit())
                .isZero();
    }

    @Test
    void valuesThatBeginWithAnAtSignAreValues() throws IOException {
        String home = "@" + file("home", "cat\n--top\n1\n");
        Cli.Run run = Cli.run("classify", Cli.IMAGE, "--label", home, "--label", "@b", "--truncate", "--json", "--model", Cli.MODEL);
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out()).contains("\"label\":\"@b\"").contains("\"label\":\"" + home + "\"");
        assertThat(Cli.run("tokenize", "@home", "--json", "--model", Cli.MODEL).out()).contains("\"text\":\"@home\"");
        assertThat(Cli.run("embed", "--text", "-5 degrees", "--json", "--model", Cli.MODEL).out()).contains("\"text\":\"-5 degrees\"");
    }

    @Test
    void standardInputIsReadForADash() throws IOException {
        byte[] texts = "a cat\na dog\n".getBytes(StandardCharsets.UTF_8);
        String expected = Cli.run("embed", "--text", "a cat", "--text", "a dog", "--json", "--model", Cli.MODEL).out();
        assertThat(Cli.run(texts, "embed", "--texts-file", "-", "--json", "--model", Cli.MODEL).out()).isEqualTo(expected);
        assertThat(Cli.run(texts, "classify", Cli.IMAGE, "--labels-file", "-", "--json", "--model", Cli.MODEL).results().getFirst()
                .getAsJsonArray("labels")).hasSize(2);
        assertThat(Cli.run("{\"text\": \"a\"}".getBytes(StandardCharsets.UTF_8), "tokenize", "--jsonl", "-", "--model", Cli.MODEL).out())
                .startsWith("{\"ids\":[635,");
        Path ids = directory.resolve("ids.npy");
        NpyWriter.writeInts(ids, new int[] {635, 5, 636}, Shape.of(1, 3));
        assertThat(Cli.run(Files.readAllBytes(ids), "embed", "--ids", "-", "--json", "--model", Cli.MODEL).out())
                .isEqualTo(Cli.run("embed", "--ids", ids.toString(), "--json", "--model", Cli.MODEL).out()).contains("embedding");
        byte[] image = Files.readAllBytes(Path.of(Cli.IMAGE));
        assertThat(Cli.run(image, "embed", "-", "--json", "--model", Cli.MODEL).results().getFirst().get("embedding"))
                .isEqualTo(Cli.run("embed", Cli.IMAGE, "--json", "--model", Cli.MODEL).results().getFirst().get("embedding")).isNotNull();
        Cli.Run twice = Cli.run(image, "embed", "-", "-", "--json", "--model", Cli.MODEL);
        assertThat(twice.exit()).isEqualTo(1);
        assertThat(twice.err()).contains("-: expected standard input once, got it a second time");
    }

    @Test
    void aBadLineOfJsonGivesAnErrorInItsPlace() throws IOException {
        String file = file("t.jsonl", "{\"text\": \"a\"}\n\n{\"text\": 5}\nnonsense\n{\"text\": \"b\"}\n\n");
        Cli.Run run = Cli.run("tokenize", "--jsonl", file, "--model", Cli.MODEL);
        assertThat(run.exit()).isEqualTo(1);
        List<String> keys = run.out().lines().map(line -> JsonParser.parseString(line).getAsJsonObject().keySet().toString()).toList();
        assertThat(keys).containsExactly("[ids]", "[error]", "[error]", "[error]", "[ids]");
        assertThat(run.err()).contains("clip: t.jsonl:2:").contains("clip: t.jsonl:3.text").contains("clip: t.jsonl:4:")
                .endsWith("clip: 3 of 5 texts failed\n");
    }

    @Test
    void argumentsThatTheSystemCouldNotReadAreRefused() {
        Cli.Run run = Cli.run("classify", Cli.IMAGE, "--label", "caf\uFFFD", "--label", "b", "--model", Cli.MODEL);
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("--label: expected text in this terminal's encoding").contains("LC_ALL=C.UTF-8");
    }

    @Test
    void badRowsOfIdsAndPixelsFailAlone() throws IOException {
        Path ids = directory.resolve("ids.npy");
        NpyWriter.writeInts(ids, new int[] {635, 5, 636, 635, 9999, 636}, Shape.of(2, 3));
        Cli.Run run = Cli.run("embed", "--ids", ids.toString(), "--json", "--model", Cli.MODEL);
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("ids.npy[1]: text 0: expected token ids below").endsWith("clip: 1 of 2 texts failed\n");
        assertThat(run.results().get(0).has("embedding")).isTrue();
        Path pixels = directory.resolve("p.npy");
        float[] values = new float[2 * 3 * 30 * 30];
        values[17] = Float.NaN;
        NpyWriter.writeFloats(pixels, values, Shape.of(2, 3, 30, 30));
        Cli.Run nan = Cli.run("embed", "--pixels", pixels.toString(), "--json", "--model", Cli.MODEL);
        assertThat(nan.err()).contains("p.npy[0]: expected finite numbers").endsWith("clip: 1 of 2 images failed\n");
        assertThat(nan.out()).doesNotContain("NaN");
    }
}
