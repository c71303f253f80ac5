package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Classification;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.search.EmbeddingIndex;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip classify`
@Command(
        name = "classify",
        description = "Says which of the labels fits each image best, and how probably.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A share says how well a label fits compared with the other labels: the shares of an image add up to 100 %%, also when none",
            "fits. The cosine is of image and label alone, and does not change with the other labels. To find images that no label fits,",
            "set a --threshold on it that was found with images of your own: it depends on the model.",
            "",
            "Examples:",
            "  clip classify photo.jpg --model DIR --label \"a photo of a cat\" --label \"a photo of a dog\"",
            "  clip classify photos --model DIR --labels-file labels.txt --template \"a photo of a {}\" --top 5 --json",
            "  clip classify photo.jpg --model DIR --label \"a photo of a cat\" --threshold 0.25"
        })
final class ClassifyCommand implements Callable<Integer> {
    private static final int BAR = 30;

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

    @Option(names = "--index", paramLabel = "DIR", description =
            "classify all images of this index instead, as it is; none of them is read or encoded again")
    private @Nullable String index;

    @Mixin
    private LabelOptions labels = new LabelOptions();

    @Option(names = "--truncate", description = "cut labels that are too long; without it they are refused")
    private boolean truncate;

    @Option(names = "--top", paramLabel = "N", description = "print the N most probable labels only")
    private int top = Integer.MAX_VALUE;

    @Option(names = "--threshold", paramLabel = "T", description =
            "print labels whose cosine is at least T, such as 0.25, or whose share is, such as 80%%; perhaps none")
    private @Nullable String threshold;

    @Option(names = "--independent", description =
            "judge each label by itself, by the sigmoid of its logit. These are probabilities only for a model that was trained so; "
                    + "for others, such as OpenAI's, use --threshold with a cosine")
    private boolean independent;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    /// What a label needs to be printed.
    private record Threshold(double cosine, double share) {
        Classification of(Classification classification) {
            return new Classification(classification.scores().stream()
                    .filter(score -> score.cosine() >= cosine && score.probability() >= share).toList(), classification.independent());
        }
    }

    @Override
    public Integer call() throws IOException {
        if (!labels.isGiven()) {
            throw new ParameterException(spec.commandLine(), "labels: expected either --label or --labels-file");
        }
        if (images.isEmpty() == (index == null)) {
            throw new ParameterException(spec.commandLine(), "input: expected either IMAGE or --index");
        }
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top: expected at least 1, got " + top);
        }
        Threshold least = threshold();
        labels.check(text);
        reading.check();
        Labels all = labels.read(text);
        PromptTemplates prompts = labels.prompts();
        Tally tally = new Tally(spec, "images");
        if (index != null) {
            Path folder = FileNames.path(index);
            EmbeddingIndex embeddings = EmbeddingIndex.open(folder);
            model.orElse(embeddings.model());
            try (Clip clip = model.load(truncate)) {
                embeddings.model().requireTexts(clip);
                classify(clip, all.classifier(clip, prompts), least, indexed(embeddings), tally);
            }
            return tally.end();
        }
        try (EmbeddedImages embedded = new EmbeddedImages(reading.items(images, tally), reading, model.threads());
                Clip clip = model.load(truncate)) {
            classify(clip, all.classifier(clip, prompts), least, embedded.with(clip), tally);
        }
        return tally.endOfSome();
    }

    private static Iterator<EmbeddedImages.Result> indexed(EmbeddingIndex index) {
        return IntStream.range(0, index.size())
                .mapToObj(i -> new EmbeddedImages.Result(index.entries().get(i).path(), index.embedding(i), null)).iterator();
    }

    private Threshold threshold() {
        if (threshold == null) {
            return new Threshold(Double.NEGATIVE_INFINITY, 0);
        }
        boolean percent = threshold.endsWith("%");
        try {
            double value = Double.parseDouble(percent ? threshold.substring(0, threshold.length() - 1) : threshold);
            if (percent ? value >= 0 && value <= 100 : Math.abs(value) <= 1) {
                return percent ? new Threshold(Double.NEGATIVE_INFINITY, value / 100) : new Threshold(value, 0);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new ParameterException(spec.commandLine(),
                "--threshold: expected a cosine of -1 to 1 or a share of 0% to 100%, got '" + threshold + "'");
    }

    private void classify(
            Clip clip, ZeroShotClassifier classifier, Threshold least, Iterator<EmbeddedImages.Result> images, Tally tally)
            throws IOException {
        Streams streams = Streams.of(spec);
        JsonObject head = new JsonObject();
        head.addProperty("model", clip.name());
        head.addProperty("independent", independent || classifier.isIndependent());
        JsonResults document = json ? new JsonResults(streams, head) : null;
        Output.Progress progress = Output.progress("Classifying");
        while (images.hasNext()) {
            EmbeddedImages.Result image = images.next();
            Embedding embedding = image.embedding();
            JsonObject result = new JsonObject();
            result.addProperty("image", image.name());
            if (embedding == null) {
                tally.failed(String.valueOf(image.error()));
                result.addProperty("error", image.error());
            } else {
                Classification classification =
                        least.of(independent ? classifier.classifyIndependent(embedding) : classifier.classify(embedding)).top(top);
                result.add("labels", toJson(classification));
                if (document == null) {
                    print(image.name(), classification, classifier.labels().size(), streams.out());
                }
                tally.done();
            }
            if (document != null) {
                document.add(result);
                progress.advance(1);
            }
            streams.requireOpen();
        }
        progress.end();
        if (document != null) {
            document.end();
        }
    }

    private static JsonArray toJson(Classification classification) {
        JsonArray array = new JsonArray();
        for (Classification.Score score : classification.scores()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("label", score.label());
            entry.addProperty("probability", score.probability());
            entry.addProperty("logit", score.logit());
            entry.addProperty("cosine", score.cosine());
            array.add(entry);
        }
        return array;
    }

    private void print(String image, Classification classification, int labels, PrintWriter out) {
        out.println(Output.printable(image));
        if (classification.scores().isEmpty()) {
            out.println("  no label reaches " + threshold);
            return;
        }
        int width = classification.scores().stream().mapToInt(score -> characters(score.label())).max().orElse(0);
        String share = classification.independent() ? "by itself" : String.format(Locale.ROOT, "share of %d", labels);
        out.printf(Locale.ROOT, "  %s  %s  cosine%n", " ".repeat(width), share);
        for (Classification.Score score : classification.scores()) {
            int full = (int) Math.round(score.probability() * BAR);
            String padding = " ".repeat(width - characters(score.label()));
            String percent = String.format(Locale.ROOT, "%" + (share.length() - 2) + ".2f", 100 * score.probability());
            out.printf(
                    Locale.ROOT, "  %s%s  %s %%  %6.3f  %s%s%n", Output.printable(score.label()), padding, percent, score.cosine(),
                    "█".repeat(full), "░".repeat(BAR - full));
        }
    }

    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }
}
