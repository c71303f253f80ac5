package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class TextCleaningTest {
    /// The texts and what ftfy makes of them are written by `weights-tools/python/make_cleaning_goldens.py`, which takes the number of
    /// random texts as an argument: a longer file may be named by the system property `clip.cleaningGoldens`.
    @Test
    void cleansAsOpenAiDoes() throws IOException {
        String file = System.getProperty("clip.cleaningGoldens", "src/test/resources/golden/cleaning.jsonl");
        List<String> mismatches = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(file))) {
            JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
            String cleaned = TextCleaning.openAi(entry.get("text").getAsString());
            if (!cleaned.equals(entry.get("openai").getAsString())) {
                mismatches.add(line + "\n  got " + cleaned);
            }
        }
        assertThat(mismatches).isEmpty();
    }

    @Test
    void doesNotDependOnTheLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertThat(TextCleaning.openAi("TITLE I")).isEqualTo("title i");
            assertThat(TextCleaning.hf("TITLE I")).isEqualTo("title i");
        } finally {
            Locale.setDefault(before);
        }
    }

    /// A pattern that repeats a group would need a stack frame a character.
    @Test
    void cleansLongTexts() {
        assertThat(TextCleaning.openAi("Ã©".repeat(200_000))).isEqualTo("é".repeat(200_000));
        assertThat(TextCleaning.openAi("é and " + "â€œ".repeat(100_000) + "日本")).startsWith("é and \"\"");
    }
}
