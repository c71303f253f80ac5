package io.github.clip4j.cli;

import io.github.clip4j.core.DType;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How weights are kept in memory.
final class WeightOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description = "how weights are kept in memory: f32, or f16 or bf16 for half of it; what is computed is float32")
    private String type = "f32";

    DType type() {
        return switch (type) {
            case "f32" -> DType.F32;
            case "f16" -> DType.F16;
            case "bf16" -> DType.BF16;
            default -> throw new ParameterException(spec.commandLine(), "--weights: expected f32, f16 or bf16, got '" + type + "'");
        };
    }
}
