package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tools.NpyWriter;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
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
            "With -o the vectors are the rows of a float32 array, in the order of the input. An image that cannot be read, or a text",
            "that is too long, has no row and is named; the others are done, and what is printed says which row belongs to which input.",
            "A blank line of --texts-file is a text without words, and has its row.",
            "",
            "Examples:",
            "  clip embed *.jpg --model DIR -o images.npy",
            "  clip embed photos --model DIR -o images.npy --json > rows.json",
            "  clip embed --text \"a photo of a cat\" --model DIR --json",
            "  cut -f2 captions.tsv | clip embed --texts-file - --truncate --model DIR -o texts.npy",
            "  clip embed --pixels preprocessed.npy --raw --model DIR -o outputs.npy"
        })
final class EmbedCommand implements Callable<Integer> {
    /// Images that are encoded at once.
    private static final int CHUNK = 32;

    /// Texts that are encoded together, as many as in `Clip`: what they share at their beginnings is computed once.
    private static final int TEXT_CHUNK = 4096;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Mixin
    private TextOptions text = new TextOptions();

    @Parameters(paramLabel = "IMAGE", description = ReadOptions.DESCRIPTION)
    private List<String> images = new ArrayList<>();

    @Option(names = "--text", paramLabel = "T", description = "a text; repeatable")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--texts-file", paramLabel = "F", description = "a file with one text a line; - for standard input")
    private @Nullable String textsFile;

    @Option(names = "--truncate", description = "cut texts that are too long; without it they fail")
    private boolean truncate;

    @Option(names = "--pixels", paramLabel = "X.npy", description = "preprocessed images, float32 [n, 3, h, w]; - for standard input")
    private @Nullable String pixels;

    @Option(names = "--ids", paramLabel = "X.npy", description =
            "token ids with start and end of text, int32 [n, length], all positions for SigLIP; - for standard input")
    private @Nullable String ids;

