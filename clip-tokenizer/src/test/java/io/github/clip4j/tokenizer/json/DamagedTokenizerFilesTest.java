package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.Mutations;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ten thousand damaged versions of each kind of file: each is read, or refused with [VocabularyFormatException].
class DamagedTokenizerFilesTest {
    private static final String TEXT = "a Photo of 2 ĉats, ﬁne\r\n 日本 \u0301";

    @TempDir
    private Path directory = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"gemma", "t5", "unigram_bytes", "bert", "bert_cased", "clip", "bpe_prefix"})
    void tokenizerJson(String name) throws IOException {
        byte[] original = Files.readAllBytes(GoldenTokenizers.FOLDER.resolve(name + ".json"));
        Mutations.survive(original, directory.resolve(name + ".json"), VocabularyFormatException.class, 500,
                file -> use(JsonTokenizer.read(file)));
    }

    @ParameterizedTest
    @EnumSource(SentencePieceFamily.class)
    void sentencePiece(SentencePieceFamily family) throws IOException {
        byte[] original = Files.readAllBytes(GoldenTokenizers.FOLDER.resolve(family + ".model"));
        Mutations.survive(original, directory.resolve(family + ".model"), VocabularyFormatException.class, 500,
                file -> use(JsonTokenizer.readSentencePiece(file, family)));
    }

    /// A file that is read may lack a token for unknown characters: then a text with one is an error of that text.
    private static void use(JsonTokenizer tokenizer) {
        try {
            int[] ids = tokenizer.encode(TEXT).ids();
            assertThat(tokenizer.decode(ids, false).getBytes(StandardCharsets.UTF_8)).isNotNull();
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("the tokenizer has no token for U+");
        }
    }
}
