package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip inspect`
@Command(
        name = "inspect",
        description = "Shows what a checkpoint or a file of weights holds, and whether it fits together.",
        mixinStandardHelpOptions = true,
        footer = {
            "", "Examples:", "  clip inspect DIR", "  clip inspect openai/clip-vit-base-patch32",
                    "  clip inspect model.safetensors --tensors"
        })
final class InspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = ModelPath.DESCRIPTION)
    private String model = "";

    @Mixin
    private ModelOptions.Part part = new ModelOptions.Part();

    @Option(names = "--tensors", description = "list every tensor")
    private boolean listTensors;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    /// A file of weights is shown as it is, whatever model it belongs to; a checkpoint as it is understood.
    @Override
    public Integer call() throws IOException {
        Path path = ModelPath.of(model);
        try (Checkpoint checkpoint = part.open(path)) {
            Optional<Checkpoint> whole = checkpoint.isFileOfWeights() ? Optional.empty() : Optional.of(checkpoint);
            WeightSource weights = whole.isPresent() ? checkpoint.weights() : checkpoint.storedWeights();
            Optional<String> problem = whole.isPresent() ? problem(checkpoint) : Optional.empty();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(Output.json(toJson(whole, weights, leftOut(checkpoint), problem)));
            } else {
                print(whole, weights, leftOut(checkpoint), out);
            }
            problem.ifPresent(text -> spec.commandLine().getErr().println("clip: " + text));
            return problem.isPresent() ? 1 : 0;
        }
    }

    private static Optional<String> problem(Checkpoint checkpoint) throws IOException {
        try {
            checkpoint.check();
            checkpoint.config(); // says whether the activation is known
            checkpoint.preprocessing(checkpoint.profile());
            return Optional.empty();
        } catch (WeightFormatException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /// What is beside the CLIP; of a file that holds none, or several, nothing can be said.
    private static Optional<String> leftOut(Checkpoint checkpoint) throws IOException {
        try {
            return checkpoint.leftOut();
        } catch (WeightFormatException e) {
            return Optional.empty();
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

    /// What the model takes once loaded: float32 whatever is stored, but a table of tokens stays in its 16 bits.
    private static long memory(WeightSource weights) {
        return weights.tensors().values().stream()
                .filter(info -> info.dtype().isFloat())
                .mapToLong(info -> (long) info.shape().elements()
                        * (info.dtype().bytes() == 2 && info.name().endsWith("token_embedding.weight") ? Short.BYTES : Float.BYTES))
                .sum();
    }

    private void print(Optional<Checkpoint> whole, WeightSource weights, Optional<String> leftOut, PrintWriter out) throws IOException {
        if (whole.isPresent()) {
            Checkpoint checkpoint = whole.get();
            print(out, "model", checkpoint.name());
            print(out, "weights", weights.location());
            print(out, "layout", checkpoint.layout().id());
            print(out, "profile", checkpoint.profile().id());
            print(out, "tokenizer", checkpoint.tokenizer(checkpoint.profile()).map(InspectCommand::describe).orElse("none"));
            print(out, "config", checkpoint.configOrigin());
            origins(checkpoint).forEach((key, value) -> out.printf(Locale.ROOT, "  %-40s %s%n", key, value));
        } else {
            print(out, "weights", weights.location());
        }
        leftOut.ifPresent(line -> print(out, "left out", line));
        out.println("tensors");
        byType(weights).forEach((type, total) -> out.printf(
                Locale.ROOT, "  %-8s %,6d tensors %,15d elements %,9.1f MiB%n", type, total[0], total[1], total[2] / 1048576.0));
        out.printf(Locale.ROOT, "%-12s %,.1f MiB as float32 once loaded%n", "memory", memory(weights) / 1048576.0);
        if (listTensors) {
            weights.tensors().forEach((name, tensor) -> out.printf(Locale.ROOT, "  %-8s %-24s %s%n", tensor.dtype(), tensor.shape(), name));
        }
    }

    private static String describe(Tokenizer tokenizer) {
        return tokenizer.size() + " tokens" + tokenizer.language().map(code -> ", texts begin with " + code).orElse("");
    }

    private static void print(PrintWriter out, String key, String value) {
        out.printf(Locale.ROOT, "%-12s %s%n", key, value);
    }

    /// Where values came from, as far as that can be said: of weights that fit no CLIP, nothing.
    private static Map<String, String> origins(Checkpoint checkpoint) throws IOException {
        try {
            return checkpoint.origins();
        } catch (WeightFormatException e) {
            return Map.of(); // the problem is printed
        }
    }

    private static JsonObject toJson(
            Optional<Checkpoint> whole, WeightSource weights, Optional<String> leftOut, Optional<String> problem) throws IOException {
        JsonObject document = new JsonObject();
        document.addProperty("weights", weights.location());
        if (whole.isPresent()) {
            Checkpoint checkpoint = whole.get();
            document.addProperty("model", checkpoint.name());
            document.addProperty("layout", checkpoint.layout().id());
            document.addProperty("profile", checkpoint.profile().id());
            document.addProperty("tokens", checkpoint.tokenizer(checkpoint.profile()).map(t -> t.size()).orElse(null));
            JsonObject config = new JsonObject();
            origins(checkpoint).forEach(config::addProperty);
            document.add("config", config);
        }
        document.addProperty("leftOut", leftOut.orElse(null));
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
        document.addProperty("problem", problem.orElse(null));
        return document;
    }
}
