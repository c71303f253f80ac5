package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Truncation, padding, and texts and files that are out of the ordinary.
class JsonTokenizerTest {
    @TempDir
    private Path directory = Path.of("");

    /// A tokenizer of single letters: `[UNK]` 0, `a` 1, `b` 2 …, with other fields put in.
    private JsonTokenizer letters(String fields) throws IOException {
        return read("""
                {"version": "1.0", %s "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "",
                 "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "b": 2, "c": 3, "d": 4}}}""".formatted(fields));
    }

    private JsonTokenizer read(String json) throws IOException {
        return JsonTokenizer.read(Files.writeString(directory.resolve("tokenizer.json"), json));
    }

    @Test
    void cutsAndPadsOnTheSideThatItIsTold() throws IOException {
        JsonTokenizer tokenizer = letters("""
                "post_processor": {"type": "BertProcessing", "sep": ["]", 9], "cls": ["[", 8]},""");
        assertThat(tokenizer.encode("abcd").ids()).containsExactly(8, 1, 2, 3, 4, 9);
        assertThat(tokenizer.withTruncation(4, Side.RIGHT).encode("abcd").ids()).containsExactly(8, 1, 2, 9);
        assertThat(tokenizer.withTruncation(4, Side.LEFT).encode("abcd").ids()).containsExactly(8, 3, 4, 9);
        Encoding right = tokenizer.withPadding(6, 7, Side.RIGHT).encode("ab");
        assertThat(right.ids()).containsExactly(8, 1, 2, 9, 7, 7);
        assertThat(right.attentionMask()).containsExactly(1, 1, 1, 1, 0, 0);
        Encoding left = tokenizer.withPadding(6, 7, Side.LEFT).encode("ab");
        assertThat(left.ids()).containsExactly(7, 7, 8, 1, 2, 9);
        assertThat(left.attentionMask()).containsExactly(0, 0, 1, 1, 1, 1);
        assertThat(tokenizer.withTruncation(4, Side.RIGHT).encodeWithoutSpecialTokens("abcdabcd")).containsExactly(1, 2, 3, 4);
        assertThatThrownBy(() -> tokenizer.withTruncation(1, Side.RIGHT))
                .hasMessage("expected a length of at least the 2 special tokens, got 1");
    }

    @Test
    void padsSeveralTextsToTheLongest() throws IOException {
        JsonTokenizer tokenizer = letters("""
                "padding": {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": 4, "pad_id": 7, "pad_type_id": 0,
                 "pad_token": "x"},
                """);
        List<Encoding> rows = tokenizer.encode(List.of("a", "abcda"));
        assertThat(rows.get(0).ids()).containsExactly(1, 7, 7, 7, 7, 7, 7, 7);
        assertThat(rows.get(1).ids()).containsExactly(1, 2, 3, 4, 1, 7, 7, 7);
        assertThat(tokenizer.withoutPadding().encode("abcda").length()).isEqualTo(5);
    }

    @Test
    void readsHalfACharacterAsReplacementCharacter() throws IOException {
        JsonTokenizer tokenizer = GoldenTokenizers.read("roberta");
        assertThat(tokenizer.encode("a\uD83Db").ids()).isEqualTo(tokenizer.encode("a\uFFFDb").ids());
    }

    @Test
    void takesTheCheaperOfTwoPathsAndTheLongerTokenOfATie() throws IOException {
        JsonTokenizer tokenizer = read("""
                {"model": {"type": "Unigram", "unk_id": 0, "vocab":
                 [["?", 0], ["a", -1], ["b", -1], ["ab", -2], ["c", -1], ["abc", -3.5], ["bc", -1.5]]}}""");
        assertThat(tokenizer.encode("ab").ids()).containsExactly(3); // a·b and ab both −2
        assertThat(tokenizer.encode("abc").ids()).containsExactly(1, 6); // −2.5 before −3 and −3.5
        assertThat(tokenizer.encode("axyb").ids()).containsExactly(1, 0, 2); // unknown characters fuse
    }

    @Test
    void mergesTheLeftmostPairOfTheBestRank() throws IOException {
        JsonTokenizer tokenizer = read("""
                {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "aa": 2, "ab": 3}, "merges": ["a a", ["a", "b"]]}}""");
        assertThat(tokenizer.encode("aaab").ids()).containsExactly(2, 3);
        assertThat(tokenizer.encode("axb").ids()).containsExactly(3); // no unknown token: unknown characters are left out
    }

    @Test
    void findsAddedTokensByTheirRules() throws IOException {
        JsonTokenizer tokenizer = letters("""
                "normalizer": {"type": "Lowercase"}, "added_tokens": [
                 {"id": 5, "content": "ab", "single_word": true, "lstrip": false, "rstrip": false, "normalized": true, "special": false},
                 {"id": 6, "content": "<X>", "single_word": false, "lstrip": true, "rstrip": true, "normalized": false, "special": true}],
                """);
        assertThat(tokenizer.encode("AB").ids()).containsExactly(5);
        assertThat(tokenizer.encode("abc").ids()).containsExactly(1, 2, 3);
        assertThat(tokenizer.encode("a \n <X> \u3000b").ids()).containsExactly(1, 6, 2);
        assertThat(tokenizer.encode("<x>").ids()).containsExactly(0);
        assertThat(tokenizer.decode(new int[] {1, 6, 5}, true)).isEqualTo("a ab");
    }

