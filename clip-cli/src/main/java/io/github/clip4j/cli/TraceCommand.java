package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tools.NpyWriter;
import io.github.clip4j.tools.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip trace`
@Command(
        name = "trace",
        description = "Shows what a model computes on the way from one image or text to its embedding, and what a change of it does.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Stages are named as the modules of transformers, layers and heads counted from 0. With --label the residual stream is read",
            "after each layer: the cosines that the model would give if its blocks ended there. See docs/explain.md.",
            "",
            "Examples:",
            "  clip trace docs/examples/red-circle.png --list",
            "  clip trace photo.jpg --model DIR -o trace.safetensors",
            "  clip trace docs/examples/red-circle.png --label \"a red circle\" --label \"a blue circle\" --zero head 3.1"
        })
final class TraceCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Mixin
    private TextOptions textOptions = new TextOptions();

    @Parameters(paramLabel = "IMAGE", arity = "0..1", description = "an image file; - for standard input")
    private @Nullable String image;

    @Option(names = "--text", paramLabel = "T", description = "a text")
    private @Nullable String text;

    @Option(names = "--pixels", paramLabel = "X.npy", description = "a preprocessed image, float32 [1, 3, h, w]; - for standard input")
    private @Nullable String pixels;

    @Option(names = "--ids", paramLabel = "X.npy", description =
            "token ids with start and end of text, int32 [1, length], all positions for SigLIP; - for standard input")
    private @Nullable String ids;

    @Option(names = "--truncate", description = "cut a text that is too long; without it it is refused")
    private boolean truncate;

    @Option(names = "--label", paramLabel = "L", description =
            "a text with which the residual stream is compared after each layer; repeatable")
    private List<String> labels = new ArrayList<>();

    @Option(names = "--zero", paramLabel = "KIND PLACE", arity = "2", description =
            "set a part to zero: head LAYER.HEAD, attention LAYER or mlp LAYER, whose biases stay; repeatable")
    private List<String> zeros = new ArrayList<>();

    @Option(names = "--list", description = "print the names and shapes of the stages only")
    private boolean list;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT", description =
            "write all stages to this file, .safetensors or .npz, float32 with the batch of one first")
    private @Nullable String output;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    /// What is traced.
    ///
    /// @param kind image, text, pixels or ids
    private record Input(
            String kind, String name, String prefix, TransformerConfig config, Traced.Tower tower) {}

    @Override
    public Integer call() throws IOException {
        long inputs = Stream.of(image != null, text != null, pixels != null, ids != null).filter(given -> given).count();
        if (inputs != 1) {
            throw new ParameterException(spec.commandLine(), "input: expected one of IMAGE, --text, --pixels and --ids, got " + inputs);
        }
        textOptions.requireReadable("--text", text == null ? List.of() : List.of(text));
        textOptions.requireReadable("--label", labels);
        reading.check();
        Path file = output();
        try (Clip clip = model.load(truncate)) {
            Input input = input(clip);
            Edits edits = edits(input);
            ZeroShotClassifier classifier =
                    labels.isEmpty() ? null : new Labels(null, lines()).classifier(clip, PromptTemplates.labelOnly());
            Traced traced = Traced.of(input.tower, input.prefix, input.config.layers(), edits, classifier != null);
            Encoders.requireFinite(traced.output(), () -> input.prefix.startsWith("vision")
                    ? Encoders.image(clip).whyNotFinite() : Encoders.text(clip).whyNotFinite());
            if (file != null) {
                write(file, clip, input, traced);
            }
            Traced unchanged = edits.isEmpty() || list ? traced
                    : Traced.of(input.tower, input.prefix, input.config.layers(), new Edits(input.prefix, input.config, List.of()), false);
            String shown = list && !json ? stages(traced, false)
                    : json ? Output.json(document(clip, input, traced, unchanged, classifier))
                    : printed(input, traced, unchanged, classifier);
            Streams streams = Streams.of(spec);
            streams.out().println(shown.stripTrailing());
            streams.requireOpen();
        }
        return ClipCommand.DONE;
    }

    private List<TextLines.Line> lines() {
        List<TextLines.Line> lines = new ArrayList<>();
        labels.forEach(label -> lines.add(new TextLines.Line(lines.size() + 1, label, null)));
        return lines;
    }

    private @Nullable Path output() throws IOException {
        if (output == null) {
            return null;
        }
        if (!isArchive(output) && !output.toLowerCase(Locale.ROOT).endsWith(".safetensors")) {
            throw new ParameterException(
                    spec.commandLine(), "--output: expected a name that ends in .safetensors or .npz, got '" + output + "'");
        }
        return Targets.of(spec, "--output", output, Stream.of(image, pixels, ids).flatMap(Stream::ofNullable).toList());
    }

    private static boolean isArchive(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".npz");
    }

    private Edits edits(Input input) {
        try {
            return new Edits(input.prefix, input.config, zeros);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Input input(Clip clip) throws IOException {
        if (image != null) {
            return image(clip, "image", image, clip.preprocess().apply(reading.readOne(image)));
        }
        if (pixels != null) {
            return image(clip, "pixels", pixels, pixels(Encoders.image(clip), pixels));
        }
        TextEncoder encoder = Encoders.text(clip);
        if (text != null) {
            return text(encoder, "text", text, clip.tokenizer().encode(text, encoder.config().contextLength()));
        }
        String file = Objects.requireNonNull(ids);
        return text(encoder, "ids", file, ids(encoder, file));
    }

    private static Input image(Clip clip, String kind, String name, Tensor read) {
        ImageEncoder encoder = Encoders.image(clip);
        return new Input(kind, name, "vision_model", encoder.config().transformer(), probe -> encoder.trace(read, probe));
    }

    private static Input text(TextEncoder encoder, String kind, String name, int[] tokens) {
        return new Input(kind, name, "text_model", encoder.config().transformer(), probe -> encoder.trace(tokens, probe));
    }

    private Tensor pixels(ImageEncoder encoder, String file) throws IOException {
        NpyArray array = NpyInput.read(file, Streams.of(spec));
        Shape expected = Shape.of(1, VisionConfig.CHANNELS, encoder.config().imageSize(), encoder.config().imageSize());
        if (!array.shape().equals(expected)) {
            throw new IllegalArgumentException("%s: expected the pixels of one image, %s, got %s".formatted(file, expected, array.shape()));
        }
        return Tensor.of(array.floats(), Shape.of(expected.dim(1), expected.dim(2), expected.dim(3)));
    }

    private int[] ids(TextEncoder encoder, String file) throws IOException {
        NpyArray array = NpyInput.read(file, Streams.of(spec));
        if (array.shape().rank() != 2 || array.shape().dim(0) != 1) {
            throw new IllegalArgumentException("%s: expected the ids of one text, [1, length], got %s".formatted(file, array.shape()));
        }
        int[] tokens = array.ints();
        try {
            encoder.check(List.of(tokens));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
        return tokens;
    }

    private void write(Path file, Clip clip, Input input, Traced traced) throws IOException {
        if (isArchive(file.toString())) {
            NpyWriter.writeArchive(file, traced.stages());
            return;
        }
        SafetensorsWriter writer = new SafetensorsWriter().metadata("model", clip.name()).metadata(input.kind, input.name);
        traced.stages().forEach((name, value) -> writer.add(name, DType.F32, value.shape(), value.toArray()));
        writer.write(file);
    }

    private static double rootMeanSquare(Tensor value) {
        double sum = 0;
        float[] all = value.toArray();
        for (float element : all) {
            sum += (double) element * element;
        }
        return Math.sqrt(sum / all.length);
    }

    private static String stages(Traced traced, boolean withSizes) {
        int width = traced.stages().keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder out = new StringBuilder();
        traced.stages().forEach((name, value) -> {
            out.append(name).append(" ".repeat(width - name.length() + 2)).append(value.shape());
            if (withSizes) {
                out.append(String.format(Locale.ROOT, "  rms %.4f", rootMeanSquare(value)));
            }
            out.append('\n');
        });
        return out.toString();
    }

    /// Where a row of the lens stands in the tower.
    private static String place(Input input, int row) {
        return row == 0 ? "before the blocks" : "after layer " + (row - 1) + (row == input.config.layers() ? ", the output" : "");
    }

    private String printed(Input input, Traced traced, Traced unchanged, @Nullable ZeroShotClassifier classifier) {
        StringBuilder out = new StringBuilder(stages(traced, true));
        if (classifier != null) {
            out.append("\ncosines with the labels, if the blocks ended there\n");
            for (int i = 0; i < labels.size(); i++) {
                out.append(String.format(Locale.ROOT, "  %d  %s%n", i + 1, Output.printable(labels.get(i))));
            }
            for (int row = 0; row < traced.lens().length; row++) {
                out.append(String.format(Locale.ROOT, "  %-26s", place(input, row)));
                for (double cosine : cosines(classifier, traced.lens()[row])) {
                    out.append(String.format(Locale.ROOT, " %7.3f", cosine));
                }
                out.append('\n');
            }
        }
        if (!zeros.isEmpty()) {
            Embedding now = Embedding.normalized(traced.output());
            out.append(String.format(Locale.ROOT, "%nwith %s set to zero, the embedding has a cosine of %.4f with the one without%n",
                    zeroed(), now.dot(Embedding.normalized(unchanged.output()))));
            if (classifier != null) {
                double[] before = cosines(classifier, unchanged.output());
                double[] after = cosines(classifier, traced.output());
                for (int i = 0; i < labels.size(); i++) {
                    out.append(String.format(Locale.ROOT, "  cosine %7.3f → %7.3f  %s%n", before[i], after[i],
                            Output.printable(labels.get(i))));
                }
            }
        }
        return out.toString();
    }

    private String zeroed() {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i + 1 < zeros.size(); i += 2) {
            parts.add(zeros.get(i) + " " + zeros.get(i + 1));
        }
        return String.join(", ", parts);
    }

    private static double[] cosines(ZeroShotClassifier classifier, float[] output) {
        Embedding embedding = Embedding.normalized(output);
        return classifier.classEmbeddings().stream().mapToDouble(embedding::dot).toArray();
    }

    private JsonObject document(Clip clip, Input input, Traced traced, Traced unchanged, @Nullable ZeroShotClassifier classifier) {
        JsonObject document = new JsonObject();
        document.addProperty("model", clip.name());
        document.addProperty(input.kind, input.name);
        JsonArray stages = new JsonArray();
        for (Map.Entry<String, Tensor> entry : traced.stages().entrySet()) {
            JsonObject stage = new JsonObject();
            stage.addProperty("name", entry.getKey());
            stage.add("shape", Output.array(entry.getValue().shape().toArray()));
            stage.addProperty("rms", rootMeanSquare(entry.getValue()));
            stages.add(stage);
        }
        document.add("stages", stages);
        if (!zeros.isEmpty()) {
            document.addProperty("zero", zeroed());
            document.addProperty(
                    "cosine_to_unchanged", Embedding.normalized(traced.output()).dot(Embedding.normalized(unchanged.output())));
        }
        if (classifier != null) {
            JsonArray lens = new JsonArray();
            for (int row = 0; row < traced.lens().length; row++) {
                JsonObject entry = new JsonObject();
                entry.addProperty("where", place(input, row));
                entry.add("cosine", numbers(cosines(classifier, traced.lens()[row])));
                lens.add(entry);
            }
            document.add("labels", labels(traced, unchanged, classifier));
            document.add("lens", lens);
        }
        return document;
    }

    private static JsonArray labels(Traced traced, Traced unchanged, ZeroShotClassifier classifier) {
        double[] after = cosines(classifier, traced.output());
        double[] before = cosines(classifier, unchanged.output());
        JsonArray labels = new JsonArray();
        for (int i = 0; i < after.length; i++) {
            JsonObject entry = new JsonObject();
            entry.addProperty("label", classifier.labels().get(i));
            entry.addProperty("cosine", after[i]);
            entry.addProperty("cosine_unchanged", before[i]);
            labels.add(entry);
        }
        return labels;
    }

    private static JsonArray numbers(double[] values) {
        JsonArray array = new JsonArray();
        for (double value : values) {
            array.add(value);
        }
        return array;
    }
}
