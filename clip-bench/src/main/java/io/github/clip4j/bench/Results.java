package io.github.clip4j.bench;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/// One measured benchmark as a JSON object: its name, its parameters and, for each counter, the median and how far the measurements spread.
final class Results {
    private Results() {}

    /// `RowKernelBenchmark.softmax` of the full name.
    static String shortName(String benchmark) {
        return benchmark.substring(benchmark.lastIndexOf('.', benchmark.lastIndexOf('.') - 1) + 1);
    }

    static JsonObject of(RunResult run) {
        JsonObject result = new JsonObject();
        result.addProperty("benchmark", shortName(run.getParams().getBenchmark()));
        JsonObject parameters = new JsonObject();
        run.getParams().getParamsKeys().forEach(key -> parameters.addProperty(key, run.getParams().getParam(key)));
        result.add("parameters", parameters);
        result.addProperty("forks", run.getBenchmarkResults().size());
        if (run.getAggregatedResult().getSecondaryResults().isEmpty()) {
            add(result, run.getPrimaryResult().getScoreUnit(), "", run);
        } else {
            add(result, "gflops", "gflops", run);
            if (Double.isFinite(result(run.getAggregatedResult(), "ofPeak").getStatistics().getMean())) { // no Vector API, no peak
                add(result, "ofPeak", "ofPeak", run);
            }
        }
        return result;
    }

    /// The name with its parameters: what a result of another run must have in common with this one.
    static String key(JsonObject result) {
        String parameters = result.getAsJsonObject("parameters").entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue().getAsString()).collect(Collectors.joining(" "));
        return (result.get("benchmark").getAsString() + " " + parameters).strip();
    }

    /// The counter that a comparison takes: GFLOP/s, or the time where operations are not counted.
    static String counter(JsonObject result) {
        return result.has("gflops") ? "gflops" : result.keySet().stream().filter(key -> key.endsWith("/op")).findFirst().orElseThrow(
                () -> new IllegalArgumentException(key(result) + ": expected gflops or a time, got " + result.keySet()));
    }

    /// The median for people to read.
    static String line(JsonObject result) {
        String counter = counter(result);
        String unit = counter.equals("gflops") ? "GFLOP/s" : counter;
        String share = result.has("ofPeak") 
                ? String.format(Locale.ROOT, ", %.1f %% of the peak", 100 * result.get("ofPeak").getAsDouble()) : "";
        return String.format(Locale.ROOT, "%-60s %s %s%s", key(result), result.get(counter).getAsString(), unit, share);
    }

    /// @param name of JMH's secondary counter; empty for the primary one
    private static void add(JsonObject json, String counter, String name, RunResult run) {
        Result<?> all = result(run.getAggregatedResult(), name);
        List<Double> forks = run.getBenchmarkResults().stream()
                .map(fork -> result(fork, name).getStatistics().getPercentile(50)).sorted().toList();
        boolean moreIsBetter = !name.isEmpty();
        json.addProperty(counter, rounded(all.getStatistics().getPercentile(50)));
        json.addProperty(counter + "Lowest", rounded(all.getStatistics().getMin()));
        json.addProperty(counter + "Highest", rounded(all.getStatistics().getMax()));
        json.addProperty(counter + "WorstFork", rounded(moreIsBetter ? forks.getFirst() : forks.getLast()));
        json.addProperty(counter + "BestFork", rounded(moreIsBetter ? forks.getLast() : forks.getFirst()));
    }

    private static Result<?> result(BenchmarkResult run, String name) {
        return name.isEmpty() ? run.getPrimaryResult() : Objects.requireNonNull(run.getSecondaryResults().get(name), name);
    }

    private static double rounded(double value) {
        return Double.parseDouble(String.format(Locale.ROOT, "%.4g", value));
    }
}
