package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.TokenizerProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A larger tokenizer of NLLB's kind and tens of thousands of texts, when `make_nllb_goldens.py tokenizers` has written them to a folder:
///
/// ```
/// mvn test -pl clip-tokenizer -am -Dtest=LargeNllbTokenizerTest -Dsurefire.failIfNoSpecifiedTests=false -Dclip.nllb=FOLDER
/// ```
class LargeNllbTokenizerTest {
    @ParameterizedTest
    @ValueSource(strings = {"eng_Latn", "zho_Hans"})
    void agreesWithTransformersInEachLanguage(String language) throws IOException {
        String folder = System.getProperty("clip.nllb", "");
        Assumptions.assumeFalse(folder.isEmpty(), "skipped: no -Dclip.nllb, the folder that make_nllb_goldens.py tokenizers writes");
        Path files = Path.of(folder);
        JsonTokenizer pieces = JsonTokenizer.read("nllb", Map.of(
                "tokenizer.json", Files.readAllBytes(files.resolve("tokenizer.json")),
                "tokenizer_config.json", Files.readAllBytes(files.resolve("tokenizer_config.json"))));
        Tokenizer tokenizer =
                Tokenizer.surrounding("nllb", pieces, TokenizerProfile.HF, Optional.empty(), false).withLanguage(language);
        List<String> differences = new ArrayList<>();
        List<String> lines = Files.readAllLines(files.resolve(language + ".jsonl"));
        assertThat(lines).hasSizeGreaterThan(10_000);
        for (String line : lines) {
            JsonArray pair = JsonParser.parseString(line).getAsJsonArray();
            String text = pair.get(0).getAsString();
            int[] expected = pair.get(1).getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
            int[] got = tokenizer.encode(text);
            if (!Arrays.equals(got, expected)) {
                differences.add("'%s': expected %s, got %s".formatted(text, Arrays.toString(expected), Arrays.toString(got)));
            }
        }
        System.out.printf("%s: %,d texts, %d differences%n", language, lines.size(), differences.size());
        assertThat(differences).isEmpty();
    }
}
