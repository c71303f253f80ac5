package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

/// `clip tokenize`
@Command(
        name = "tokenize",
        description = "Shows the token ids of texts, with start and end, unpadded.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  clip tokenize \"a photo of a cat\" --model DIR",
            "  clip tokenize --jsonl texts.jsonl --model DIR > ids.jsonl",
            "",
            "A line of --jsonl that is not such an object gives {\"error\": …} in its place: line n of the output belongs to line n."
        })
final class TokenizeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private TextOptions text = new TextOptions();

    @Parameters(paramLabel = "TEXT", description = "texts")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--jsonl",
            paramLabel = "FILE",
            description = "a file with one {\"text\": …} on each line; prints one {\"ids\": […]} for each; - for standard input")
    private @Nullable String jsonl;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (texts.isEmpty() == (jsonl == null)) {
            throw new ParameterException(spec.commandLine(), "input: expected either TEXT... or --jsonl");
        }
        text.check();
        text.requireReadable("TEXT", texts);
        Tokenizer tokenizer = tokenizer();
        Streams streams = Streams.of(spec);
        Tally tally = new Tally(spec, "texts");
        JsonObject head = new JsonObject();
        head.addProperty("profile", tokenizer.profile().id());
        JsonResults document = json ? new JsonResults(streams, head) : null;
        if (jsonl == null) {
            for (String each : texts) {
                int[] ids = tokenizer.encode(each);
                tally.done();
                if (document != null) {
                    document.add(entry(each, ids));
                } else {
                    print(each, ids, tokenizer, streams.out());
                }
            }
        } else {
            try (TextLines lines = text.open(jsonl, TextLines.Ends.LINE_FEED)) {
                tokenize(lines, tokenizer, document, tally);
            }
        }
        if (document != null) {
            document.end();
        }
        return tally.end();
    }

    private void tokenize(TextLines lines, Tokenizer tokenizer, @Nullable JsonResults document, Tally tally) throws IOException {
        Streams streams = Streams.of(spec);
        while (lines.hasNext()) {
            TextLines.Line line = lines.next();
            if (line.isBlank() && !lines.hasNext()) {
                break; // an empty line at the end is nobody's text
            }
            JsonObject result = new JsonObject();
            try {
                String each = text(line, lines.where(line));
                int[] ids = tokenizer.encode(each);
                if (document != null) {
                    result.addProperty("text", each);
                }
                result.add("ids", Output.array(ids));
                tally.done();
            } catch (WeightFormatException e) {
                tally.failed(ClipCommand.message(e));
                result.addProperty("error", ClipCommand.message(e));
            }
            if (document != null) {
                document.add(result);
            } else {
                streams.out().println(Output.json(result));
                streams.requireOpen();
            }
        }
    }

    /// The text of a line `{"text": …}`.
    private static String text(TextLines.Line line, String where) throws WeightFormatException {
        if (line.error() != null) {
            throw new WeightFormatException(where + ": " + line.error());
        }
        JsonFields fields = StrictJson.parseObject(line.text().getBytes(StandardCharsets.UTF_8), where);
        return fields.string("text").orElseThrow(() -> fields.wrong("text", "a string", "nothing"));
    }

    private static JsonObject entry(String text, int[] ids) {
        JsonObject entry = new JsonObject();
        entry.addProperty("text", text);
        entry.add("ids", Output.array(ids));
        return entry;
    }

    private Tokenizer tokenizer() throws IOException {
        if (!model.isGiven()) {
            try (Clip clip = model.load()) {
                return clip.tokenizer();
            }
        }
        Optional<Tokenizer> ofModel = ofModel();
        return model.inLanguage(
                ofModel.isPresent() ? ofModel.get() : new ClipTokenizer(Vocabulary.read(model.directory()), profile()));
    }

    /// The tokenizer of a checkpoint, which knows its kind; empty for a directory without weights, which is taken for a CLIP's.
    private Optional<Tokenizer> ofModel() throws IOException {
        try (Checkpoint checkpoint = model.checkpoint()) {
            return checkpoint.tokenizer(model.profile().isPresent() ? model.profile().get() : checkpoint.profile());
        } catch (WeightFormatException e) {
            return Optional.empty();
        }
    }

    /// The profile that was asked for, or the one of the checkpoint's files; a directory with only a vocabulary is Hugging Face's.
    private TokenizerProfile profile() throws IOException {
        if (model.profile().isPresent()) {
            return model.profile().get().tokenizer();
        }
        return Files.exists(model.directory().resolve("open_clip_config.json")) && !Files.exists(model.directory().resolve("config.json"))
                ? TokenizerProfile.OPEN_CLIP
                : TokenizerProfile.HF;
    }

    private static void print(String text, int[] ids, Tokenizer tokenizer, PrintWriter out) {
        out.printf(Locale.ROOT, "%s  (%d tokens)%n", text, ids.length);
        for (int id : ids) {
            out.printf(Locale.ROOT, "  %6d  %s%n", id, tokenizer.token(id).orElse("?"));
        }
    }
}
