package io.github.clip4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
    private static JsonObject document(String kernels, String... results) {
        return JsonParser.parseString("{\"machine\": {\"kernels\": \"" + kernels + "\"}, \"results\": [" + String.join(",", results) + "]}")
                .getAsJsonObject();
    }

    private static String result(String name, String counter, double lowest, double median, double highest) {
        return """
                {"benchmark": "%1$s", "parameters": {"d": "768"}, "forks": 3, "%2$s": %4$s, "%2$sLowest": %3$s, "%2$sHighest": %5$s}"""
                .formatted(name, counter, lowest, median, highest);
    }

    @Test
    void aRatioAboveOneIsFasterForRatesAndForTimes() {
        List<String> lines = Comparison.of(
                document("k", result("A.rate", "gflops", 9, 10, 11), result("A.time", "ms/op", 19, 20, 21)),
                document("k", result("A.rate", "gflops", 14, 15, 16), result("A.time", "ms/op", 39, 40, 41))).lines();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(1)).startsWith("A.rate d=768 ").endsWith(" 10.00      15.00   1.500  faster");
        assertThat(lines.get(2)).startsWith("A.time d=768 ").endsWith(" 20.00      40.00   0.500  slower");
    }

    @Test
    void oneJvmSaysNothing() {
        JsonObject one = document("k", result("A.rate", "gflops", 9, 10, 11).replace("\"forks\": 3", "\"forks\": 1"));
        List<String> lines = Comparison.of(one, document("k", result("A.rate", "gflops", 14, 15, 16))).lines();
        assertThat(lines.get(1)).endsWith("1.500  too few JVMs to tell, take -f 3");
    }

    @Test
    void rangesThatMeetSayNothing() {
        List<String> lines = Comparison.of(
                document("k", result("A.rate", "gflops", 9, 10, 14)), document("k", result("A.rate", "gflops", 14, 15, 16))).lines();
        assertThat(lines.get(1)).endsWith("1.500  the ranges meet");
    }

    @Test
    void otherMachinesAndMissingResultsAreSaid() {
        List<String> lines = Comparison.of(
                document("scalar", result("A.a", "gflops", 1, 1, 1)),
                document("vector, 512 bit", result("A.b", "gflops", 1, 1, 1))).lines();
        assertThat(lines).contains(
                "kernels differs: scalar and vector, 512 bit", "A.a d=768: in the first file only",
                "A.b d=768: in the second file only");
    }

    @Test
    void anotherDocumentIsRefused(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("x.json"), "[]");
        assertThatThrownBy(() -> Comparison.of(file, file))
                .hasMessage(file + ": expected a result that `./bench FILE.json NAME` wrote, with \"machine\" and \"results\"");
    }
}
