package io.github.clip4j.tiny;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Pictures of combinations that clip-tiny was never trained on, and PyTorch's answers: `weights-tools/python/make_tiny_goldens.py`.
record HeldOut(List<Picture> pictures, List<float[]> images, List<float[]> texts) {
    /// @param candidates the right caption, then others
    /// @param pytorch the index of PyTorch's choice
    record Picture(String name, String kind, Image image, List<String> candidates, int pytorch) {
        String caption() {
            return candidates.getFirst();
        }
    }

    static HeldOut read() {
        Path directory = ReferenceData.projectRoot().resolve("clip-tiny/src/test/resources/held-out");
        try (SafetensorsFile goldens = SafetensorsFile.open(directory.resolve("goldens.safetensors"))) {
            List<Picture> pictures = new ArrayList<>();
            for (JsonElement element : JsonParser.parseString(Files.readString(directory.resolve("captions.json"))).getAsJsonArray()) {
                JsonObject entry = element.getAsJsonObject();
                String name = entry.get("file").getAsString();
                List<String> candidates = entry.getAsJsonArray("candidates").asList().stream().map(JsonElement::getAsString).toList();
                pictures.add(new Picture(
                        name, entry.get("kind").getAsString(), ImageFile.read(directory.resolve(name)), candidates,
                        entry.get("pytorch").getAsInt()));
            }
            return new HeldOut(pictures, rows(goldens, "images"), rows(goldens, "texts"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<float[]> rows(SafetensorsFile file, String name) throws IOException {
        float[] values = file.read(name);
        int width = TensorInfo.require(file, name).shape().dim(1);
        List<float[]> rows = new ArrayList<>();
        for (int from = 0; from < values.length; from += width) {
            rows.add(Arrays.copyOfRange(values, from, from + width));
        }
        return rows;
    }
}
