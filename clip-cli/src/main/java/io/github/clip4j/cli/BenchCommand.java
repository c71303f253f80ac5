package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.ops.FmaPeak;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.PositionInterpolation;
import io.github.clip4j.tools.RandomWeights;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `clip bench`
@Command(
        name = "bench",
        description =
                "Measures how fast this machine encodes: images and texts a second, GFLOP/s, and the share of the peak that it reaches.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The peak is measured first, in the same process, by chains of fused multiply-adds in registers. GFLOP/s count the model's "
                    + "nominal",
            "operations: every position of every layer, and texts of --tokens tokens. Medians over several rounds of at least half a "
                    + "second.",
            "",
            "Examples:",
            "  clip bench --preset b32 --threads 1,2 --batch 1,8,32",
            "  clip bench --model DIR --tower text --tokens 10 --json"
        })
final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions.Given given = new ModelOptions.Given();

    @Mixin
    private WeightOptions storage = new WeightOptions();

    @Option(names = "--model", paramLabel = "MODEL", description = ModelPath.DESCRIPTION)
    private @Nullable String model;

    @Option(names = "--preset", paramLabel = "NAME", description =
            "random weights of the size of ViT-B/32, B/16 or L/14, or SigLIP 2 B/32 at 256: b32 (the default), b16, l14, siglip2-b32-256")
    private @Nullable String preset;

    @Option(names = "--threads", paramLabel = "N,…", split = ",", description = "numbers of threads; 1 and all processors unless given")
    private List<Integer> threads = new ArrayList<>();

    @Option(
            names = "--batch", paramLabel = "N,…", split = ",", defaultValue = "1,8,32",
            description = "images or texts encoded at once; 1,8,32 unless given")
    private List<Integer> batches = new ArrayList<>();

    @Option(names = "--tower", paramLabel = "NAME", defaultValue = "both", description = "image, text or both")
    private String tower = "both";

    @Option(names = "--tokens", paramLabel = "N[-M]",
            description =
                    "tokens of a text, start and end included, or its least and most, such as 8-12; all positions of the model unless "
                            + "given")
    private @Nullable String tokens;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "3", description =
            "measured time of a cell, after its warm-up; 3 unless given")
    private double seconds = 3;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        check();
        Throughput.Lengths lengths = lengths();
        List<Integer> threadCounts = threads.isEmpty() ? defaultThreads() : threads;
        Map<Integer, Double> peaks = new TreeMap<>();
        List<Throughput> cells = new ArrayList<>();
        PrintWriter out = spec.commandLine().getOut();
        for (int count : threadCounts) {
            try (Workers workers = new Workers(count)) {
                double peak = FmaPeak.measure(workers);
                peaks.put(count, peak);
                print(out, String.format(
                        Locale.ROOT, "peak of %d thread%s: %s%n", count, count == 1 ? "" : "s",
                        Double.isFinite(peak) ? String.format(Locale.ROOT, "%.1f GFLOP/s", peak) : "not measured without the Vector API"));
                ClipModel loaded = load(workers);
                for (Throughput.Tower each : towers(loaded.config())) {
                    for (int batch : batches) {
                        Throughput cell = Throughput.measure(loaded, each, batch, count, lengths, seconds, peak);
                        cells.add(cell);
                        print(out, cell.line());
                    }
                }
            }
        }
        if (json) {
            out.println(Output.json(document(peaks, cells)));
        }
        return 0;
    }

    private void print(PrintWriter out, String text) {
        if (!json) {
            out.print(text);
            out.flush();
        }
    }

    private void check() {
        if (model != null && preset != null) {
            throw new ParameterException(spec.commandLine(), "expected --model or --preset, got both");
        }
        presetConfig();
        if (threads.stream().anyMatch(n -> n < 1) || batches.isEmpty() || batches.stream().anyMatch(n -> n < 1)) {
            throw new ParameterException(spec.commandLine(), "--threads and --batch: expected numbers of at least 1");
        }
        if (!List.of("image", "text", "both").contains(tower)) {
            throw new ParameterException(spec.commandLine(), "--tower: expected image, text or both, got '" + tower + "'");
        }
        if (!(seconds > 0)) {
            throw new ParameterException(spec.commandLine(), "--seconds: expected more than 0, got " + seconds);
        }
    }

    private Throughput.Lengths lengths() {
        if (tokens == null) {
            return Throughput.Lengths.FULL;
        }
        Matcher matcher = Pattern.compile("(?<least>\\d{1,6})(-(?<most>\\d{1,6}))?").matcher(tokens);
        if (matcher.matches()) {
            int least = Integer.parseInt(matcher.group("least"));
            int most = matcher.group("most") == null ? least : Integer.parseInt(matcher.group("most"));
            if (2 <= least && least <= most) {
                return new Throughput.Lengths(least, most);
            }
        }
        throw new ParameterException(spec.commandLine(), "--tokens: expected a number of at least 2, or two such as 8-12, got '" + tokens
                + "'");
    }

    private ClipConfig presetConfig() {
        return switch (preset == null ? "b32" : preset) {
            case "b32" -> ClipConfig.vitB32();
            case "b16" -> ClipConfig.vitB16();
            case "l14" -> ClipConfig.vitL14();
            case "siglip2-b32-256" -> ClipConfig.siglip2B32();
            default -> throw new ParameterException(
                    spec.commandLine(), "--preset: expected b32, b16, l14 or siglip2-b32-256, got '" + preset + "'");
        };
    }

    private static List<Integer> defaultThreads() {
        int processors = Runtime.getRuntime().availableProcessors();
        return processors == 1 ? List.of(1) : List.of(1, processors);
    }

    private ClipModel load(Workers workers) throws IOException {
        if (model == null) {
            ClipConfig config = presetConfig();
            try (WeightSource weights = new RandomWeights(config)) {
                return load(config, weights, workers);
            }
        }
        try (Checkpoint checkpoint = given.open(ModelPath.of(model))) {
            return load(checkpoint.config(given.activation()), checkpoint.weights(), workers);
        }
    }

    private ClipModel load(ClipConfig config, WeightSource weights, Workers workers) throws IOException {
        return ClipModel.load(config, weights, workers, OptionalInt.empty(), PositionInterpolation.HUGGING_FACE, storage.type());
    }

    private List<Throughput.Tower> towers(ClipConfig config) {
        List<Throughput.Tower> towers = new ArrayList<>();
        if (!tower.equals("text") && config.vision().isPresent()) {
            towers.add(Throughput.Tower.IMAGE);
        }
        if (!tower.equals("image") && config.text().isPresent()) {
            towers.add(Throughput.Tower.TEXT);
        }
        if (towers.isEmpty()) {
            throw new IllegalStateException("the model has no " + tower + " tower");
        }
        return towers;
    }

    private static JsonObject document(Map<Integer, Double> peaks, List<Throughput> cells) {
        JsonObject document = new JsonObject();
        JsonObject peak = new JsonObject();
        peaks.forEach((count, gflops) -> peak.addProperty(String.valueOf(count), finite(gflops)));
        document.add("peak", peak);
        JsonArray array = new JsonArray();
        for (Throughput cell : cells) {
            JsonObject entry = new JsonObject();
            entry.addProperty("tower", cell.tower().id());
            entry.addProperty("batch", cell.batch());
            entry.addProperty("threads", cell.threads());
            entry.addProperty("per_second", cell.perSecond());
            entry.addProperty("gflops", cell.gflops());
            entry.addProperty("fraction", finite(cell.fraction()));
            array.add(entry);
        }
        document.add("cells", array);
        return document;
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
