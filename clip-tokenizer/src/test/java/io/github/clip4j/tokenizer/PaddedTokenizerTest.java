package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.json.JsonTokenizer;
import io.github.clip4j.tokenizer.json.SentencePieceFamily;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaddedTokenizerTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden");
    private static final Path PIECES = GOLDEN.resolve("siglip_tokens");

    private static Map<String, byte[]> files(Path folder, String... names) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String name : names) {
            files.put(name, Files.readAllBytes(folder.resolve(name)));
        }
        return files;
    }

    private static Tokenizer siglip(TokenizerProfile profile) throws IOException {
        return padded(files(PIECES, "spiece.model", "tokenizer_config.json"), profile, Optional.empty());
    }

    private static Tokenizer padded(Map<String, byte[]> files, TokenizerProfile profile, Optional<String> clean) throws IOException {
        return Tokenizer.padded("m", JsonTokenizer.read("m", files), files, profile, clean);
    }

    private static Tokenizer siglip2(String config) throws IOException {
        Map<String, byte[]> files = files(GOLDEN.resolve("siglip"), "tokenizer.json");
        files.put("tokenizer_config.json", config.getBytes(StandardCharsets.UTF_8));
        return padded(files, TokenizerProfile.HF, Optional.empty());
    }

    private static List<JsonObject> texts() throws IOException {
        return Files.readAllLines(PIECES.resolve("tokens.jsonl")).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    private static int[] ids(JsonObject line, String key) {
        return line.getAsJsonArray(key).asList().stream().mapToInt(id -> id.getAsInt()).toArray();
    }

    @Test
    void siglipsTextsAreThoseOfTransformers() throws IOException {
        Tokenizer tokenizer = siglip(TokenizerProfile.HF);
        for (JsonObject line : texts()) {
            String text = line.get("text").getAsString();
            assertThat(tokenizer.encode(text, 64)).as("'%s'", text).isEqualTo(ids(line, "hf"));
        }
    }

    /// open_clip cleans and gives the text to T5's tokenizer, whose ids are compared elsewhere.
    @Test
    void textsAreCleanedAsOpenClipDoes() throws IOException {
        JsonTokenizer t5 = JsonTokenizer.readSentencePiece(PIECES.resolve("spiece.model"), SentencePieceFamily.T5);
        Tokenizer tokenizer = siglip(TokenizerProfile.OPEN_CLIP);
        for (JsonObject line : texts()) {
            String text = line.get("text").getAsString();
            String cleaned = line.get("open_clip_text").getAsString();
            assertThat(TextCleaning.canonicalize(text)).as("'%s'", text).isEqualTo(cleaned);
            int[] expected = t5.encode(cleaned).ids();
            if (expected.length <= 64) {
                assertThat(tokenizer.encode(text)).as("'%s'", text).isEqualTo(expected);
            }
        }
    }

    @Test
    void aTextThatIsTooLongKeepsItsEnd() throws IOException {
        Tokenizer tokenizer = siglip(TokenizerProfile.HF);
        String text = "a photo of ".repeat(40);
        int[] all = tokenizer.encode(text);
        int[] cut = tokenizer.encode(text, 64);
        assertThat(cut).hasSize(64).startsWith(Arrays.copyOf(all, 63)).endsWith(tokenizer.endOfText());
        assertThat(tokenizer.encodeTruncated(text, 64)).isEqualTo(cut);
        assertThatThrownBy(() -> tokenizer.withTruncation(false).encode(text, 64))
                .isInstanceOf(TextTooLongException.class)
                .hasMessageContaining("expected at most 64 tokens, start and end included, got " + all.length);
        assertThatThrownBy(() -> tokenizer.encodeTruncated(text, 0)).hasMessage("context: expected at least 1 positions, got 0");
    }

    /// In SigLIP 2's file `<pad>` is 0, `<eos>` 1 and `<bos>` 2.
    @Test
    void theConfigSaysWhatIsAroundAText() throws IOException {
        int[] plain = siglip2("{\"tokenizer_class\": \"Siglip2Tokenizer\", \"padding_side\": \"right\"}").encode("a cat");
        assertThat(plain).endsWith(1).doesNotContain(0, 2);
        assertThat(siglip2("{\"add_bos_token\": true, \"add_eos_token\": true}").encode("a cat")).startsWith(2).endsWith(plain);
        assertThat(siglip2("{\"add_bos_token\": false, \"add_eos_token\": true}").encode("a cat")).isEqualTo(plain);
        assertThat(siglip2("{}").encode("A CAT")).as("the file's own normaliser").isEqualTo(plain);
        assertThat(siglip2("{\"pad_token\": {\"content\": \"<bos>\"}}").encode("a cat", 20)).startsWith(plain).endsWith(2, 2);
        int[] left = siglip2("{\"tokenizer_class\": \"GemmaTokenizer\"}").encode("a cat", 20);
        assertThat(left).as("Gemma's classes pad on the left unless the file says otherwise").startsWith(0, 0).endsWith(plain);
        int[] right = siglip2("{\"tokenizer_class\": \"GemmaTokenizer\", \"padding_side\": \"right\"}").encode("a cat", 20);
        assertThat(right).startsWith(plain).endsWith(0, 0);
        String ends = "{\"truncation_side\": \"left\", \"padding_side\": \"right\"}";
        int[] cut = siglip2(ends).encode("a cat", plain.length - 1);
        assertThat(cut).isEqualTo(Arrays.copyOfRange(plain, 1, plain.length));
    }

    @Test
    void idsBecomeTextAgain() throws IOException {
        Tokenizer tokenizer = siglip2("{}");
        assertThat(tokenizer.decode(tokenizer.encode("a photo of a cat", 64))).isEqualTo("a photo of a cat");
        assertThat(tokenizer.token(1)).contains("<eos>");
        assertThat(tokenizer.token(tokenizer.size())).isEmpty();
        assertThatThrownBy(() -> tokenizer.decode(new int[] {100_000})).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("token id: expected one of the vocabulary's %d, got 100000", tokenizer.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"padding_side\": \"middle\"}", "[]", "{"})
    void badConfigsAreRefusedWithTheirName(String config) {
        assertThatThrownBy(() -> siglip2(config)).isInstanceOf(VocabularyFormatException.class)
                .hasMessageStartingWith("m/tokenizer_config.json");
    }

    @Test
    void missingFilesAndUnknownCleaningAreRefused() {
        assertThatThrownBy(() -> padded(Map.of(), TokenizerProfile.HF, Optional.empty()))
                .hasMessage("m: expected tokenizer.json, spiece.model, tokenizer.model, sentencepiece.bpe.model or vocab.txt, got none");
        assertThatThrownBy(() -> padded(files(PIECES, "spiece.model"), TokenizerProfile.OPEN_CLIP, Optional.of("none")))
                .hasMessage("m: tokenizer_kwargs.clean: expected canonicalize, lower or whitespace, got 'none'");
    }

    /// `SiglipTokenizer` finds added tokens by rules of its own.
    @Test
    void tokensBesideThePiecesAreRefused() throws IOException {
        Map<String, byte[]> files = files(PIECES, "spiece.model", "tokenizer_config.json");
        files.put("special_tokens_map.json", "{\"additional_special_tokens\": [\"<toy>\"]}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> padded(files, TokenizerProfile.HF, Optional.empty())).isInstanceOf(VocabularyFormatException.class)
                .hasMessageStartingWith("m/tokenizer_config.json: added token '<toy>': expected one of the pieces of spiece.model, got");
    }
}
