package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.tools.CheckpointVerifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip verify`
@Command(
        name = "verify",
        description = "Runs a checkpoint on stored inputs and names the first stage that differs from what is expected.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "EXPECTED is a safetensors file that weights-tools/python/export.py wrote, or a JSON file with published values:",
            "  {\"image\": \"cat.png\", \"texts\": [\"a photo of a cat\", …], \"logits_per_image\": [24.5701, …], \"tolerance\": 0.001}",
            "",
            "Examples:",
            "  clip verify DIR expected.safetensors",
            "  clip verify openai/clip-vit-base-patch32 published.json"
        })
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions.Given given = new ModelOptions.Given();

    @Parameters(index = "0", paramLabel = "MODEL", description = ModelPath.DESCRIPTION)
    private String model = "";

    @Parameters(index = "1", paramLabel = "EXPECTED", description = "a .safetensors or .json file")
    private Path expected = Path.of("");

    @Option(names = "--all", description = "list every stage")
    private boolean all;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        List<CheckpointVerifier.Result> results;
        try (Checkpoint checkpoint = given.open(ModelPath.of(model))) {
            results = CheckpointVerifier.verify(checkpoint, expected, given.activation());
        }
        Optional<CheckpointVerifier.Result> first = results.stream().filter(result -> !result.passed()).findFirst();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Output.json(document(results)));
            return first.isPresent() ? 1 : 0;
        }
        for (CheckpointVerifier.Result result : results) {
            if (all || !result.passed()) {
                out.printf(
                        Locale.ROOT, "%-6s %-64s error %.3g, allowed %.3g%n", result.passed() ? "ok"
                                : "DIFFERS", result.stage(), result.error(),
                        result.bound());
            }
        }
        long passed = results.stream().filter(CheckpointVerifier.Result::passed).count();
        out.printf(Locale.ROOT, "%d of %d stages agree%n", passed, results.size());
        if (first.isPresent()) {
            spec.commandLine().getErr().println("clip: the first stage that differs is " + first.get().stage());
            return 1;
        }
        return 0;
    }

    private static JsonObject document(List<CheckpointVerifier.Result> results) {
        JsonObject document = new JsonObject();
        JsonArray stages = new JsonArray();
        for (CheckpointVerifier.Result result : results) {
            JsonObject entry = new JsonObject();
            entry.addProperty("stage", result.stage());
            entry.addProperty("error", Double.isFinite(result.error()) ? result.error() : null);
            entry.addProperty("bound", result.bound());
            entry.addProperty("passed", result.passed());
            stages.add(entry);
        }
        document.add("stages", stages);
        document.addProperty("passed", results.stream().allMatch(CheckpointVerifier.Result::passed));
        return document;
    }
}
