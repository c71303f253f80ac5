package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// Larger tokenizers and tens of thousands of texts, every code point among them, when `compare_tokenizers.py large` has written them to a
/// folder.
class LargeJsonTokenizerTest {
    @Test
    void agreesWithTheReference() throws IOException {
        String folder = System.getProperty("clip.tokenizers");
        Assumptions.assumeTrue(folder != null, "skipped: no -Dclip.tokenizers, the folder that compare_tokenizers.py large writes");
        Path directory = Path.of(folder);
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
