package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Lines of text files in any encoding.
class TextLinesTest {
    private static final String TEXT = "a red circle\nein blauer Würfel\n\n日本 𝄞\n";

    private static List<TextLines.Line> lines(byte[] bytes, TextLines.Ends ends, @Nullable String encoding) throws IOException {
        List<TextLines.Line> lines = new ArrayList<>();
        new TextLines(new ByteArrayInputStream(bytes), "f.txt", ends, encoding == null ? null : Charset.forName(encoding))
                .forEachRemaining(lines::add);
        return lines;
    }

    private static List<String> texts(byte[] bytes, @Nullable String encoding) throws IOException {
        return lines(bytes, TextLines.Ends.ANY, encoding).stream().map(TextLines.Line::text).toList();
    }

    /// A text with a byte order mark.
    private static byte[] marked(String text, String encoding) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(("\uFEFF" + text).getBytes(Charset.forName(encoding)));
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void aByteOrderMarkNamesTheEncodingAndIsNotText(String encoding) throws IOException {
        List<String> expected = List.of("a red circle", "ein blauer Würfel", "", "日本 𝄞");
        assertThat(texts(marked(TEXT, encoding), null)).isEqualTo(expected);
        assertThat(texts(marked(TEXT, encoding), encoding)).as("also when the encoding is given").isEqualTo(expected);
        assertThat(texts(TEXT.getBytes(Charset.forName(encoding)), encoding)).as("without the mark").isEqualTo(expected);
    }

    @Test
    void otherEncodingsAreNamed() throws IOException {
        assertThat(texts("Größe\n".getBytes(Charset.forName("windows-1252")), "windows-1252")).containsExactly("Größe");
        assertThat(texts("日本".getBytes(Charset.forName("Shift_JIS")), "Shift_JIS")).containsExactly("日本");
        assertThat(texts(marked("a", "UTF-16LE"), "UTF-16")).containsExactly("a");
        assertThatThrownBy(() -> texts(marked("a", "UTF-8"), "windows-1252"))
                .hasMessage("f.txt: begins with the byte order mark of UTF-8, but --encoding says windows-1252; leave --encoding out");
    }

    @Test
    void everyUsualEndEndsALineAndNoOther() throws IOException {
        assertThat(texts("a\r\nb\rc\n\nd\u0085e\u2028f".getBytes(StandardCharsets.UTF_8), null))
                .containsExactly("a", "b", "c", "", "d\u0085e\u2028f");
        assertThat(lines("a\rb\r\nc".getBytes(StandardCharsets.UTF_8), TextLines.Ends.LINE_FEED, null)).extracting(TextLines.Line::text)
                .containsExactly("a\rb\r", "c");
        assertThat(texts(new byte[0], null)).isEmpty();
        assertThat(texts("\n".getBytes(StandardCharsets.UTF_8), null)).containsExactly("");
    }

    @Test
    void bytesThatAreNotTextCostTheirLineAlone() throws IOException {
        byte[] latin = "a\ncaf\u00e9 au lait\nb\n\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        List<TextLines.Line> lines = lines(latin, TextLines.Ends.ANY, null);
        assertThat(lines).extracting(TextLines.Line::text).containsExactly("a", "caf\uFFFD au lait", "b", "\uFFFD");
        assertThat(lines).extracting(TextLines.Line::number).containsExactly(1, 2, 3, 4);
        assertThat(lines.get(1).error()).startsWith("expected UTF-8 text, got bytes that are not").contains("--encoding");
        assertThat(lines.get(2).error()).isNull();
        assertThat(lines.get(3).error()).isNotNull();
    }

    @Test
    void utf16WithoutAMarkIsNotTakenForTextFullOfNuls() throws IOException {
        TextLines.Line line = lines("cat\n".getBytes(StandardCharsets.UTF_16LE), TextLines.Ends.ANY, null).getFirst();
        assertThat(line.error()).contains("NUL").contains("--encoding UTF-16LE");
    }

    /// The buffers hold 8192 bytes; characters of 2 to 4 bytes, bad bytes and ends lie across every edge.
    @Test
    void nothingDependsOnWhereABufferEnds() throws IOException {
        for (int before = 8180; before < 8200; before++) {
            String text = "x".repeat(before) + "é日𝄞\r\ny";
            assertThat(texts(text.getBytes(StandardCharsets.UTF_8), null)).containsExactly("x".repeat(before) + "é日𝄞", "y");
            byte[] latin = ("x".repeat(before) + "\u00ff\ny").getBytes(StandardCharsets.ISO_8859_1);
            List<TextLines.Line> bad = lines(latin, TextLines.Ends.ANY, null);
            assertThat(bad).extracting(TextLines.Line::text).containsExactly("x".repeat(before) + "\uFFFD", "y");
        }
    }

    @Test
    void aLineWithoutEndDoesNotFillTheMemory() throws IOException {
        byte[] bytes = new byte[(1 << 24) + 100];
        Arrays.fill(bytes, (byte) 'x');
        bytes[bytes.length - 10] = '\n';
        List<TextLines.Line> lines = lines(bytes, TextLines.Ends.ANY, null);
        assertThat(lines.get(0).error()).contains("at most 16,777,216 characters");
        assertThat(lines.get(1)).isEqualTo(new TextLines.Line(2, "xxxxxxxxx", null));
    }
}
