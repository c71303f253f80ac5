package io.github.clip4j.tokenizer.json;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The small tokenizers that `weights-tools/python/compare_tokenizers.py golden` trained, and texts in many scripts.
final class GoldenTokenizers {
    static final Path FOLDER = ReferenceData.projectRoot().resolve("clip-tokenizer/src/test/resources/golden/json");

    private GoldenTokenizers() {}

    static JsonTokenizer read(String name) throws IOException {
        return JsonTokenizer.read(FOLDER.resolve(name + ".json"));
    }

    static List<String> texts() throws IOException {
        JsonObject file = JsonParser.parseString(Files.readString(FOLDER.resolve("texts.json"))).getAsJsonObject();
        return file.getAsJsonArray("texts").asList().stream().map(element -> element.getAsString()).toList();
    }
}
