package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.json.JsonTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the files beside a vocabulary change. The goldens are transformers 5.18's (`make_declared_goldens.py`).
class DeclaredTokensTest {
    private static final Path FOLDER =
            ReferenceData.projectRoot().resolve("clip-tokenizer/src/test/resources/golden/declared");

    /// One repository: its files, and what the reference makes of them.
    record Repository(String kind, int line, Map<String, byte[]> files, JsonObject expected, List<String> texts, int length) {
        @Override
        public String toString() {
            return kind + ".jsonl:" + line + " " + expected.get("form").getAsString() + " " + expected.get("files");
        }

        Tokenizer tokenizer() throws IOException {
            return kind.equals("clip")
                    ? new ClipTokenizer(Vocabulary.of(files), TokenizerProfile.HF)
                    : Tokenizer.surrounding("m", JsonTokenizer.read("m", files), TokenizerProfile.HF, Optional.empty(), true);
        }
    }

    static Stream<Repository> clips() throws IOException {
        return repositories("clip");
    }

    static Stream<Repository> berts() throws IOException {
        return repositories("bert");
    }

    private static Stream<Repository> repositories(String kind) throws IOException {
        List<String> lines = Files.readAllLines(FOLDER.resolve(kind + ".jsonl"));
        JsonObject first = object(lines.getFirst());
        List<String> texts = first.getAsJsonArray("texts").asList().stream().map(JsonElement::getAsString).toList();
        return Stream.iterate(1, line -> line + 1).limit(lines.size() - 1).map(line -> {
            JsonObject expected = object(lines.get(line));
            Map<String, byte[]> files = base(first, expected.get("form").getAsString(), expected.getAsJsonArray("added"));
            expected.getAsJsonObject("files").asMap().forEach((name, content) -> files.put(name, utf8(content.getAsString())));
            return new Repository(kind, line + 1, files, expected, texts, first.get("length").getAsInt());
        });
    }

    private static Map<String, byte[]> base(JsonObject first, String form, JsonArray added) {
        Map<String, byte[]> files = new HashMap<>();
        first.getAsJsonObject("forms").getAsJsonObject(form).asMap().forEach((name, content) -> {
            if (added != null) {
                JsonObject json = object(content.getAsString());
                json.add("added_tokens", added);
                files.put(name, utf8(json.toString()));
            } else {
                files.put(name, utf8(content.getAsString()));
            }
        });
        return files;
    }

    private static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static int[] ids(JsonElement ids) {
        return ids.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    @ParameterizedTest
    @MethodSource({"clips", "berts"})
    void theIdsAreThoseOfTransformers(Repository repository) throws IOException {
        Tokenizer tokenizer = repository.tokenizer();
        for (int i = 0; i < repository.texts.size(); i++) {
            int[] expected = ids(repository.expected.getAsJsonArray("ids").get(i));
            assertThat(tokenizer.encode(repository.texts.get(i))).as("'%s'", repository.texts.get(i)).isEqualTo(expected);
        }
        if (!repository.expected.get("padded").isJsonNull()) {
            int[] padded = tokenizer.encodePadded(repository.texts.getFirst(), repository.length);
            assertThat(padded).isEqualTo(ids(repository.expected.get("padded")));
        }
        assertThat(tokenizer.size()).isEqualTo(repository.expected.get("size").getAsInt());
    }

    private static void assertRefused(String kind, String name, String content, String message) throws IOException {
        Repository repository = repositories(kind).findFirst().orElseThrow();
        repository.files.put(name, utf8(content));
        assertThatThrownBy(repository::tokenizer).isInstanceOf(VocabularyFormatException.class).hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "{\"eos_token\": \"<toy>\"} | tokenizer_config.json: eos_token: expected '<|endoftext|>', with which a CLIP's texts end, got",
        "{\"bos_token\": {\"content\": \"x\"}} | tokenizer_config.json: bos_token: expected '<|startoftext|>'",
        "{\"split_special_tokens\": true} | tokenizer_config.json: split_special_tokens: expected false",
        "{\"padding_side\": \"left\"} | tokenizer_config.json: padding_side: expected \"right\"",
        "{\"truncation_side\": \"left\"} | tokenizer_config.json: truncation_side: expected \"right\"",
        "{\"added_tokens_decoder\": {\"600\": {\"content\": \"<toy>\"}}} | added token '<toy>': expected the id 518, which comes next",
        "{\"added_tokens_decoder\": {\"3\": {\"content\": \"cat</w>\"}}} | added token 'cat</w>': expected the id 513",
        "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<toy>\"}}} | tokenizer_config.json: added_tokens_decoder: x: expected an id",
        "{\"added_tokens_decoder\": []} | tokenizer_config.json: added_tokens_decoder: expected an object of tokens by id, got a list",
        "{\"pad_token\": {}} | tokenizer_config.json: pad_token: expected a token or an object with its content, got an object",
        "{\"pad_token\": {\"content\": \"x\", \"lstrip\": 1}} | tokenizer_config.json: pad_token.lstrip: expected true or false, got 1",
        "{\"extra_special_tokens\": 7} | tokenizer_config.json: extra_special_tokens: expected a list of tokens, got 7",
        "[] | tokenizer_config.json: expected an object", "{\"a\": | tokenizer_config.json: malformed JSON"
    })
    void whatClipsTextsDoNotHaveIsRefused(String config, String message) throws IOException {
        assertRefused("clip", "tokenizer_config.json", config, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"special_tokens_map.json", "added_tokens.json"})
    void theOtherFilesAreNamed(String name) throws IOException {
        assertRefused("clip", name, "[]", name + ": expected an object");
        assertRefused("clip", name, "{} x", name + ": malformed JSON");
        assertRefused("clip", name, "{} {}", name + ": malformed JSON");
        assertRefused("clip", name, "", name + ": expected a file of a tokenizer, got an empty file");
        assertRefused("clip", name, "<!DOCTYPE html><html>", name + ": expected a file of a tokenizer, got a web page");
        assertRefused("clip", name, "version https://git-lfs.github.com/spec/v1\n",
                name + ": expected a file of a tokenizer, got a pointer");
    }

    /// Another class takes the normaliser of `tokenizer.json`, which is CLIP's own or refused.
    @Test
    void anotherClassMustHaveClipsParts() throws IOException {
        Repository repository = clips().filter(each -> each.expected.get("class").getAsString().equals("TokenizersBackend")).findFirst()
                .orElseThrow();
        String json = new String(repository.files.get("tokenizer.json"), StandardCharsets.UTF_8);
        repository.files.put("tokenizer.json", utf8(json.replace("\"Lowercase\"", "\"NFD\"")));
        assertThatThrownBy(repository::tokenizer).isInstanceOf(VocabularyFormatException.class)
                .hasMessageStartingWith("tokenizer.json: normalizer: expected CLIP's own");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "{\"cls_token\": \"[MASK]\"} | m/tokenizer_config.json: cls_token: expected '[CLS]', with which texts begin",
        "{\"sep_token\": \"<toy>\"} | m/tokenizer_config.json: sep_token: expected '[SEP]', with which texts end",
        "{\"unk_token\": \"<toy>\"} | m/tokenizer_config.json: unk_token: expected '[UNK]'",
        "{\"split_special_tokens\": true} | m/tokenizer_config.json: split_special_tokens: expected false",
        "{\"added_tokens_decoder\": {\"99\": {\"content\": \"<toy>\"}}} | m/added token '<toy>': expected the id"
    })
    void whatBertsTextsDoNotHaveIsRefused(String config, String message) throws IOException {
        assertRefused("bert", "tokenizer_config.json", config, message);
    }
}
