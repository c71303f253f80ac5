package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.Probe;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip attention`
@Command(
        name = "attention",
        description = "Draws who reads whom: a small picture for each layer and head.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A row is a layer, the first at the top; a column is a head. Of an image each picture shows the patches that the class token",
            "reads; of a text, which token (a row) reads which (a column). Dark is much, relative to the most in the picture.",
            "Attention is not explanation: it says where a head looks, not what it takes from there. See docs/explain.md.",
            "",
            "Examples:",
            "  clip attention docs/examples/red-circle.png -o heads.png",
            "  clip attention --text \"a green square above an orange triangle\" -o heads.png"
        })
final class AttentionCommand implements Callable<Integer> {
    private static final int EDGE = 96;
    private static final int GAP = 6;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Parameters(paramLabel = "IMAGE", arity = "0..1", description = "an image file; - for standard input")
    private @Nullable String image;

    @Option(names = "--text", paramLabel = "T", description = "a text")
    private @Nullable String text;

    @Option(names = "--truncate", description = "cut a text that is too long; without it it is refused")
    private boolean truncate;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.png", required = true, description = "the file to draw to")
    private String output = "";

    @Override
    public Integer call() throws IOException {
        if ((image == null) == (text == null)) {
            throw new ParameterException(spec.commandLine(), "input: expected either IMAGE or --text");
        }
        if (!output.toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new ParameterException(
                    spec.commandLine(), "--output: expected the name of a PNG file, such as x.png, got '" + output + "'");
        }
        reading.check();
        Path file = Targets.of(spec, "--output", output, image == null ? List.of() : List.of(image));
        List<Tensor> layers = new ArrayList<>(); // [heads, n, n] each
        try (Clip clip = model.load(truncate)) {
            if (image != null) {
                ImageEncoder encoder = Encoders.image(clip);
                Image read = reading.readOne(image);
                Encoders.requireFinite(
                        encoder.trace(clip.preprocess().apply(read), weights(layers::add)).toArray(), encoder::whyNotFinite);
                if (encoder.config().tokens() == encoder.config().patches()) {
                    throw new IllegalStateException(clip.name() + " has no class token whose attention could be drawn: it pools patches");
                }
            } else if (text != null) {
                TextEncoder encoder = Encoders.text(clip);
                int[] tokens = clip.tokenizer().encode(text, encoder.config().contextLength());
                Encoders.requireFinite(encoder.trace(tokens, weights(layers::add)).toArray(), encoder::whyNotFinite);
            }
        }
        byte[] png = draw(layers, image != null);
        OutputFile.write(file, out -> out.write(png));
        return ClipCommand.DONE;
    }

    private static Probe weights(Consumer<Tensor> layers) {
        return (name, value) -> {
            if (name.endsWith(".self_attn.weights")) {
                layers.accept(value);
            }
        };
    }

    /// @param ofClassToken whether only what the first token reads of the others is drawn, on the grid of the patches
    private static byte[] draw(List<Tensor> layers, boolean ofClassToken) {
        int heads = layers.getFirst().shape().dim(0);
        int n = layers.getFirst().shape().dim(1);
        int cells = ofClassToken ? (int) Math.round(Math.sqrt(n - 1)) : n;
        int cell = Math.max(1, EDGE / cells);
        int edge = cells * cell;
        Canvas canvas = new Canvas(GAP + heads * (edge + GAP), GAP + layers.size() * (edge + GAP));
        for (int layer = 0; layer < layers.size(); layer++) {
            for (int head = 0; head < heads; head++) {
                float[] values = layers.get(layer).toArray();
                int from = ofClassToken ? head * n * n + 1 : head * n * n;
                float most = 0;
                for (int i = 0; i < cells * cells; i++) {
                    most = Math.max(most, values[from + i]);
                }
                for (int i = 0; i < cells * cells; i++) {
                    int grey = 255 - Math.round(255 * values[from + i] / most);
                    canvas.fill(GAP + head * (edge + GAP) + i % cells * cell, GAP + layer * (edge + GAP) + i / cells * cell, cell, cell,
                            grey << 16 | grey << 8 | grey);
                }
            }
        }
        return canvas.toPng();
    }
}
