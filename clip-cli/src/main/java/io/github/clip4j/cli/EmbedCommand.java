package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip embed`
@Command(
        name = "embed",
        description = "Turns images or texts into vectors.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  clip embed *.jpg --model DIR -o images.npy",
            "  clip embed --text \"a photo of a cat\" --model DIR --json",
            "  clip embed --pixels preprocessed.npy --raw --model DIR -o outputs.npy",
            "",
            "With -o the vectors are the rows of a float32 array, in the order of the input. An image that cannot be read, or a text",
            "that is too long, has no row; what is printed says which row belongs to which input."
        })
final class EmbedCommand implements Callable<Integer> {
    /// Inputs that are encoded at once.
    private static final int CHUNK = 32;

    /// Texts that are encoded together, as many as in `Clip`: what they share at their beginnings is computed once.
    private static final int TEXT_CHUNK = 4096;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Parameters(paramLabel = "IMAGE", description = "image files")
    private List<Path> images = new ArrayList<>();

    @Option(names = "--text", paramLabel = "T", description = "a text; repeatable")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--texts-file", paramLabel = "F", description = "a file with one text a line")
    private @Nullable Path textsFile;

    @Option(names = "--pixels", paramLabel = "X.npy", description = "preprocessed images, float32 [n, 3, h, w]")
    private @Nullable Path pixels;

    @Option(names = "--ids", paramLabel = "X.npy", description =
            "token ids with start and end of text, int32 [n, length]; all positions for SigLIP")
    private @Nullable Path ids;

    @Option(names = "--raw", description = "the projection as it is, not scaled to length 1")
    private boolean raw;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.npy", description = "write the vectors to this file, float32 [n, d]")
    private @Nullable Path output;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    /// What was embedded, or why it was not.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Result(String kind, String input, float @Nullable [] vector, @Nullable String error) {}

    @Override
    public Integer call() throws IOException {
        long inputs = Stream.of(!images.isEmpty(), !texts.isEmpty(), textsFile != null, pixels != null, ids != null)
                .filter(given -> given)
                .count();
        if (inputs != 1) {
            throw new ParameterException(
                    spec.commandLine(), "input: expected one of IMAGE..., --text, --texts-file, --pixels and --ids, got " + inputs);
        }
        try (Clip clip = model.load()) {
            List<Result> results = embed(clip);
            report(clip, results);
            return results.stream().allMatch(result -> result.error == null) ? 0 : 1;
        }
    }

    private List<Result> embed(Clip clip) throws IOException {
        if (!images.isEmpty()) {
            return embedImages(clip);
        }
        if (pixels != null) {
            return embedPixels(clip, NpyArray.read(pixels));
        }
        if (ids != null) {
            return embedIds(clip, NpyArray.read(ids));
        }
        return embedTexts(clip, textsFile == null ? texts : Output.lines(textsFile));
    }

    private List<Result> embedImages(Clip clip) {
        ClipPreprocess preprocess = clip.preprocess();
        ImageEncoder encoder = imageEncoder(clip);
        List<Result> results = new ArrayList<>();
        Consumer<Integer> progress = Output.progress("Embedding", images.size());
        try (ReadAhead<Tensor> ahead =
                new ReadAhead<>(images, model.threads(), 2 * CHUNK, file -> preprocess.apply(reading.read(file)))) {
            for (int from = 0; from < images.size(); from += CHUNK) {
                embedChunk(images.subList(from, Math.min(images.size(), from + CHUNK)), ahead, encoder, results);
                progress.accept(results.size());
            }
        }
        return results;
    }

    private void embedChunk(List<Path> chunk, ReadAhead<Tensor> ahead, ImageEncoder encoder, List<Result> results) {
        List<Tensor> prepared = new ArrayList<>();
        int first = results.size();
        for (Path image : chunk) {
            try {
                prepared.add(ahead.next());
                results.add(new Result("image", image.toString(), null, null));
            } catch (IOException | IllegalArgumentException e) {
                results.add(failed("image", image.toString(), ReadAhead.message(image, e)));
            }
        }
        int size = encoder.config().imageSize();
        float[] batch = new float[prepared.size() * 3 * size * size];
        for (int i = 0; i < prepared.size(); i++) {
            System.arraycopy(prepared.get(i).array(), 0, batch, i * 3 * size * size, 3 * size * size);
        }
        putVectors(encoder.encode(Tensor.of(batch, Shape.of(prepared.size(), 3, size, size))), results, first);
    }

    private Result failed(String kind, String input, String message) {
        spec.commandLine().getErr().println("clip: " + message);
        return new Result(kind, input, null, message);
    }

    /// Gives the results from `first` on that did not fail their rows.
    private void putVectors(Tensor outputs, List<Result> results, int first) {
        int row = 0;
        for (int i = first; i < results.size(); i++) {
            Result result = results.get(i);
            if (result.error == null) {
                results.set(i, new Result(result.kind, result.input, vector(outputs, row++), null));
            }
        }
    }

    private List<Result> embedPixels(Clip clip, NpyArray array) throws IOException {
        Tensor outputs = imageEncoder(clip).encode(Tensor.of(array.floats(), array.shape()));
        return rows(outputs, "pixels");
    }

    private List<Result> embedIds(Clip clip, NpyArray array) throws IOException {
        if (array.shape().rank() != 2) {
            throw new IllegalArgumentException("%s: expected ids [n, length], got %s".formatted(ids, array.shape()));
        }
        int[] values = array.ints();
        int length = array.shape().dim(1);
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < array.shape().dim(0); i++) {
            rows.add(Arrays.copyOfRange(values, i * length, (i + 1) * length));
        }
        return rows(textEncoder(clip).encode(rows), "ids");
    }

    private List<Result> embedTexts(Clip clip, List<String> lines) {
        TextEncoder encoder = textEncoder(clip);
        Tokenizer tokenizer = clip.tokenizer();
        List<Result> results = new ArrayList<>();
        Consumer<Integer> progress = Output.progress("Embedding", lines.size());
        for (int from = 0; from < lines.size(); from += TEXT_CHUNK) {
            List<int[]> tokens = new ArrayList<>();
            for (int i = from; i < Math.min(lines.size(), from + TEXT_CHUNK); i++) {
                try {
                    tokens.add(tokenizer.encode(lines.get(i), encoder.config().contextLength()));
                    results.add(new Result("text", lines.get(i), null, null));
                } catch (TextTooLongException e) {
                    results.add(failed("text", lines.get(i), ClipCommand.message(e.at("texts", i))));
                }
            }
            putVectors(encoder.encode(tokens), results, from);
            progress.accept(results.size());
        }
        return results;
    }

    private List<Result> rows(Tensor outputs, String kind) {
        List<Result> results = new ArrayList<>();
        for (int row = 0; row < outputs.rows(); row++) {
            results.add(new Result(kind, String.valueOf(row), vector(outputs, row), null));
        }
        return results;
    }

    private float[] vector(Tensor outputs, int row) {
        float[] values = outputs.rows(row, 1).toArray();
        return raw ? values : Embedding.normalized(values).toArray();
    }

    private static ImageEncoder imageEncoder(Clip clip) {
        return clip.model().imageEncoder()
                .orElseThrow(() -> new IllegalStateException(clip.name() + " has no image encoder: it is a checkpoint of texts only"));
    }

    private static TextEncoder textEncoder(Clip clip) {
        return clip.model().textEncoder()
                .orElseThrow(() -> new IllegalStateException(clip.name() + " has no text encoder: it is a checkpoint of images only"));
    }

    private void report(Clip clip, List<Result> results) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<float[]> vectors = new ArrayList<>();
        JsonArray entries = new JsonArray();
        for (Result result : results) {
            JsonObject entry = new JsonObject();
            entry.addProperty(result.kind, result.input);
            float[] vector = result.vector;
            if (vector == null) {
                entry.addProperty("error", result.error);
            } else {
                entry.addProperty("row", vectors.size());
                vectors.add(vector);
                if (output == null && json) {
                    JsonArray numbers = new JsonArray(vector.length);
                    for (float value : vector) {
                        numbers.add(value);
                    }
                    entry.add("embedding", numbers);
                }
                if (!json) {
                    out.printf(
                            Locale.ROOT, "%5d  %s  [%.4f, %.4f, %.4f, … %d]%n", vectors.size() - 1, result.input, vector[0],
                            vector[Math.min(1, vector.length - 1)], vector[Math.min(2, vector.length - 1)], vector.length);
                }
            }
            entries.add(entry);
        }
        if (output != null) {
            write(output, vectors, clip);
        }
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("model", clip.name());
            document.addProperty("normalized", !raw);
            document.add("results", entries);
            out.println(Output.json(document));
        }
    }

    private static void write(Path file, List<float[]> vectors, Clip clip) throws IOException {
        int width = vectors.isEmpty()
                ? clip.model().imageEncoder().map(e -> e.config().outputDim()).orElse(0)
                : vectors.getFirst().length;
        float[] rows = new float[vectors.size() * width];
        for (int i = 0; i < vectors.size(); i++) {
            System.arraycopy(vectors.get(i), 0, rows, i * width, width);
        }
        NpyWriter.writeFloats(file, rows, Shape.of(vectors.size(), width));
    }
}
