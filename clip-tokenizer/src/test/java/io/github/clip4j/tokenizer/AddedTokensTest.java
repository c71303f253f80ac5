package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tokens that people add to CLIP's vocabulary. The ids are those of transformers 5.18 (`CLIPTokenizer`).
class AddedTokensTest {
    private static final String TOY = "{\"id\": 49408, \"content\": \"<my-toy>\", \"single_word\": false, \"lstrip\": false, "
            + "\"rstrip\": false, \"normalized\": true, \"special\": false}";

    private static void assertKnowsTheToy(Map<String, byte[]> files) throws IOException {
        ClipTokenizer tokenizer = new ClipTokenizer(Vocabulary.of(files), TokenizerProfile.HF);
        assertThat(tokenizer.vocabulary().size()).isEqualTo(49_409);
        assertThat(tokenizer.encode("a photo of <my-toy>")).containsExactly(49406, 320, 1125, 539, 49408, 49407);
        assertThat(tokenizer.encode("a<my-toy>b")).containsExactly(49406, 320, 49408, 321, 49407);
        assertThat(tokenizer.encode("A <MY-TOY>x <my-toy>  ")).containsExactly(49406, 320, 49408, 343, 49408, 49407);
    }

    @Test
    void ofTokenizerJson() throws IOException {
        String json = Files.readString(ReferenceData.require("tokenizer/tokenizer.json"));
        int at = json.indexOf('[', json.indexOf("\"added_tokens\"")) + 1;
        String added = json.substring(0, at) + TOY + "," + json.substring(at);
        assertKnowsTheToy(Map.of("tokenizer.json", added.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void ofAddedTokensJson() throws IOException {
        Path tokenizer = ReferenceData.require("tokenizer");
        assertKnowsTheToy(Map.of(
                "vocab.json", Files.readAllBytes(tokenizer.resolve("vocab.json")),
                "merges.txt", Files.readAllBytes(tokenizer.resolve("merges.txt")),
                "added_tokens.json", "{\"<my-toy>\": 49408}".getBytes(StandardCharsets.UTF_8)));
    }

    /// What is found, with its neighbours in brackets.
    @ParameterizedTest
    @CsvSource({
        "false, false, false, a x bxc, [a ]7[ b]7[c]", "true, false, false, a x bxc x, [a ]7[ bxc ]7",
        "false, true, false, a  x b, [a]7[ b]",
        "false, false, true, a x  b, [a ]7[b]", "false, true, true, a x x  b, [a]77[b]"
    })
    void takeWhatTheirFlagsSay(boolean singleWord, boolean lstrip, boolean rstrip, String text, String expected) {
        StringBuilder found = new StringBuilder();
        List<Token> added = List.of(new Token("x", 7, singleWord, lstrip, rstrip, false, false));
        new AddedTokenFinder(added, false).split(text, new AddedTokenFinder.Sink() {
            @Override
            public void text(String part) {
                found.append('[').append(part).append(']');
            }

            @Override
            public void token(int id) {
                found.append(id);
            }
        });
        assertThat(found).hasToString(expected);
    }

    @Test
    void theLongestOfThoseThatBeginAtOnePlaceIsFound() {
        List<Integer> ids = new ArrayList<>();
        List<Token> added = List.of(
                new Token("ab", 1, false, false, false, false, false), new Token("abc", 2, false, false, false, false, false));
        new AddedTokenFinder(added, false).split("ababcab", new AddedTokenFinder.Sink() {
            @Override
            public void text(String part) {
                throw new AssertionError(part);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        });
        assertThat(ids).containsExactly(1, 2, 1);
    }

    @ParameterizedTest
    @CsvSource({"'', an empty file", "version https://git-lfs.github.com/spec/v1, a pointer of git-lfs", "<!DOCTYPE html>, a web page"})
    void otherFilesAreNamedForWhatTheyAre(String content, String got) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        for (String name : List.of("tokenizer.json", "vocab.json")) {
            assertThatThrownBy(() -> Vocabulary.of(Map.of(name, bytes))).isInstanceOf(VocabularyFormatException.class)
                    .hasMessageStartingWith(name + ": expected a file of a tokenizer, got " + got);
        }
    }
}
