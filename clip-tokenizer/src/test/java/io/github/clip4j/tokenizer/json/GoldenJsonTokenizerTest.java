package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The ids of Hugging Face `tokenizers`, and the texts that it makes of them again.
class GoldenJsonTokenizerTest {
    @ParameterizedTest
    @ValueSource(strings = {"gemma", "t5", "xlm_roberta", "unigram_bytes", "bert", "bert_cased", "roberta", "clip", "bpe_prefix"})
    void agreesWithTheReference(String name) throws IOException {
        compare(GoldenTokenizers.read(name), name);
    }

    @ParameterizedTest
    @EnumSource(SentencePieceFamily.class)
    void agreesWithTheConvertersOfTransformers(SentencePieceFamily family) throws IOException {
        compare(JsonTokenizer.readSentencePiece(GoldenTokenizers.FOLDER.resolve(family + ".model"), family), family.name());
    }

    private static void compare(JsonTokenizer tokenizer, String name) throws IOException {
        List<String> texts = GoldenTokenizers.texts();
        List<String> expected = Files.readAllLines(GoldenTokenizers.FOLDER.resolve(name + ".ids"));
        assertThat(expected).hasSameSizeAs(texts).hasSizeGreaterThan(250);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            String line = expected.get(i);
            int bar = line.indexOf('|');
            int[] ids = tokenizer.encode(texts.get(i)).ids();
            String got = Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(" "));
            String text = tokenizer.decode(ids, true);
            if (!got.equals(line.substring(0, bar)) || !text.equals(JsonParser.parseString(line.substring(bar + 1)).getAsString())) {
                differences.add("text %d '%s'%n  expected %s%n  got      %s|%s".formatted(i, texts.get(i), line, got, text));
            }
        }
        assertThat(differences).isEmpty();
    }
}
