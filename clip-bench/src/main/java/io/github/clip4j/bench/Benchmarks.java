package io.github.clip4j.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs the benchmarks; `./bench` at the root of the repository builds and starts this.
///
/// ```
/// -l                                    lists the benchmarks with their parameters
/// [RESULT.json] [NAME] [JMH's options]  runs those whose name contains NAME, a regular expression
/// compare A.json B.json                 compares two results
/// ```
///
/// `--without-vector-api` among the options leaves the incubator module out of the JVMs that measure.
///
/// RESULT.json gets a manifest of the machine and, for each benchmark, the median over all measured iterations, the lowest and the highest
/// of them, and the worst and the best of the forks: in GFLOP/s and as a share of the peak that each fork measured for itself, in
/// milliseconds where operations are not counted. The medians are printed too.
public final class Benchmarks {
    private Benchmarks() {}

    /// Runs one command.
    ///
    /// @param args as the class comment lists them
    /// @throws RunnerException from JMH, when a benchmark fails or none has the name
    /// @throws CommandLineOptionException when an option is not one of JMH's
    /// @throws IOException when a result cannot be read or written
    public static void main(String[] args) throws RunnerException, CommandLineOptionException, IOException {
        if (args.length > 0 && args[0].equals("compare")) {
            compare(Arrays.asList(args).subList(1, args.length));
            return;
        }
        List<String> options = new ArrayList<>(List.of(args));
        Path file = !options.isEmpty() && options.getFirst().endsWith(".json") ? Path.of(options.removeFirst()) : null;
        boolean vectorApi = !options.remove("--without-vector-api");
        CommandLineOptions given = new CommandLineOptions(options.toArray(String[]::new));
        if (given.shouldHelp()) {
            given.showHelp();
        } else if (given.shouldList()) {
            list();
        } else {
            run(given, vectorApi, file);
        }
    }

    private static void compare(List<String> files) throws IOException {
        if (files.size() != 2) {
            throw new IllegalArgumentException(
                    "compare: expected two results, as in `./bench compare before.json after.json`, got " + files);
        }
        Comparison.of(Path.of(files.get(0)), Path.of(files.get(1))).lines().forEach(System.out::println);
    }

    /// Every benchmark with its parameters and their values, one a line.
    private static void list() {
        TreeSet<String> names = new TreeSet<>();
        OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        for (BenchmarkListEntry entry : BenchmarkList.defaultList().getAll(silent, List.of())) {
            names.add(entry.getUsername());
        }
        for (String name : names) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-38s", Results.shortName(name)));
            try {
                for (Field field : Class.forName(name.substring(0, name.lastIndexOf('.'))).getFields()) {
                    Param param = field.getAnnotation(Param.class);
                    if (param != null) {
                        line.append(' ').append(field.getName()).append('=').append(String.join(",", param.value()));
                    }
                }
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException("the class of " + name + ", which JMH lists, is not in the jar", e);
            }
            System.out.println(line.toString().strip());
        }
    }

    private static void run(CommandLineOptions given, boolean vectorApi, @Nullable Path file) throws RunnerException, IOException {
        if (file != null) { // the benchmarks may run for an hour
            Files.createDirectories(file.toAbsolutePath().getParent());
            OutputFile.requireWritable(file);
        }
        Options options = new OptionsBuilder().parent(given)
                .jvmArgsPrepend(vectorApi ? new String[] {"--add-modules", "jdk.incubator.vector"} : new String[0]).build();
        Collection<RunResult> runs = new Runner(options).run();
        JsonArray results = new JsonArray();
        runs.forEach(run -> results.add(Results.of(run)));
        System.out.println();
        results.forEach(result -> System.out.println(Results.line(result.getAsJsonObject())));
        if (file != null) {
            JsonObject document = new JsonObject();
            document.add("machine", machine(runs));
            document.add("results", results);
            String text = new GsonBuilder().setPrettyPrinting().create().toJson(document) + "\n";
            OutputFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
            System.out.println("\nwritten to " + file);
        }
    }

    /// What the JVM that measured says of itself. All benchmarks of a run have the same options.
    private static JsonElement machine(Collection<RunResult> runs) throws IOException {
        BenchmarkParams params = runs.iterator().next().getParams();
        return params.getForks() == 0 ? MachineManifest.read() : MachineManifest.ofJvm(params.getJvm(), List.copyOf(params.getJvmArgs()));
    }
}
