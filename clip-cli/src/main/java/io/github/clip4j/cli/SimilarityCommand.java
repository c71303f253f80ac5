package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.Classification;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.image.Image;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
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

/// `clip similarity`
@Command(
        name = "similarity",
        description = "Compares every image with every text: the matrix of cosines, and what temperature and softmax make of it.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A row is an image, a column a text. The logit is the cosine times the model's scale (and plus its bias, for SigLIP).",
            "The probability is the softmax of a row: which of these texts belongs to the image. A model that was trained with a",
            "sigmoid, such as SigLIP, judges each cell by itself.",
            "",
            "Examples:",
            "  clip similarity docs/examples/*.png --text \"a red circle\" --text \"a letter K\"",
            "  clip similarity photos --texts-file captions.txt --model DIR --json",
            "  clip similarity docs/examples/*.png --text \"a red circle\" --text \"three hearts\" -o matrix.svg"
        })
final class SimilarityCommand implements Callable<Integer> {
    private static final double MOST_SCALE = 1000; // ten times the most that training allows

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Mixin
    private TextOptions text = new TextOptions();

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = ReadOptions.DESCRIPTION)
    private List<String> images = new ArrayList<>();

    @Option(names = "--text", paramLabel = "T", description = "a text; repeatable")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--texts-file", paramLabel = "F", description =
            "a file with one text a line; blank lines are left out; - for standard input")
    private @Nullable String textsFile;

    @Option(names = "--truncate", description = "cut texts that are too long; without it they are refused")
    private boolean truncate;

    @Option(names = "--scale", paramLabel = "S", description =
            "the factor of the cosines before the softmax, e^logit_scale, up to 1000; the one that the model has learnt unless given")
    private @Nullable Double scale;

    @Option(names = "--loss", description = "print the loss of training on these pairs too: the first image with the first text, and so on")
    private boolean loss;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.svg", description = "draw the matrix with the images beside it, as SVG")
    private @Nullable String output;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (texts.isEmpty() == (textsFile == null)) {
            throw new ParameterException(spec.commandLine(), "texts: expected either --text or --texts-file");
        }
        if (scale != null && !(scale > 0 && scale <= MOST_SCALE)) {
            throw new ParameterException(
                    spec.commandLine(), "--scale: expected a number above 0 and up to 1000, such as 14.3, got " + scale);
        }
        text.check();
        text.requireReadable("--text", texts);
        reading.check();
        Path file = output();
        Labels labels = Labels.of(texts, textsFile, text);
        Tally tally = new Tally(spec, "images");
        try (ReadAhead<Image> ahead =
                        new ReadAhead<>(reading.items(images, tally), model.threads(), 2 * model.threads(), reading::read);
                Clip clip = model.load(truncate)) {
            ZeroShotClassifier classifier = labels.classifier(clip, PromptTemplates.labelOnly());
            SimilarityMatrix learnt = new SimilarityMatrix(classifier.labels(), classifier.isIndependent());
            compare(clip, classifier, ahead, learnt, file != null, tally);
            SimilarityMatrix matrix = scale == null ? learnt : learnt.scaled(scale, clip.model().logitBias().orElse(0));
            if (loss && !matrix.hasFailures() && matrix.rows().size() != matrix.texts().size()) {
                throw new ParameterException(spec.commandLine(), "--loss: expected a text for each image, got "
                        + matrix.texts().size() + " texts and " + matrix.rows().size() + " images");
            }
            if (file != null) {
                OutputFile.write(file, out -> out.write(SimilaritySvg.of(matrix).getBytes(StandardCharsets.UTF_8)));
            }
            print(matrix);
        }
        return tally.endOfSome();
    }

    private @Nullable Path output() throws IOException {
        if (output == null) {
            return null;
        }
        if (!output.toLowerCase(Locale.ROOT).endsWith(".svg")) {
            throw new ParameterException(
                    spec.commandLine(), "--output: expected the name of an SVG file, such as x.svg, got '" + output + "'");
        }
        return Targets.of(spec, "--output", output, images);
    }

    private static void compare(
            Clip clip, ZeroShotClassifier classifier, ReadAhead<Image> ahead, SimilarityMatrix matrix, boolean drawn, Tally tally) {
        Output.Progress progress = Output.progress("Comparing");
        while (ahead.hasNext()) {
            ReadAhead.Result<Image> read = ahead.next();
            String name = read.item().name();
            try {
                Image image = read.value();
                if (image == null) {
                    throw new IllegalArgumentException(read.error());
                }
                Embedding embedding = clip.embedImage(image);
                Classification classification = classifier.classify(embedding);
                matrix.add(name, classification, drawn ? clip.preprocess().resizeAndCrop(image) : null);
                tally.done();
            } catch (IllegalArgumentException e) {
                String message = read.error() != null ? read.error() : read.item().message(e);
                tally.failed(message);
                matrix.failed(name, message);
            }
            progress.advance(1);
        }
        progress.end();
    }

    private void print(SimilarityMatrix matrix) throws IOException {
        Streams streams = Streams.of(spec);
        boolean pairs = loss && !matrix.hasFailures();
        if (loss && !pairs) {
            spec.commandLine().getErr().println("clip: no loss: without the images that failed the rest are no pairs");
        }
        if (json) {
            JsonObject document = matrix.toJson();
            if (pairs) {
                document.addProperty("loss", matrix.loss());
            }
            streams.out().println(Output.json(document));
        } else {
            streams.out().println(matrix.toText());
            if (pairs) {
                streams.out().println(String.format(Locale.ROOT, "%nloss of the pairs%n  %.3g", matrix.loss()));
            }
        }
        streams.requireOpen();
    }
}
