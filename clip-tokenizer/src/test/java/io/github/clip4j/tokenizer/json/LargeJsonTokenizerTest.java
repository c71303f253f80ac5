package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Larger tokenizers and tens of thousands of texts, every code point among them, when `compare_tokenizers.py large` has written them to a
/// folder.
class LargeJsonTokenizerTest {
    @TempDir
    private Path temporary = Path.of("");

    private static Path folder() {
        String folder = System.getProperty("clip.tokenizers");
        Assumptions.assumeTrue(folder != null, "skipped: no -Dclip.tokenizers, the folder that compare_tokenizers.py large writes");
        return Path.of(String.valueOf(folder));
    }

    @Test
    void agreesWithTheReference() throws IOException {
        Path directory = folder();
        List<String> texts = texts(directory.resolve("texts.jsonl"));
        List<String> withCodePoints = texts(directory.resolve("code_points.jsonl"));
        List<String> differences = new ArrayList<>();
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(file -> file.toString().endsWith(".hashes")).sorted().toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            List<String> hashes = Files.readAllLines(file);
            assertThat(hashes.size()).as("%s", file).isGreaterThan(10_000).isIn(texts.size(), withCodePoints.size());
            compare(file, hashes, hashes.size() == texts.size() ? texts : withCodePoints, differences);
        }
        assertThat(differences).isEmpty();
    }

    private static void compare(Path file, List<String> hashes, List<String> texts, List<String> differences) throws IOException {
        String name = file.getFileName().toString().replace(".hashes", "");
        Path model = file.resolveSibling(name + ".model");
        JsonTokenizer tokenizer = Files.exists(model)
                ? JsonTokenizer.readSentencePiece(model, SentencePieceFamily.valueOf(name))
                : JsonTokenizer.read(file.resolveSibling(name + ".json"));
        for (int i = 0; i < hashes.size(); i++) {
            int[] ids = tokenizer.encode(texts.get(i)).ids();
            String got = "%s %s %s".formatted(
                    hash(bytes(ids)),
                    hash(tokenizer.decode(ids, false).getBytes(StandardCharsets.UTF_8)),
                    hash(bytes(tokenizer.encodeWithoutSpecialTokens(texts.get(i)))));
            if (!got.equals(hashes.get(i))) {
                differences.add("%s, text %d '%s': expected %s, got %s".formatted(name, i, texts.get(i), hashes.get(i), got));
            }
        }
    }

    @Test
    void agreesOnRandomTokenizers() throws IOException {
        Path file = folder().resolve("random.jsonl");
        Path tokenizerJson = temporary.resolve("tokenizer.json");
        List<String> differences = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            JsonObject random = JsonParser.parseString(line).getAsJsonObject();
            String json = random.get("tokenizer").getAsString();
            JsonTokenizer tokenizer = JsonTokenizer.read(Files.writeString(tokenizerJson, json));
            for (JsonElement element : random.getAsJsonArray("cases")) {
                String text = element.getAsJsonArray().get(0).getAsString();
                String expected = element.getAsJsonArray().get(1).toString();
                String got = ids(tokenizer, text);
                if (!got.equals(expected)) {
                    differences.add("'%s': expected %s, got %s of %s".formatted(text, expected, got, json));
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    /// The ids as JSON, null where the text has a character without a token.
    private static String ids(JsonTokenizer tokenizer, String text) {
        try {
            return Arrays.toString(tokenizer.encode(text).ids()).replace(" ", "");
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("the tokenizer has no token for U+");
            return "null";
        }
    }

    private static List<String> texts(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(line -> JsonParser.parseString(line).getAsString()).toList();
    }

    private static byte[] bytes(int[] ids) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(ids);
        return bytes.array();
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
