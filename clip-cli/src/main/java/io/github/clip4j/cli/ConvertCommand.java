package io.github.clip4j.cli;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.tools.CheckpointConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip convert`
@Command(
        name = "convert",
        description = "Writes a checkpoint of any readable layout in Hugging Face's, reads it again and compares every value.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Reads Hugging Face's, OpenAI's and open_clip's layouts, in safetensors, npz, npy, .bin and .pt files.",
            "",
            "Examples:",
            "  clip convert ViT-B-32.pt clip-vit-base-patch32",
            "  clip convert openai/clip-vit-base-patch32 small --dtype f16",
            "  clip convert DIR arrays --format npy"
        })
final class ConvertCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions.Given given = new ModelOptions.Given();

    @Parameters(index = "0", paramLabel = "FROM", description = ModelPath.DESCRIPTION)
    private String from = "";

    @Parameters(index = "1", paramLabel = "TO", description = "the directory to write; it must not exist")
    private Path to = Path.of("");

    @Option(names = "--format", paramLabel = "NAME", defaultValue = "safetensors", description = "safetensors (the default) or npy")
    private String format = "safetensors";

    @Option(names = "--dtype", paramLabel = "NAME", defaultValue = "f32", description = "f32 (the default), f16 or bf16; npy has no bf16")
    private String dtype = "f32";

    @Override
    public Integer call() throws IOException {
        try (Checkpoint checkpoint = given.open(ModelPath.of(from))) {
            CheckpointConverter.convert(checkpoint, to, format(), dtype(), given.activation());
        }
        spec.commandLine().getOut().println("written and compared: " + to);
        return 0;
    }

    private CheckpointConverter.Format format() {
        return switch (format.toLowerCase(Locale.ROOT)) {
            case "safetensors" -> CheckpointConverter.Format.SAFETENSORS;
            case "npy" -> CheckpointConverter.Format.NPY;
            default -> throw new ParameterException(spec.commandLine(), "--format: expected safetensors or npy, got '" + format + "'");
        };
    }

    private DType dtype() {
        return switch (dtype.toLowerCase(Locale.ROOT)) {
            case "f32" -> DType.F32;
            case "f16" -> DType.F16;
            case "bf16" -> DType.BF16;
            default -> throw new ParameterException(spec.commandLine(), "--dtype: expected f32, f16 or bf16, got '" + dtype + "'");
        };
    }
}
