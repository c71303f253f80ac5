package io.github.clip4j.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Runs the benchmarks: `java -jar benchmarks.jar RESULT.json [--without-vector-api] [JMH's own arguments]`.
///
/// RESULT.json gets a manifest of the machine and, for each benchmark, the median over all measured iterations and the worst and the best
/// of the forks, in GFLOP/s and as a share of the peak that each fork measured for itself; in milliseconds where operations are not
/// counted.
public final class Benchmarks {
    private Benchmarks() {}

    public static void main(String[] args) throws RunnerException, CommandLineOptionException, IOException {
        if (args.length == 0 || !args[0].endsWith(".json")) {
            throw new IllegalArgumentException("usage: java -jar benchmarks.jar RESULT.json [--without-vector-api] [regular expression "
                    + "and JMH's options]");
        }
        boolean vectorApi = args.length == 1 || !args[1].equals("--without-vector-api");
        String[] own = Arrays.copyOfRange(args, vectorApi ? 1 : 2, args.length);
        Options options = new OptionsBuilder()
                .parent(new CommandLineOptions(own))
                .jvmArgsPrepend(vectorApi ? new String[] {"--add-modules", "jdk.incubator.vector"} : new String[0])
                .build();
        Collection<RunResult> runs = new Runner(options).run();
        JsonObject document = new JsonObject();
        document.add("machine", MachineManifest.read());
        JsonArray results = new JsonArray();
        runs.forEach(run -> results.add(summary(run)));
        document.add("results", results);
        Files.writeString(Path.of(args[0]), new GsonBuilder().setPrettyPrinting().create().toJson(document) + "\n");
    }

    private static JsonObject summary(RunResult run) {
        JsonObject result = new JsonObject();
        String name = run.getParams().getBenchmark();
        result.addProperty("benchmark", name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1));
        JsonObject parameters = new JsonObject();
        run.getParams().getParamsKeys().forEach(key -> parameters.addProperty(key, run.getParams().getParam(key)));
        result.add("parameters", parameters);
        result.addProperty("forks", run.getBenchmarkResults().size());
        if (run.getAggregatedResult().getSecondaryResults().isEmpty()) {
            double median = run.getAggregatedResult().getPrimaryResult().getStatistics().getPercentile(50);
            result.addProperty(run.getPrimaryResult().getScoreUnit(), rounded(median));
        } else {
            add(result, "gflops", run);
            if (!Double.isNaN(median(run.getAggregatedResult(), "ofPeak"))) { // without the Vector API no peak is measured
                add(result, "ofPeak", run);
            }
        }
        return result;
    }

    private static void add(JsonObject result, String counter, RunResult run) {
        List<Double> forks = new ArrayList<>();
        run.getBenchmarkResults().forEach(fork -> forks.add(median(fork, counter)));
        result.addProperty(counter, rounded(median(run.getAggregatedResult(), counter)));
        result.addProperty(counter + "WorstFork", rounded(forks.stream().min(Double::compare).orElse(Double.NaN)));
        result.addProperty(counter + "BestFork", rounded(forks.stream().max(Double::compare).orElse(Double.NaN)));
    }

    private static double median(BenchmarkResult result, String counter) {
        return Objects.requireNonNull(result.getSecondaryResults().get(counter)).getStatistics().getPercentile(50);
    }

    private static double rounded(double value) {
        return Double.parseDouble(String.format(Locale.ROOT, "%.4g", value));
    }
}