    @Option(names = "--raw", description = "the projection as it is, not scaled to length 1")
    private boolean raw;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.npy", description =
            "write the vectors to this file, float32 [n, d]; - for standard output")
    private @Nullable String output;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        check();
        Streams streams = Streams.of(spec);
        List<String> inputs = Stream.concat(images.stream(), Stream.of(textsFile, pixels, ids).flatMap(Stream::ofNullable)).toList();
        Path file = output == null || toStandardOutput() ? null : Targets.of(spec, "--output", output, inputs);
        boolean ofImages = !images.isEmpty() || pixels != null;
        Tally tally = new Tally(spec, ofImages ? "images" : "texts");
        try (Clip clip = model.load(truncate)) {
            int width = ofImages ? Encoders.image(clip).config().outputDim() : Encoders.text(clip).config().outputDim();
            OutputFile target = file != null ? OutputFile.create(file)
                    : toStandardOutput() ? OutputFile.toStream("standard output", streams.bytes()) : null;
            JsonResults document = json ? new JsonResults(streams, head(clip)) : null;
            NpyWriter.Rows rows = target == null ? null : NpyWriter.rows(target, width);
            try (EmbedReport report = new EmbedReport(streams, tally, rows, document, toStandardOutput())) {
                embed(clip, report, tally);
                report.commit();
            }
        }
        return images.isEmpty() ? tally.end() : tally.endOfSome();
    }

    private boolean toStandardOutput() {
        return TextOptions.STANDARD.equals(output);
    }

    private void check() {
        long inputs = Stream.of(!images.isEmpty(), !texts.isEmpty(), textsFile != null, pixels != null, ids != null)
                .filter(given -> given)
                .count();
        if (inputs != 1) {
            throw new ParameterException(
                    spec.commandLine(), "input: expected one of IMAGE..., --text, --texts-file, --pixels and --ids, got " + inputs);
        }
        if (toStandardOutput() && json) {
            throw new ParameterException(spec.commandLine(), "--output: expected a file beside --json, got standard output for both");
        }
        if (toStandardOutput() && Streams.of(spec).isTerminal()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--output: expected a file or a program that reads the array, got a terminal; redirect it: -o - > x.npy");
        }
        text.check();
        text.requireReadable("--text", texts);
        reading.check();
    }

    private JsonObject head(Clip clip) {
        JsonObject head = new JsonObject();
        head.addProperty("model", clip.name());
        head.addProperty("normalized", !raw);
        return head;
    }

    private void embed(Clip clip, EmbedReport report, Tally tally) throws IOException {
        if (!images.isEmpty()) {
            embedImages(clip, report, tally);
        } else if (pixels != null) {
            embedPixels(Encoders.image(clip), NpyInput.read(pixels, Streams.of(spec)), report);
        } else if (ids != null) {
            embedIds(Encoders.text(clip), NpyInput.read(ids, Streams.of(spec)), report);
        } else if (textsFile == null) {
            embedTexts(clip, texts.stream().map(value -> new TextLines.Line(0, value, null)).iterator(), line -> "--text", report);
        } else {
            try (TextLines lines = text.open(textsFile, TextLines.Ends.ANY)) {
                embedTexts(clip, lines, lines::where, report);
            }
        }
    }

    /// An input of a chunk: what is encoded, or why it cannot be.
    private record Input<T>(String name, @Nullable T value, @Nullable String error) {}

    private void embedImages(Clip clip, EmbedReport report, Tally tally) throws IOException {
        ClipPreprocess preprocess = clip.preprocess();
        ImageEncoder encoder = Encoders.image(clip);
        Output.Progress progress = Output.progress("Embedding");
        try (ReadAhead<Tensor> ahead = new ReadAhead<>(
                reading.items(images, tally), model.threads(), 2 * CHUNK, item -> preprocess.apply(reading.read(item)))) {
            while (ahead.hasNext()) {
                List<Input<Tensor>> chunk = new ArrayList<>();
                while (chunk.size() < CHUNK && ahead.hasNext()) {
                    ReadAhead.Result<Tensor> result = ahead.next();
                    chunk.add(new Input<>(result.item().name(), result.value(), result.error()));
                }
                report(chunk, encodeImages(encoder, chunk), encoder::whyNotFinite, "image", report);
                progress.advance(chunk.size());
            }
        }
        progress.end();
    }

    private static Tensor encodeImages(ImageEncoder encoder, List<Input<Tensor>> chunk) {
        int size = encoder.config().imageSize();
        int floats = VisionConfig.CHANNELS * size * size;
        List<Tensor> prepared = chunk.stream().flatMap(input -> Stream.ofNullable(input.value)).toList();
        float[] batch = new float[prepared.size() * floats];
        for (int i = 0; i < prepared.size(); i++) {
            System.arraycopy(prepared.get(i).array(), prepared.get(i).offset(), batch, i * floats, floats);
        }
        return encoder.encode(Tensor.of(batch, Shape.of(prepared.size(), VisionConfig.CHANNELS, size, size)));
    }

    /// Gives each input of a chunk its row, or its error.
    ///
    /// @param outputs one row for each input without an error
    /// @param whyNotFinite asked when an output is not: then the weights are to blame, and no other input would do better
    private <T> void report(
            List<Input<T>> chunk, Tensor outputs, Supplier<String> whyNotFinite, String kind, EmbedReport report) throws IOException {
        int row = 0;
        for (Input<T> input : chunk) {
            if (input.error != null) {
                report.failed(kind, input.name, input.error);
                continue;
            }
            float[] vector = outputs.rows(row++, 1).toArray();
            if (IntStream.range(0, vector.length).anyMatch(i -> !Float.isFinite(vector[i]))) {
                throw new IllegalStateException(whyNotFinite.get());
            }
            report.add(kind, input.name, raw ? vector : Embedding.normalized(vector).toArray());
        }
        report.flush();
    }

    private void embedPixels(ImageEncoder encoder, NpyArray array, EmbedReport report) throws IOException {
        int size = encoder.config().imageSize();
        Shape one = Shape.of(VisionConfig.CHANNELS, size, size);
        float[] values = array.floats();
        int[] dims = array.shape().toArray();
        if (dims.length != 4 || !Shape.of(dims[1], dims[2], dims[3]).equals(one)) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "%s: expected pixels [n, %d, %d, %d], got %s; preprocess images for this model first", pixels,
                    VisionConfig.CHANNELS, size, size, array.shape()));
        }
        List<Input<Tensor>> chunk = new ArrayList<>();
        for (int i = 0; i < dims[0]; i++) {
            float[] image = Arrays.copyOfRange(values, i * one.elements(), (i + 1) * one.elements());
            boolean finite = IntStream.range(0, image.length).allMatch(j -> Float.isFinite(image[j]));
            String name = String.valueOf(i);
            chunk.add(finite ? new Input<>(name, Tensor.of(image, one), null)
                    : new Input<>(name, null, pixels + "[" + i + "]: expected finite numbers, got one that is not"));
            if (chunk.size() == CHUNK || i == dims[0] - 1) {
                report(chunk, encodeImages(encoder, chunk), encoder::whyNotFinite, "pixels", report);
                chunk.clear();
            }
        }
    }

    private void embedIds(TextEncoder encoder, NpyArray array, EmbedReport report) throws IOException {
        if (array.shape().rank() != 2) {
            throw new IllegalArgumentException("%s: expected ids [n, length], got %s".formatted(ids, array.shape()));
        }
        int[] values = array.ints();
        int length = array.shape().dim(1);
        List<Input<int[]>> chunk = new ArrayList<>();
        for (int i = 0; i < array.shape().dim(0); i++) {
            int[] row = Arrays.copyOfRange(values, i * length, (i + 1) * length);
            chunk.add(checked(encoder, row, i));
            if (chunk.size() == TEXT_CHUNK || i == array.shape().dim(0) - 1) {
                report(chunk, encodeTexts(encoder, chunk), encoder::whyNotFinite, "ids", report);
                chunk.clear();
            }
        }
    }

    private Input<int[]> checked(TextEncoder encoder, int[] row, int i) {
        try {
            encoder.check(List.of(row));
            return new Input<>(String.valueOf(i), row, null);
        } catch (IllegalArgumentException e) {
            return new Input<>(String.valueOf(i), null, ids + "[" + i + "]: " + e.getMessage());
        }
    }

    /// Where a line is.
    @FunctionalInterface
    private interface Where {
        String of(TextLines.Line line);
    }

    private void embedTexts(Clip clip, Iterator<TextLines.Line> lines, Where where, EmbedReport report) throws IOException {
        TextEncoder encoder = Encoders.text(clip);
        Tokenizer tokenizer = clip.tokenizer();
        Output.Progress progress = Output.progress("Embedding");
        while (lines.hasNext()) {
            List<Input<int[]>> chunk = new ArrayList<>();
            while (chunk.size() < TEXT_CHUNK && lines.hasNext()) {
                TextLines.Line line = lines.next();
                chunk.add(tokenized(line, where, tokenizer, encoder.config().contextLength()));
            }
            report(chunk, encodeTexts(encoder, chunk), encoder::whyNotFinite, "text", report);
            progress.advance(chunk.size());
        }
        progress.end();
    }

    private static Input<int[]> tokenized(TextLines.Line line, Where where, Tokenizer tokenizer, int contextLength) {
        if (line.error() != null) {
            return new Input<>(line.text(), null, where.of(line) + ": " + line.error());
        }
        try {
            return new Input<>(line.text(), tokenizer.encode(line.text(), contextLength), null);
        } catch (TextTooLongException e) {
            return new Input<>(line.text(), null, where.of(line) + ": " + ClipCommand.message(e));
        }
    }

    private static Tensor encodeTexts(TextEncoder encoder, List<Input<int[]>> chunk) {
        return encoder.encode(chunk.stream().flatMap(input -> Stream.ofNullable(input.value)).toList());
    }
}
