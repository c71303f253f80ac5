package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The project's own small vocabulary, against `weights-tools/python/bpe_reference.py`.
class ClipTokenizerTest {
    private static final Path TINY = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");

    private static ClipTokenizer tokenizer() throws IOException {
        return new ClipTokenizer(Vocabulary.read(TINY), TokenizerProfile.HF);
    }

    @Test
    void agreesWithTheIndependentImplementation() throws IOException {
        ClipTokenizer tokenizer = tokenizer();
        for (String line : Files.readAllLines(TINY.resolve("tokens.jsonl"))) {
            JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
            int[] expected = entry.getAsJsonArray("ids").asList().stream().mapToInt(id -> id.getAsInt()).toArray();
            assertThat(tokenizer.encode(entry.get("text").getAsString())).as(line).containsExactly(expected);
        }
    }

    @Test
    void doesNotDependOnTheLocale() throws IOException {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertThat(tokenizer().encode("IN A HI-FI")).isEqualTo(tokenizer().encode("in a hi-fi"));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void decodesToTheCleanedText() throws IOException {
        ClipTokenizer tokenizer = tokenizer();
        assertThat(tokenizer.decode(tokenizer.encode("A Photo of  naïve 生活 🙂!"))).isEqualTo("a photo of naïve 生活 🙂!");
        assertThatThrownBy(() -> tokenizer.decode(new int[] {637})).hasMessage("token id: expected 0 to 636, got 637");
    }

    @Test
    void aMegabyteWithoutASpaceTakesSeconds() throws IOException {
        ClipTokenizer tokenizer = tokenizer();
        String word = "photo".repeat(200_000);
        Assertions.assertTimeout(Duration.ofSeconds(20), () -> assertThat(tokenizer.encode(word)).hasSizeGreaterThan(100_000));
    }

    /// Every profile, whatever it does by itself: the first tokens stay, and the end of text is the last one, or the text is refused.
    @ParameterizedTest
    @EnumSource(TokenizerProfile.class)
    void truncationIsChosenWhateverTheProfile(TokenizerProfile profile) throws IOException {
        ClipTokenizer tokenizer = new ClipTokenizer(Vocabulary.read(TINY), profile);
        assertThat(tokenizer.truncates()).isEqualTo(profile == TokenizerProfile.OPEN_CLIP || profile == TokenizerProfile.IMMICH);
        String text = "a photo of a cat and a photo of a dog";
        int[] whole = tokenizer.encode(text);
        int[] expected = Arrays.copyOf(whole, 8);
        expected[7] = tokenizer.vocabulary().endOfText();
        assertThat(tokenizer.withTruncation(true).encode(text, 8)).isEqualTo(expected);
        assertThat(tokenizer.withTruncation(true).encode(text, whole.length)).as("no longer than it may be").isEqualTo(whole);
        assertThatThrownBy(() -> tokenizer.withTruncation(false).encode(text, 8))
                .isInstanceOf(TextTooLongException.class)
                .hasMessage("text \"%s\": expected at most 8 tokens, start and end included, got %d; "
                        + "shorten it, or cut long texts by withTruncation(true)", text, whole.length);
    }

    /// A position that sees all others sees the padding too: it must be the one of training, 0, and not the profile's.
    @ParameterizedTest
    @EnumSource(TokenizerProfile.class)
    void aTextThatFillsTheContextEndsInZeros(TokenizerProfile profile) throws IOException {
        ClipTokenizer tokenizer = new ClipTokenizer(Vocabulary.read(TINY), profile);
        ClipTokenizer filling = tokenizer.filling().withTruncation(!profile.truncates());
        String text = "a photo of a cat";
        int[] whole = tokenizer.encode(text);
        int[] padded = Arrays.copyOf(whole, whole.length + 3);
        assertThat(filling.encode(text, padded.length)).isEqualTo(padded);
        assertThat(filling.encodePadded(text, padded.length)).isEqualTo(padded);
        assertThat(filling.encodeTruncated(text, padded.length)).isEqualTo(padded);
        assertThat(filling.encodeTruncated(text, 3)).isEqualTo(tokenizer.encodeTruncated(text, 3));
        assertThat(filling.encode(text)).as("of any length").isEqualTo(whole);
    }

    @Test
    void aTextThatIsTooLongSaysWhichOneItIs() throws IOException {
        TextTooLongException single = catchThrowableOfType(
                TextTooLongException.class, () -> tokenizer().encode("🙂".repeat(50), 20));
        assertThat(single.index()).isEmpty();
        assertThat(single.contextLength()).isEqualTo(20);
        assertThat(single.tokens()).isGreaterThan(20);
        TextTooLongException listed = single.at("texts", 3);
        assertThat(listed.index()).hasValue(3);
        assertThat(listed).hasMessageStartingWith("texts[3] \"" + "🙂".repeat(40) + "…\": expected at most 20 tokens");
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullIsNamed() throws IOException {
        ClipTokenizer tokenizer = tokenizer();
        assertThatThrownBy(() -> tokenizer.encode(null)).isInstanceOf(NullPointerException.class).hasMessage("text is null");
        assertThatThrownBy(() -> tokenizer.encodePadded(null, 9)).isInstanceOf(NullPointerException.class).hasMessage("text is null");
        assertThatThrownBy(() -> tokenizer.decode(null)).isInstanceOf(NullPointerException.class).hasMessage("ids is null");
    }

    @Test
    void aTokenThatIsNotThereIsEmpty() throws IOException {
        Vocabulary vocabulary = tokenizer().vocabulary();
        assertThat(vocabulary.token(vocabulary.size())).isEmpty();
        assertThat(vocabulary.token(-1)).isEmpty();
        assertThat(vocabulary.id("no such token")).isEmpty();
        assertThat(vocabulary.token(vocabulary.id("<|endoftext|>").orElseThrow())).hasValue("<|endoftext|>");
    }

    @TempDir
    private Path directory = Path.of("");

    @Test
    void bothFileFormsAreTheSameVocabulary() throws IOException {
        JsonObject vocab = JsonParser.parseString(Files.readString(TINY.resolve("vocab.json"))).getAsJsonObject();
        StringBuilder merges = new StringBuilder();
        for (String line : Files.readAllLines(TINY.resolve("merges.txt"))) {
            if (!line.startsWith("#")) {
                merges.append(merges.isEmpty() ? "" : ",").append(new JsonPrimitive(line));
            }
        }
        Files.writeString(directory.resolve("tokenizer.json"), """
                {"version": "1.0", "added_tokens": [{"id": 635, "content": "<|startoftext|>"}, {"id": 636, "content": "<|endoftext|>"}],
                 "model": {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": %s, "merges": [%s]}}""".formatted(vocab, merges));
        ClipTokenizer json = new ClipTokenizer(Vocabulary.read(directory), TokenizerProfile.HF);
        for (String text : new String[] {"a photo of a cat", "generation 1999 <|endoftext|>", "it's"}) {
            assertThat(json.encode(text)).isEqualTo(tokenizer().encode(text));
        }
    }

    @Test
    void malformedFilesAreNamed() throws IOException {
        assertThatThrownBy(() -> Vocabulary.read(directory))
                .isInstanceOf(VocabularyFormatException.class)
                .hasMessageEndingWith("expected tokenizer.json, vocab.json and merges.txt, or bpe_simple_vocab_16e6.txt.gz, got none");
        Files.writeString(directory.resolve("vocab.json"), "{\"a\": 1, \"a\": 2}");
        assertThatThrownBy(() -> Vocabulary.read(directory)).hasMessage("vocab.json: the token 'a' appears twice");
        Files.writeString(directory.resolve("vocab.json"), "{\"a\": 1, \"b\": 1}");
        Files.writeString(directory.resolve("merges.txt"), "#version: 0.2\n");
        assertThatThrownBy(() -> Vocabulary.read(directory)).hasMessageContaining("have the same id 1");
        Files.writeString(directory.resolve("vocab.json"), "{\"a\": 1}");
        assertThatThrownBy(() -> Vocabulary.read(directory))
                .hasMessage("vocab.json: expected the token '<|startoftext|>', got none; is this a CLIP tokenizer?");
        Files.writeString(directory.resolve("merges.txt"), "#version: 0.2\na b c\n");
        assertThatThrownBy(() -> Vocabulary.read(directory))
                .hasMessage("merges.txt:2: expected two tokens and a space between them, got 'a b c'");
        Files.writeString(directory.resolve("vocab.json"), "{\"a\": ");
        assertThatThrownBy(() -> Vocabulary.read(directory))
                .isInstanceOf(VocabularyFormatException.class).hasMessageStartingWith("vocab.json: malformed JSON");
        Files.writeString(directory.resolve("tokenizer.json"), "{\"model\": {\"merges\": [\"a b\", \"a b c\"]}}");
        assertThatThrownBy(() -> Vocabulary.read(directory))
                .hasMessage("tokenizer.json: model.merges, index 1: expected two tokens and a space between them, got 'a b c'");
    }

    /// Python splits at the separators 1C to 1F, which the Rust tokenizers take for characters; no HTML, no curly quotes are changed.
    @Test
    void immichSplitsAsPythonDoesAndGoesOnAsHuggingFace() throws IOException {
        ClipTokenizer hf = new ClipTokenizer(Vocabulary.read(TINY), TokenizerProfile.HF);
        ClipTokenizer immich = new ClipTokenizer(hf.vocabulary(), TokenizerProfile.IMMICH);
        assertThat(immich.encode(" \u001c a\u001fb \u0085 &amp; \u2019 \n")).isEqualTo(hf.encode("a b &amp; \u2019"));
        assertThat(hf.encode("a\u001fb")).isNotEqualTo(hf.encode("a b"));
        int[] padded = immich.encodePadded("a", 6);
        assertThat(padded).isEqualTo(hf.encodePadded("a", 6));
    }
}
