package io.github.clip4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What sentence-transformers does to a text before its tokenizer, and clip4j does not.
class SentenceTransformersTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden/bert/multilingual_v1");

    private static Checkpoint with(String name, String content) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String each : new String[] {"modules.json", "config.json", "1_Pooling/config.json", "2_Dense/config.json",
            "2_Dense/model.safetensors", "model.safetensors"}) {
            files.put(each, Files.readAllBytes(MODEL.resolve(each)));
        }
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
        return Checkpoint.ofBytes("m", files);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "sentence_bert_config.json | {\"do_lower_case\": true} | do_lower_case: expected false, as clip4j leaves the case to the tokenizer",
        "config_sentence_transformers.json | {\"prompts\": {\"query\": \"find: \"}, \"default_prompt_name\": \"query\"} | "
                + "default_prompt_name: expected none, as clip4j encodes a text as it is given, got 'query', which puts 'find: ' before it"
    })
    void isRefused(String name, String content, String message) {
        assertThatThrownBy(() -> with(name, content)).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith(name + "." + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "sentence_bert_config.json | {\"do_lower_case\": false}",
        "config_sentence_transformers.json | {\"prompts\": {\"query\": \"find: \"}, \"default_prompt_name\": null}",
        "config_sentence_transformers.json | {\"prompts\": {\"query\": \"\"}, \"default_prompt_name\": \"query\"}"
    })
    void whatChangesNoTextIsRead(String name, String content) throws IOException {
        try (Checkpoint checkpoint = with(name, content)) {
            assertThat(checkpoint.config().text()).isPresent();
        }
    }
}
