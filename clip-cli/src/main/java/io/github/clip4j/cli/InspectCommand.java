package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.checkpoint.CanonicalWeights;
import io.github.clip4j.checkpoint.CheckpointDirectory;
import io.github.clip4j.checkpoint.WeightFile;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip inspect`
@Command(
        name = "inspect",
        description = "Shows what a checkpoint directory or a file of weights holds, and whether it fits together.",
        mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  clip inspect DIR", "  clip inspect model.safetensors --tensors"})
final class InspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "PATH", description = "a checkpoint directory, or a file of weights: .safetensors, .index.json, .npz, .bin or .pt")
    private Path path = Path.of("");

    @Option(names = "--tensors", description = "list every tensor")
    private boolean listTensors;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path + ": expected a checkpoint directory or a file of weights, got nothing there");
        }
        CheckpointDirectory checkpoint = Files.isDirectory(path) ? CheckpointDirectory.open(path) : null;
        try (WeightSource weights = checkpoint == null ? WeightFile.open(path) : checkpoint.openWeights()) {
            String problem = checkpoint == null ? null : problem(checkpoint, (CanonicalWeights) weights);
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(Output.json(toJson(checkpoint, weights, problem)));
            } else {
                print(checkpoint, weights, out);
            }
            if (problem != null) {
                spec.commandLine().getErr().println("clip: " + problem);
                return 1;
            }
            return 0;
        }
    }

    private static @Nullable String problem(CheckpointDirectory checkpoint, CanonicalWeights weights) throws IOException {
        try {
            ClipModel.check(checkpoint.config(weights, null), weights);
            return null;
        } catch (WeightFormatException e) {
            return e.getMessage();
        }
    }

    private static Map<DType, long[]> byType(WeightSource weights) {
        Map<DType, long[]> totals = new TreeMap<>(); // tensors, elements, bytes
        for (TensorInfo tensor : weights.tensors().values()) {
            long[] total = totals.computeIfAbsent(tensor.dtype(), type -> new long[3]);
            total[0]++;
            total[1] += tensor.shape().elements();
            total[2] += tensor.bytes();
        }
        return totals;
    }

    /// What the model takes once loaded: float32 whatever is stored.
    private static long memory(WeightSource weights) {
        return byType(weights).entrySet().stream()
                .filter(entry -> entry.getKey().isFloat())
                .mapToLong(entry -> entry.getValue()[1] * Float.BYTES)
                .sum();
    }

    private void print(@Nullable CheckpointDirectory checkpoint, WeightSource weights, PrintWriter out) throws IOException {
        out.printf("%-12s %s%n", "weights", weights.location());
        if (checkpoint != null) {
            out.printf("%-12s %s%n", "layout", ((CanonicalWeights) weights).layout().id());
            out.printf("%-12s %s%n", "tokenizer", checkpoint.vocabulary().map(v -> v.size() + " tokens").orElse("none"));
            out.printf("%-12s %s%n", "config", checkpoint.configFile());
            checkpoint.origins().forEach((key, value) -> out.printf("  %-40s %s%n", key, value));
        }
        out.println("tensors");
        byType(weights).forEach((type, total) -> out.printf(
                Locale.ROOT, "  %-8s %,6d tensors %,15d elements %,9.1f MiB%n", type, total[0], total[1], total[2] / 1048576.0));
        out.printf(Locale.ROOT, "%-12s %,.1f MiB as float32 once loaded%n", "memory", memory(weights) / 1048576.0);
        if (listTensors) {
            weights.tensors().forEach((name, tensor) -> out.printf("  %-8s %-24s %s%n", tensor.dtype(), tensor.shape(), name));
        }
    }

    private static JsonObject toJson(@Nullable CheckpointDirectory checkpoint, WeightSource weights, @Nullable String problem)
            throws IOException {
        JsonObject document = new JsonObject();
        document.addProperty("weights", weights.location());
        if (checkpoint != null) {
            document.addProperty("layout", ((CanonicalWeights) weights).layout().id());
            document.addProperty("tokens", checkpoint.vocabulary().map(v -> v.size()).orElse(null));
            JsonObject config = new JsonObject();
            checkpoint.origins().forEach(config::addProperty);
            document.add("config", config);
        }
        document.addProperty("memory", memory(weights));
        JsonArray tensors = new JsonArray();
        weights.tensors().values().forEach(tensor -> {
            JsonObject entry = new JsonObject();
            entry.addProperty("name", tensor.name());
            entry.addProperty("dtype", tensor.dtype().name());
            entry.add("shape", Output.array(tensor.shape().toArray()));
            tensors.add(entry);
        });
        document.add("tensors", tensors);
        document.addProperty("problem", problem);
        return document;
    }
}
