package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.tools.NpyWriter;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip preprocess`
@Command(
        name = "preprocess",
        description = "Prepares images for the image encoder and writes them as 00000.npy, 00001.npy, … in the order of the input.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Prints one JSON line for each image. Without --model they are prepared as for ViT-B/32: 224 × 224 pixels. An image that fails",
            "keeps its number, and so does a blank line of a list: the number of a file is that of its line.",
            "",
            "Examples:",
            "  clip preprocess *.jpg -o prepared",
            "  clip preprocess photos -o prepared",
            "  clip preprocess --list images.txt --uint8 --model DIR -o prepared"
        })
final class PreprocessCommand implements Callable<Integer> {
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

    @Option(names = "--list", paramLabel = "FILE", description = "a file with the path of one image on each line; - for standard input")
    private @Nullable String list;

    @Option(names = "--uint8", description = "write the resized and cropped bytes [h, w, 3] instead of float32 [3, h, w]")
    private boolean uint8;

    @Option(names = {"-o", "--output"}, paramLabel = "DIR", required = true, description = "the directory to write to")
    private String output = "";

    @Override
    public Integer call() throws IOException {
        if (images.isEmpty() == (list == null)) {
            throw new ParameterException(spec.commandLine(), "input: expected either IMAGE... or --list");
        }
        if (output.equals(TextOptions.STANDARD)) {
            throw new ParameterException(spec.commandLine(), "--output: expected a directory, got standard output");
        }
        text.check();
        reading.check();
        Path folder = FileNames.path(output);
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new FileSystemException(folder + ": expected a directory to write to, got a file");
        }
        ClipPreprocess preprocess = preprocess();
        Files.createDirectories(folder);
        OutputFile.requireWritable(folder.resolve(name(0)));
        Tally tally = new Tally(spec, "images");
        if (list == null) {
            run(preprocess, reading.items(images, tally), folder, tally);
        } else {
            try (TextLines lines = text.open(list, TextLines.Ends.ANY)) {
                run(preprocess, ImageItems.ofList(lines), folder, tally);
            }
        }
        return list == null ? tally.endOfSome() : tally.end();
    }

    private static String name(long number) {
        return String.format(Locale.ROOT, "%05d.npy", number);
    }

    private void run(ClipPreprocess preprocess, Iterator<ImageItem> items, Path folder, Tally tally) throws IOException {
        Streams streams = Streams.of(spec);
        Output.Progress progress = Output.progress("Preprocessing");
        try (ReadAhead<Prepared> ahead =
                new ReadAhead<>(items, model.threads(), 2 * model.threads(), item -> prepare(preprocess, reading.read(item)))) {
            for (long i = 0; ahead.hasNext(); i++) {
                ReadAhead.Result<Prepared> result = ahead.next();
                JsonObject line = new JsonObject();
                line.addProperty("image", result.item().name());
                Prepared prepared = result.value();
                if (prepared == null) {
                    tally.failed(String.valueOf(result.error()));
                    line.addProperty("error", result.error());
                } else {
                    Path file = folder.resolve(name(i));
                    prepared.writeTo(file);
                    line.addProperty("file", file.toString());
                    tally.done();
                }
                streams.out().println(Output.json(line));
                streams.requireOpen();
                progress.advance(1);
            }
        }
        progress.end();
    }

    private ClipPreprocess preprocess() throws IOException {
        ClipPreprocess preprocess;
        if (model.isGiven()) {
            try (Checkpoint checkpoint = model.checkpoint()) {
                preprocess = checkpoint.preprocessing(model.profile().orElse(checkpoint.profile()))
                        .orElseThrow(() ->
                                new IllegalStateException(checkpoint.name() + " has no image encoder: it is a checkpoint of texts only"));
            }
        } else {
            preprocess = ClipPreprocess.huggingFace(224).withConvention(model.profile().orElse(Profile.HF).convention());
        }
        return model.imageSize().map(preprocess::withSize).orElse(preprocess);
    }

    /// What is written for an image.
    @FunctionalInterface
    private interface Prepared {
        void writeTo(Path file) throws IOException;
    }

    private Prepared prepare(ClipPreprocess preprocess, Image image) {
        if (uint8) {
            Image cropped = preprocess.resizeAndCrop(image);
            return file -> NpyWriter.writeUnsignedBytes(file, cropped.toRgb(), cropped.shape());
        }
        Tensor pixels = preprocess.apply(image);
        return file -> NpyWriter.writeFloats(file, pixels.toArray(), pixels.shape());
    }
}
