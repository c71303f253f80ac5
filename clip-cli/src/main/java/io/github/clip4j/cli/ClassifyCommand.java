package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.image.Image;
import io.github.clip4j.Classification;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import java.io.IOException;
import java.io.PrintWriter;
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

/// `clip classify`
@Command(
        name = "classify",
        description = "Says which of the labels fits each image best, and how probably.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  clip classify photo.jpg --model DIR --label \"a photo of a cat\" --label \"a photo of a dog\"",
            "  clip classify *.jpg --model DIR --labels-file labels.txt --template \"a photo of a {}\" --top 5 --json"
        })
final class ClassifyCommand implements Callable<Integer> {
    private static final int BAR = 30;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "image files")
    private List<Path> images = new ArrayList<>();

    @Option(names = "--label", paramLabel = "L", description = "a label; repeatable")
    private List<String> labels = new ArrayList<>();

    @Option(names = "--labels-file", paramLabel = "F", description = "a file with one label a line")
    private @Nullable Path labelsFile;

    @Option(
            names = "--template",
            paramLabel = "T",
            description = "a sentence with {} in the label's place; repeat for an ensemble. Without it the label is the whole prompt")
    private List<String> templates = new ArrayList<>();

    @Option(names = "--top", paramLabel = "N", description = "print the N most probable labels only")
    private int top = Integer.MAX_VALUE;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (labels.isEmpty() == (labelsFile == null)) {
            throw new ParameterException(spec.commandLine(), "labels: expected either --label or --labels-file");
        }
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top: expected at least 1, got " + top);
        }
        List<String> all = labelsFile == null ? labels : Output.lines(labelsFile);
        PromptTemplates prompts =
                templates.isEmpty() ? PromptTemplates.labelOnly() : PromptTemplates.of(templates.toArray(String[]::new));
        // the first images are decoded while the model is read
        try (ReadAhead<Image> ahead = new ReadAhead<>(images, model.threads(), 2 * model.threads(), reading::read);
                Clip clip = model.load()) {
            return classify(clip, clip.classifier(all, prompts, Output.progress("Embedding labels", all.size())::accept), ahead);
        }
    }

    private int classify(Clip clip, ZeroShotClassifier classifier, ReadAhead<Image> ahead) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        JsonArray results = new JsonArray();
        Consumer<Integer> progress = json ? Output.progress("Classifying", images.size()) : done -> {};
        int failed = 0;
        for (int i = 0; i < images.size(); i++) {
            Path image = images.get(i);
            JsonObject result = new JsonObject();
            result.addProperty("image", image.toString());
            try {
                Classification classification = classifier.classify(ahead.next()).top(top);
                if (json) {
                    result.add("labels", toJson(classification));
                } else {
                    print(image, classification, out);
                }
            } catch (IOException | IllegalArgumentException e) {
                failed++;
                result.addProperty("error", ReadAhead.message(image, e));
                err.println("clip: " + ReadAhead.message(image, e));
            }
            results.add(result);
            progress.accept(i + 1);
        }
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("model", clip.name());
            document.addProperty("independent", classifier.isIndependent());
            document.add("results", results);
            out.println(Output.json(document));
        }
        return failed == 0 ? 0 : 1;
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

    private static void print(Path image, Classification classification, PrintWriter out) {
        int width = classification.scores().stream().mapToInt(score -> characters(score.label())).max().orElse(0);
        out.println(classification.independent() ? image + "  (each label judged by itself)" : image.toString());
        for (Classification.Score score : classification.scores()) {
            int full = (int) Math.round(score.probability() * BAR);
            String padding = " ".repeat(width - characters(score.label()));
            out.printf(
                    Locale.ROOT, "  %s%s  %6.2f %%  %s%s%n", score.label(), padding, 100 * score.probability(), "█".repeat(full),
                    "░".repeat(BAR - full));
        }
        out.flush();
    }

    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }
}
