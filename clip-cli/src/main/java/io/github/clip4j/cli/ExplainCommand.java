package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Explanation;
import io.github.clip4j.image.Image;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip explain`
@Command(
        name = "explain",
        description = "Shows which parts of an image speak for a label and which against it, and which words of a text count.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Each cosine is taken apart exactly, over patches, words, layers and heads: the parts sum to it. With two labels their",
            "contrast is shown as well: what speaks for the first more than for the second. See docs/explain.md.",
            "",
            "Examples:",
            "  clip explain docs/examples/square-above-triangle.png --label \"a green square\" --label \"an orange triangle\"",
            "  clip explain photo.jpg --model DIR --label \"a cat\" --label \"a dog\" --json",
            "  clip explain --text \"a red circle\" docs/examples/red-circle.png"
        })
final class ExplainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = ReadOptions.DESCRIPTION)
    private List<String> images = new ArrayList<>();

    @Option(names = "--label", paramLabel = "L", description = "a text whose cosine with the image is explained; repeatable")
    private List<String> labels = new ArrayList<>();

    @Option(names = "--text", paramLabel = "T", description = "explain the words of this text instead, for each image; repeatable")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "how patches are weighed: decomposition unless given; for comparison attention, rollout or maskclip")
    private String method = "decomposition";

    @Option(
            names = "--contrast",
            paramLabel = "I,J",
            description = "the labels whose maps are subtracted, counted from 1; 1,2 unless given when there are two labels")
    private @Nullable String contrast;

    @Option(names = "--truncate", description = "cut texts that are too long; without it they are refused")
    private boolean truncate;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.png", description =
            "draw the maps of one image to this file: in red what speaks for a label, in blue what speaks against it")
    private @Nullable String output;

    @Option(names = "--html", paramLabel = "OUT.html", description =
            "write a page to this file that shows one image with the parts of all layers, heads and words; it needs no network")
    private @Nullable String page;

    @Option(names = "--color", paramLabel = "WHEN", description =
            "colours in the terminal: always, never, or auto: where standard output is one and NO_COLOR is not set")
    private String color = "auto";

    @Option(names = "--json", description = "print one JSON document a line, for each image and each text of --text")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (labels.isEmpty() == texts.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "input: expected either --label or --text");
        }
        if (!texts.isEmpty() && (contrast != null || !method.equals("decomposition"))) {
            throw new ParameterException(spec.commandLine(), "--method and --contrast: expected --label with them, got --text");
        }
        MapMethod maps = MapMethod.ofId(method)
                .orElseThrow(() ->
                        new ParameterException(spec.commandLine(), "--method: expected " + MapMethod.ids() + ", got '" + method + "'"));
        if (!List.of("auto", "always", "never").contains(color)) {
            throw new ParameterException(spec.commandLine(), "--color: expected auto, always or never, got '" + color + "'");
        }
        Labels.require(spec, "--label", labels);
        Labels.require(spec, "--text", texts);
        if (maps == MapMethod.MASKCLIP && !json && labels.size() > ExplainedText.MOST_SEGMENTS) {
            throw new ParameterException(spec.commandLine(), "--method maskclip: expected at most " + ExplainedText.MOST_SEGMENTS
                    + " labels, which have letters of their own on the map, got " + labels.size() + "; --json has no limit");
        }
        Optional<Explained.Pair> pair = contrast();
        reading.check();
        Path drawing = output("--output", output, ".png");
        Path html = output("--html", page, ".html");
        Tally tally = new Tally(spec, "images");
        try (ReadAhead<Image> ahead =
                        new ReadAhead<>(reading.items(images, tally), model.threads(), 2 * model.threads(), reading::read);
                Clip clip = model.load(truncate)) {
            requireTexts(clip, labels, "--label");
            requireTexts(clip, texts, "--text");
            explain(clip, ahead, maps, pair, drawing, html, tally);
        }
        return tally.endOfSome();
    }

    /// A file to write for one image, checked before anything is done.
    private @Nullable Path output(String option, @Nullable String name, String extension) throws IOException {
        if (name == null) {
            return null;
        }
        if (!name.toLowerCase(Locale.ROOT).endsWith(extension)) {
            throw new ParameterException(
                    spec.commandLine(), option + ": expected a name that ends in " + extension + ", got '" + name + "'");
        }
        if (!texts.isEmpty()) {
            throw new ParameterException(spec.commandLine(), option + ": expected --label, whose maps are drawn, got --text");
        }
        if (images.size() > 1 || Files.isDirectory(FileNames.path(images.getFirst()))) {
            throw new ParameterException(spec.commandLine(), option + ": expected one image for one file, got "
                    + (images.size() > 1 ? images.size() + " images" : "a folder"));
        }
        return Targets.of(spec, option, name, images);
    }

    /// The two labels that are contrasted.
    private Optional<Explained.Pair> contrast() {
        if (contrast == null) {
            return labels.size() == 2 ? Optional.of(new Explained.Pair(0, 1)) : Optional.empty();
        }
        String[] numbers = contrast.split(",", -1);
        if (numbers.length == 2 && isLabel(numbers[0]) && isLabel(numbers[1]) && !numbers[0].equals(numbers[1])) {
            return Optional.of(new Explained.Pair(Integer.parseInt(numbers[0]) - 1, Integer.parseInt(numbers[1]) - 1));
        }
        throw new ParameterException(
                spec.commandLine(),
                "--contrast: expected the numbers of two of the " + labels.size() + " labels, such as 1,2, got '" + contrast + "'");
    }

    private boolean isLabel(String number) {
        return number.matches("[1-9][0-9]{0,6}") && Integer.parseInt(number) <= labels.size();
    }

    /// Says what is wrong with a text once, and not for each image.
    private static void requireTexts(Clip clip, List<String> texts, String option) throws IOException {
        clip.preprocess();
        int positions = Encoders.text(clip).config().contextLength();
        for (String text : texts) {
            try {
                clip.tokenizer().encode(text, positions);
            } catch (TextTooLongException e) {
                throw new IOException(option + ": " + ClipCommand.message(e), e);
            }
        }
    }

    private void explain(
            Clip clip, ReadAhead<Image> ahead, MapMethod maps, Optional<Explained.Pair> pair, @Nullable Path drawing, @Nullable Path html,
            Tally tally) throws IOException {
        while (ahead.hasNext()) {
            ReadAhead.Result<Image> read = ahead.next();
            String name = read.item().name();
            try {
                Image image = read.value();
                if (image == null) {
                    throw new IllegalArgumentException(read.error());
                }
                if (texts.isEmpty()) {
                    Explained explained = Explained.of(clip, name, image, labels, maps, pair);
                    if (drawing != null) {
                        byte[] png = ExplainedImage.of(explained);
                        OutputFile.write(drawing, out -> out.write(png));
                    }
                    if (html != null) {
                        byte[] document = ExplainedPage.of(explained);
                        OutputFile.write(html, out -> out.write(document));
                    }
                    print(clip, explained);
                } else {
                    for (Explanation.Label label : clip.explain(image, texts).labels()) {
                        print(clip, name, label);
                    }
                }
                tally.done();
            } catch (IllegalArgumentException e) {
                String message = read.error() != null ? read.error() : read.item().message(e);
                tally.failed(message);
                if (json) {
                    JsonObject document = head(clip, name);
                    document.addProperty("error", message);
                    println(Output.json(document));
                }
            }
        }
    }

    /// NO_COLOR: https://no-color.org/
    private boolean hasColors() {
        String without = System.getenv("NO_COLOR");
        return color.equals("always")
                || (color.equals("auto") && (without == null || without.isEmpty()) && Streams.of(spec).isTerminal());
    }

    private static JsonObject head(Clip clip, String image) {
        JsonObject document = new JsonObject();
        document.addProperty("model", clip.name());
        document.addProperty("image", image);
        return document;
    }

    private void println(String line) throws IOException {
        Streams streams = Streams.of(spec);
        streams.out().println(line);
        streams.requireOpen();
    }

    private void print(Clip clip, Explained explained) throws IOException {
        if (!json) {
            println(ExplainedText.of(explained, hasColors()));
            return;
        }
        JsonObject document = head(clip, explained.file());
        if (explained.method() != MapMethod.DECOMPOSITION) {
            document.addProperty("method", explained.method().id());
            document.addProperty("shows", explained.method().shows());
        }
        document.add("labels", explained.labelsAsJson());
        explained.segments().ifPresent(segments -> {
            JsonArray rows = new JsonArray();
            for (int[] row : segments) {
                rows.add(Output.array(row));
            }
            document.add("segments", rows);
        });
        println(Output.json(document));
    }

    /// What each token of a text adds to its cosine with an image.
    private void print(Clip clip, String image, Explanation.Label label) throws IOException {
        Explained.requireNumber(label.cosine());
        if (!json) {
            println(Output.printable(image) + "\n" + ExplainedText.words(label, hasColors()));
            return;
        }
        JsonObject document = head(clip, image);
        document.addProperty("text", label.label());
        document.addProperty("cosine", label.cosine());
        JsonArray tokens = Explained.tokens(label);
        document.add("tokens", tokens);
        document.add("layers", Explained.layers(label.text()));
        document.addProperty("rest", Explained.rest(label.text(), 0));
        println(Output.json(document));
    }
}
