package io.github.clip4j.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Two result files side by side: the ratio of the medians, and whether the measurements of one lie outside those of the other.
///
/// "Faster" and "slower" are said only when both were measured in three JVMs or more, and the ranges of all measured iterations do not
/// meet. The iterations of one JVM share its compiled code and its minute of the machine: without any change two of them differ by more
/// than their ranges. A difference that the ranges do not show must be measured again, alternating.
record Comparison(List<String> lines) {
    private static final int ENOUGH_JVMS = 3;

    static Comparison of(Path before, Path after) throws IOException {
        return of(document(before), document(after));
    }

    static Comparison of(JsonObject before, JsonObject after) {
        Map<String, JsonObject> first = byKey(before);
        Map<String, JsonObject> second = byKey(after);
        List<String> lines = new ArrayList<>();
        machines(before, after, lines);
        lines.add(String.format(Locale.ROOT, "%-60s %10s %10s %7s", "", "before", "after", "ratio"));
        first.forEach((key, a) -> {
            JsonObject b = second.get(key);
            lines.add(b == null ? key + ": in the first file only" : line(key, a, b));
        });
        second.keySet().stream().filter(key -> !first.containsKey(key)).forEach(key -> lines.add(key + ": in the second file only"));
        lines.add("ratio: how many times as fast, of the medians");
        return new Comparison(List.copyOf(lines));
    }

    private static String line(String key, JsonObject a, JsonObject b) {
        String counter = Results.counter(a);
        boolean rate = counter.equals("gflops");
        double before = a.get(counter).getAsDouble();
        double after = b.get(counter).getAsDouble();
        double ratio = rate ? after / before : before / after;
        int jvms = Math.min(a.get("forks").getAsInt(), b.get("forks").getAsInt());
        boolean apart = low(b, counter) > high(a, counter) || high(b, counter) < low(a, counter);
        String verdict = jvms < ENOUGH_JVMS ? "too few JVMs to tell, take -f " + ENOUGH_JVMS
                : !apart ? "the ranges meet" : ratio > 1 ? "faster" : "slower";
        return String.format(Locale.ROOT, "%-60s %10.4g %10.4g %7.3f  %s", key, before, after, ratio, verdict);
    }

    /// Files of before the iterations' range was kept have the forks' medians alone.
    private static double low(JsonObject result, String counter) {
        return result.has(counter + "Lowest") ? result.get(counter + "Lowest").getAsDouble() : fork(result, counter, false);
    }

    private static double high(JsonObject result, String counter) {
        return result.has(counter + "Highest") ? result.get(counter + "Highest").getAsDouble() : fork(result, counter, true);
    }

    private static double fork(JsonObject result, String counter, boolean highest) {
        if (!result.has(counter + "WorstFork")) {
            return result.get(counter).getAsDouble();
        }
        double worst = result.get(counter + "WorstFork").getAsDouble();
        double best = result.get(counter + "BestFork").getAsDouble();
        return highest ? Math.max(worst, best) : Math.min(worst, best);
    }

    /// Says what differs between the machines; figures of two machines are no comparison of code.
    private static void machines(JsonObject before, JsonObject after, List<String> lines) {
        JsonObject a = before.getAsJsonObject("machine");
        JsonObject b = after.getAsJsonObject("machine");
        for (String property : List.of("processor", "processors", "jvm", "kernels")) {
            JsonElement x = a.get(property);
            JsonElement y = b.get(property);
            if (x != null && y != null && !x.equals(y)) {
                lines.add(property + " differs: " + x.getAsString() + " and " + y.getAsString());
            }
        }
    }

    private static Map<String, JsonObject> byKey(JsonObject document) {
        Map<String, JsonObject> results = new LinkedHashMap<>();
        document.getAsJsonArray("results").forEach(result -> results.put(Results.key(result.getAsJsonObject()), result.getAsJsonObject()));
        return results;
    }

    private static JsonObject document(Path file) throws IOException {
        JsonElement document = JsonParser.parseString(Files.readString(file));
        if (!document.isJsonObject() || !document.getAsJsonObject().has("machine") || !document.getAsJsonObject().has("results")) {
            throw new IllegalArgumentException(
                    file + ": expected a result that `./bench FILE.json NAME` wrote, with \"machine\" and \"results\"");
        }
        return document.getAsJsonObject();
    }
}
