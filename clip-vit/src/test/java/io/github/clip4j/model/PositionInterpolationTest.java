package io.github.clip4j.model;

import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PositionInterpolationTest {
    private static float[] floats(JsonArray array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).getAsFloat();
        }
        return values;
    }

    /// PyTorch sums 4 × 4 taps, or as many as the filter is wide, in float32; the weights' magnitudes add up to less than 2, the values are
    /// below 4. 16 roundings of 8 are 16 · 8 · 2⁻²⁴ < 8·10⁻⁶; the other rule differs by 10⁻².
    @ParameterizedTest
    @EnumSource
    void agreesWithPyTorch(PositionInterpolation rule) throws IOException {
        String json = Files.readString(Path.of("src/test/resources/golden/positions/positions.json"));
        JsonArray cases = JsonParser.parseString(json).getAsJsonArray();
        for (JsonElement element : cases) {
            JsonObject entry = element.getAsJsonObject();
            int from = entry.get("grid").getAsInt();
            int to = entry.get("to").getAsInt();
            float[] resized = rule.resize(floats(entry.getAsJsonArray("positions")), 1, from, to, 3);
            assertWithin(resized, floats(entry.getAsJsonArray(rule.name())), 8e-6, rule + " " + from + " to " + to);
        }
        assertThat(cases).hasSize(4);
    }
}
