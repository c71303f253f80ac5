package io.github.clip4j.core.format.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.sun.management.ThreadMXBean;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.MutationRun;
import io.github.clip4j.testkit.Mutations;
import java.io.IOException;
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonTest {
    private static final String DOCUMENT = "{\"a\": {\"n\": [1, -2.5e+3, 0], \"s\": \"x\\n\\u00e9\\\"é😀\", \"t\": true, \"f\": false, "
            + "\"null\": null}, \"rows\": [[1], [2, 3], []], \"names\": [\"p\", \"\"], \"\\u0062\": 7, \"é\": {}, \"e\": []}";

    @TempDir
    private Path directory;

    private static JsonFields parse(String json) throws WeightFormatException {
        return StrictJson.parseObject(json.getBytes(StandardCharsets.UTF_8), "a.json");
    }

    @Test
    void readsEveryKindOfValue() throws IOException {
        JsonFields root = parse("\uFEFF \n" + DOCUMENT + "\r\n\t");
        JsonFields a = root.object("a").orElseThrow();
        assertThat(root.names()).containsExactly("a", "rows", "names", "b", "é", "e");
        assertThat(a.where()).isEqualTo("a.json.a");
        assertThat(a.numbers("n")).contains(List.of(1.0, -2500.0, 0.0));
        assertThat(a.string("s")).contains("x\né\"é😀");
        assertThat(a.bool("t")).contains(true);
        assertThat(a.bool("f")).contains(false);
        assertThat(a.has("null")).isFalse();
        assertThat(a.string("null")).isEmpty();
        assertThat(a.names()).contains("null").doesNotContain("no");
        assertThat(root.rows("rows")).contains(List.of(List.of(1.0), List.of(2.0, 3.0), List.of()));
        assertThat(root.strings("names")).contains(List.of("p", ""));
        assertThat(root.integer("b")).hasValue(7);
        assertThat(root.object("é").orElseThrow().names()).isEmpty();
        assertThat(root.integers("e")).contains(List.of());
        assertThat(root.isArray("rows") && !root.isObject("rows") && root.isObject("a")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"a\": 01} | line 1, column 8: expected ',' or '}', got '1}'",
                "{\"a\": 1,} | line 1, column 9: expected a name in quotes, got '}'",
                "{\"a\" 1} | line 1, column 6: expected ':', got '1}'",
                "{\"a\": [1,]} | line 1, column 10: expected a value, got ']}'",
                "{\"a\": NaN} | line 1, column 7: expected a value, got 'NaN}'",
                "{\"a\": tru} | line 1, column 10: expected true, got '}'",
                "{\"a\": 1.} | line 1, column 9: expected a digit, got '}'",
                "{\"a\": 1e} | line 1, column 9: expected a digit, got '}'",
                "{\"a\": -} | line 1, column 8: expected a digit, got '}'",
                "{\"a\": \"\\x\"} | line 1, column 9: expected one of the escape sequences of JSON, got 'x\"}'",
                "{\"a\": \"\\u00g0\"} | line 1, column 12: expected four hexadecimal digits, got 'g0\"}'",
                "{\"a\": \"x | line 1, column 9: expected '\"', got the end",
                "{\"a\": {} | line 1, column 9: expected ',' or '}', got the end",
                "{} {} | line 1, column 4: expected the end of the document, got '{}'",
                "{'a': 1} | line 1, column 2: expected a name in quotes, got ''a': 1}'",
                "/**/{} | line 1, column 1: expected a value, got '/**/{}'",
            })
    void namesThePlaceOfAMistake(String json, String message) {
        assertThatThrownBy(() -> parse(json)).isInstanceOf(WeightFormatException.class).hasMessage("a.json: malformed JSON, " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1,\"b\":2,\"a\":3}", "{\"x\":[{\"a\":1,\n\"\\u0061\":2}]}", "{\"é\":1,\"\\u00e9\":2}"})
    void refusesANameThatAppearsTwice(String json) {
        assertThatThrownBy(() -> parse(json))
                .hasMessageMatching("a.json: the name '[aé]' appears twice in an object, line [12], column \\d+");
    }

    @Test
    void refusesControlCharactersAndBytesThatAreNotText() {
        assertThatThrownBy(() -> parse("{\"a\": \"\n\"}")).hasMessageContaining("expected an escape sequence for a control character");
        assertThatThrownBy(() -> StrictJson.parseObject(new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'}, "a.json"))
                .hasMessage("a.json: expected UTF-8 text, got bytes that are not");
    }

    @Test
    void boundsLevelsNumbersAndQuotes() throws IOException {
        assertThat(parse("{\"a\":" + "[".repeat(254) + "]".repeat(254) + "}").isArray("a")).isTrue();
        assertThatThrownBy(() -> parse("{\"a\":" + "[".repeat(5_000_000)))
                .hasMessageContaining("expected at most 255 levels of arrays and objects");
        assertThatThrownBy(() -> parse("{\"a\":".repeat(1_000_000))).hasMessageContaining("expected at most 255 levels");
        assertThatThrownBy(() -> parse("{\"a\":" + "9".repeat(1_000_000) + "}"))
                .hasMessageContaining("expected numbers of at most 64 characters");
        String name = "n".repeat(1_000_000);
        JsonFields nested = parse("{\"" + name + "\":{\"" + name + "\":{\"a\":\"" + name + "\"}}}").object(name).orElseThrow()
                .object(name).orElseThrow();
        assertThatThrownBy(() -> nested.integer("a")).message().hasSizeLessThan(500).contains("got a string \"nnn");
        assertThatThrownBy(() -> parse("{\"" + name + "\":1,\"" + name + "\":1}")).message().hasSizeLessThan(500);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | got an empty file; download it again",
                "'  ' | got an empty file; download it again",
                "version https://git-lfs.github.com/spec/v1 | got a pointer of git-lfs; fetch the file itself with 'git lfs pull'",
                "<!DOCTYPE html> | got a web page (HTML or XML); download the file itself",
            })
    void saysWhatKindOfFileLiesThere(String content, String message) throws IOException {
        Path file = Files.writeString(directory.resolve("config.json"), content);
        assertThatThrownBy(() -> StrictJson.readObject(file)).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("config.json: expected a JSON object, ").hasMessageContaining(message);
    }

    /// Some 20 MB of each shape that costs a DOM most.
    @Test
    void takesMemoryInProportionToTheFile() throws IOException {
        String names = IntStream.range(0, 1_500_000).mapToObj(i -> "\"k" + Integer.toString(i, 36) + "\":1")
                .collect(Collectors.joining(","));
        for (String json : List.of(
                "{\"a\":[" + "0,".repeat(10_000_000) + "0]}",
                "{\"a\":[" + "[],".repeat(6_000_000) + "0]}",
                "{\"a\":[" + "{\"b\":0},".repeat(2_000_000) + "0]}",
                "{" + names + "}",
                "{\"a\":{" + names + "}}",
                "{\"a\":\"" + "x".repeat(20_000_000) + "\"}",
                "{\"a\":\"" + "\\n".repeat(10_000_000) + "\"}")) {
            byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
            long most = MutationRun.bound(utf8.length);
            assertThat(allocatedBy(() -> read(utf8))).as(json.substring(0, 20)).isLessThan(most);
        }
        assertThatThrownBy(() -> parse("{\"a\":[" + "0,".repeat(10_000_000) + "0]}").integers("a"))
                .hasMessage("a.json.a: expected at most 500,000 elements, got more");
    }

    private static void read(byte[] utf8) throws IOException {
        JsonFields root = StrictJson.parseObject(utf8, "a.json");
        root.integer("kb7");
        if (root.isObject("a")) {
            root.object("a").orElseThrow().integer("kzz");
        } else if (!root.isArray("a")) {
            root.string("a");
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static long allocatedBy(Work work) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /// 2^16 names of one hash: comparing each with each would take 2^31 comparisons.
    @Test
    void namesOfOneHashAreNoTrap() throws IOException {
        String names = IntStream.range(0, 1 << 16).mapToObj(StrictJsonTest::ofOneHash).map(name -> "\"" + name + "\":1")
                .collect(Collectors.joining(","));
        JsonFields root = parse("{" + names + "}");
        Set<String> read = new HashSet<>();
        for (String name : root.names()) {
            assertThat(root.integer(name)).hasValue(1);
            read.add(name);
        }
        assertThat(read).hasSize(1 << 16);
    }

    /// Sorting names of one hash makes nothing of them. Strings of 1,000 characters for each of some 40,000 comparisons would take 80 MB.
    @ParameterizedTest
    @ValueSource(strings = {"x", "\\u0061", "\u00e9", "\u732b"})
    void namesOfOneHashAndOneLongBeginningTakeNoMemory(String letter) throws IOException {
        String begin = letter.repeat(1_000);
        byte[] utf8 = IntStream.range(0, 1 << 12).mapToObj(i -> "\"" + begin + ofOneHash(i) + "\":1")
                .collect(Collectors.joining(",", "{", "}")).getBytes(StandardCharsets.UTF_8);
        assertThat(allocatedBy(() -> StrictJson.parseObject(utf8, "a.json"))).isLessThan(1_000_000);
    }

    /// Names that are written with escapes and without are one name, and are sorted alike.
    @Test
    void namesAreComparedByWhatTheyMean() throws IOException {
        List<String> letters = List.of("a", "\\u0061", "b", "\u00e9", "\\u00e9", "\\u00E9", "\u732b", "\\u732b", "\ud83d\ude00",
                "\\ud83d\\ude00", "\\n", "\\u000a", "\\/", "/", "\\u002f", "\ufb01", "\\ufb01", "\ud83d\ude01");
        for (String a : letters) {
            for (String b : letters) {
                String json = "[\"" + a + "x\",\"" + b + "\"]";
                String first = parse("{\"k\":" + json + "}").strings("k").orElseThrow().getFirst();
                String second = parse("{\"k\":" + json + "}").strings("k").orElseThrow().getLast();
                JsonText text = new JsonText(json.getBytes(StandardCharsets.UTF_8));
                int at = text.next(1);
                assertThat(text.sorted(new int[] {1, at}, 0, 2)[0] >> 32).as(json)
                        .isEqualTo(Math.min(first.hashCode(), second.hashCode()));
                assertThat(Integer.signum(text.compare(1, at))).as(json).isEqualTo(Integer.signum(first.compareTo(second)));
            }
        }
    }

    /// "Aa" and "BB" have one hash.
    private static String ofOneHash(int bits) {
        return IntStream.range(0, 16).mapToObj(i -> (bits >> i & 1) == 0 ? "Aa" : "BB").collect(Collectors.joining());
    }

    @Test
    void acceptsWhatGsonAcceptsStrictly() throws InterruptedException {
        byte[] original = DOCUMENT.getBytes(StandardCharsets.UTF_8);
        MutationRun.ofBytes("json", WeightFormatException.class, bytes -> MutationRun.bound(bytes.length)).survive(20_000, 0.5,
                random -> new Mutations(original, random.nextLong()).next(), StrictJsonTest::compareWithGson);
    }

    private static void compareWithGson(byte[] utf8) throws IOException {
        boolean expected = gsonAccepts(utf8);
        boolean accepted = true;
        try {
            readAll(StrictJson.parseObject(utf8, "a.json"));
        } catch (WeightFormatException e) {
            accepted = false;
            assertThat(expected).as(e.getMessage()).isFalse();
            throw e;
        } finally {
            assertThat(accepted).as(new String(utf8, StandardCharsets.UTF_8)).isEqualTo(expected);
        }
    }

    private static void readAll(JsonFields fields) throws WeightFormatException {
        for (String name : fields.names()) {
            assertThat(fields.names()).contains(name);
            if (fields.isObject(name)) {
                readAll(fields.object(name).orElseThrow());
            }
        }
    }

    private static boolean gsonAccepts(byte[] utf8) {
        String text = new String(utf8, StandardCharsets.UTF_8);
        if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), utf8)) {
            return false;
        }
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                return false;
            }
            skip(reader);
            return reader.peek() == JsonToken.END_DOCUMENT;
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            return false;
        }
    }

    private static void skip(JsonReader reader) throws IOException {
        switch (reader.peek()) {
            case BEGIN_OBJECT -> {
                Set<String> names = new HashSet<>();
                reader.beginObject();
                while (reader.hasNext()) {
                    if (!names.add(reader.nextName())) {
                        throw new IOException("twice");
                    }
                    skip(reader);
                }
                reader.endObject();
            }
            case BEGIN_ARRAY -> {
                reader.beginArray();
                while (reader.hasNext()) {
                    skip(reader);
                }
                reader.endArray();
            }
            case STRING -> {
                var _ = reader.nextString(); // skipValue would not look at its characters
            }
            default -> reader.skipValue();
        }
    }

    @Test
    void survivesRandomShapes() throws InterruptedException {
        MutationRun.ofBytes("json shapes", WeightFormatException.class, bytes -> MutationRun.bound(bytes.length)).survive(5_000, 0.02,
                random -> value(random, 0).getBytes(StandardCharsets.UTF_8), StrictJsonTest::compareWithGson);
    }

    private static String value(SplittableRandom random, int depth) {
        int members = random.nextInt(6);
        return switch (depth == 0 ? 0 : random.nextInt(depth > 5 ? 6 : 8)) {
            case 1 -> "\"\\u" + "%04x".formatted(random.nextInt(0x10000)) + "x\"";
            case 2 -> String.valueOf(random.nextInt());
            case 3 -> "-0.5E" + random.nextInt(40);
            case 4 -> random.nextBoolean() ? "true" : "null";
            case 5 -> "\"\"";
            case 6 -> IntStream.range(0, members).mapToObj(i -> value(random, depth + 1)).collect(Collectors.joining(" ,", "[ ", "]"));
            default -> IntStream.range(0, members).mapToObj(i -> "\"" + "k".repeat(random.nextInt(2)) + i + "\" : "
                    + value(random, depth + 1)).collect(Collectors.joining(", ", "{", " }"));
        };
    }

    @Test
    void anArrayOfObjectsIsReadAndBounded() throws IOException {
        Path file = directory.resolve("list.json");
        Files.writeString(file, "[{\"a\": \"x\"}, {}]");
        List<JsonFields> objects = StrictJson.readObjects(file);
        assertThat(objects).hasSize(2);
        assertThat(objects.getFirst().string("a")).contains("x");
        assertThat(objects.getLast().where()).isEqualTo("list.json[1]");
        for (String[] wrong : new String[][] {
            {"{}", "list.json: expected a JSON array, got an object"}, {"[{}, 7]", "list.json[1]: expected an object, got a number"},
            {"[" + "{}, ".repeat(1000) + "{}]", "list.json: expected at most 1,000 objects, got more"}, {"[{}] 1", "list.json"},
            {"", "list.json: expected a JSON"}
        }) {
            Files.writeString(file, wrong[0]);
            assertThatThrownBy(() -> StrictJson.readObjects(file)).isInstanceOf(WeightFormatException.class).hasMessageContaining(wrong[1]);
        }
    }
}