    @Test
    void longTextsTakeNoDeepStack() throws IOException {
        String million = "ab".repeat(500_000);
        for (String name : List.of("gemma", "t5", "unigram_bytes", "bert", "roberta", "clip", "bpe_prefix")) {
            JsonTokenizer tokenizer = GoldenTokenizers.read(name).withoutTruncation();
            assertThat(tokenizer.encode(million).length()).as(name).isPositive();
            assertThat(tokenizer.encode(" ".repeat(1_000_000)).length()).as(name).isNotNegative();
        }
    }

    @Test
    void refusesWhatItDoesNotKnowByName() {
        refuses("\"normalizer\": {\"type\": \"Fancy\"},", "tokenizer.json: $.normalizer.type: the normalizer 'Fancy' is not supported");
        refuses("\"pre_tokenizer\": {\"type\": \"UnicodeScripts\"},",
                "tokenizer.json: $.pre_tokenizer.type: the pre-tokenizer 'UnicodeScripts' is not supported");
        refuses("\"post_processor\": {\"type\": \"Sequence\", \"processors\": [{\"type\": \"P\"}]},",
                "tokenizer.json: $.post_processor.processors[0].type: the post-processor 'P' is not supported");
        refuses("\"decoder\": {\"type\": \"CTC\"},", "tokenizer.json: $.decoder.type: the decoder 'CTC' is not supported");
        refuses("\"normalizer\": {\"type\": \"NFC\", \"loud\": true},", "tokenizer.json: $.normalizer: the field 'loud' is not supported");
        refuses("\"colour\": 1,", "tokenizer.json: $: the field 'colour' is not supported");
        refuses("\"version\": \"1.0\",", "tokenizer.json: $.version appears twice");
        refuses("\"truncation\": {\"strategy\": \"OnlySecond\"},",
                "tokenizer.json: $.truncation.strategy: expected LongestFirst or OnlyFirst, as there is one text, got 'OnlySecond'");
        refuses("\"added_tokens\": [{\"id\": 9, \"content\": \"x\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                        + "\"normalized\": false, \"special\": false}],",
                "tokenizer.json: added_tokens: 'x': expected the id 5, which comes next after the vocabulary, got 9");
        assertThatThrownBy(() -> read("{\"model\": {\"type\": \"WordLevel\", \"vocab\": {}}}"))
                .hasMessage("tokenizer.json: model.type: the model 'WordLevel' is not supported; BPE, Unigram and WordPiece are");
        assertThatThrownBy(() -> read("{\"model\": {\"type\": \"BPE\", \"dropout\": 0.1, \"vocab\": {}, \"merges\": []}}"))
                .hasMessageContaining("tokenizer.json: model.dropout: expected null");
    }

    private void refuses(String fields, String message) {
        assertThatThrownBy(() -> letters(fields)).isInstanceOf(VocabularyFormatException.class).hasMessageContaining(message);
    }

    @Test
    void refusesRegularExpressionsThatItCannotDo() {
        String split = """
                "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "%s"}, "behavior": "Isolated", "invert": false},""";
        List<String> patterns = List.of(
                "(a|b)", "(?i:a)", "a.", "^a", "a*", "a+?", "a++", "\\\\1", "\\\\b", "\\\\p{Greek}", "[a&&b]", "a{2", "[b-a]", "");
        for (String pattern : patterns) {
            refuses(split.replace("%s", pattern), "tokenizer.json: $.pre_tokenizer.pattern.Regex: the regular expression ");
        }
    }

    /// Going back from 2⁵⁰ ways of the optional spaces, or 30,000²/2 of the others, would not end in this test's life.
    @ParameterizedTest
    @ValueSource(strings = {"\\\\s{0,50}x", "\\\\s*\\\\s*\\\\s*x", "\\\\s+x|\\\\s+y|\\\\s"})
    @Timeout(30)
    void noExpressionTakesMoreThanStepsTimesCharacters(String pattern) throws IOException {
        String replace = """
                "normalizer": {"type": "Replace", "pattern": {"Regex": "%s"}, "content": "a"},""";
        JsonTokenizer tokenizer = letters(replace.replace("%s", pattern));
        assertThat(tokenizer.encode(" ".repeat(300_000) + "z").length()).isEqualTo(1);
    }

    @Test
    void hostileNestingIsRefused() {
        String deep = "{\"type\": \"Sequence\", \"normalizers\": [".repeat(100_000);
        assertThatThrownBy(() -> read("{\"normalizer\": " + deep)).hasMessageContaining("expected at most 16 levels");
        String wide = String.join(",", Collections.nCopies(65, "{\"type\": \"NFC\"}"));
        refuses("\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [" + wide + "]},", "expected at most 64 steps");
    }

    @Test
    void isSafeForManyThreads() throws IOException {
        JsonTokenizer tokenizer = GoldenTokenizers.read("xlm_roberta");
        List<String> texts = GoldenTokenizers.texts();
        List<String> one = texts.stream().map(text -> Arrays.toString(tokenizer.encode(text).ids())).toList();
        List<String> many = texts.parallelStream().map(text -> Arrays.toString(tokenizer.encode(text).ids())).toList();
        assertThat(many).isEqualTo(one);
    }
}
