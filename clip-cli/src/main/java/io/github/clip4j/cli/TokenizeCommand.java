package io.github.clip4j.cli;

import com.google.gson.JsonArray;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
            "  clip tokenize --jsonl texts.jsonl --model DIR > ids.jsonl"
        })
final class TokenizeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Parameters(paramLabel = "TEXT", description = "texts")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--jsonl",
            paramLabel = "FILE",
            description = "a file with one {\"text\": …} on each line; prints one {\"ids\": […]} for each")
    private @Nullable Path jsonl;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (texts.isEmpty() == (jsonl == null)) {
            throw new ParameterException(spec.commandLine(), "input: expected either TEXT... or --jsonl");
        }
        Tokenizer tokenizer = tokenizer();
        List<String> inputs = jsonl == null ? texts : readLines(jsonl);
        PrintWriter out = spec.commandLine().getOut();
        JsonArray results = new JsonArray();
        for (String text : inputs) {
            int[] ids = tokenizer.encode(text);
            JsonObject entry = new JsonObject();
            if (json) {
                entry.addProperty("text", text);
                entry.add("ids", Output.array(ids));
                results.add(entry);
            } else if (jsonl != null) {
                entry.add("ids", Output.array(ids));
                out.println(Output.json(entry));
            } else {
                print(text, ids, tokenizer, out);
            }
        }
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("profile", tokenizer.profile().id());
            document.add("results", results);
            out.println(Output.json(document));
        }
        return 0;
    }

    private Tokenizer tokenizer() throws IOException {
        if (!model.isGiven()) {
            try (Clip clip = model.load()) {
                return clip.tokenizer();
            }
        }
        Optional<Tokenizer> ofModel = ofModel();
        return ofModel.isPresent() ? ofModel.get() : new ClipTokenizer(Vocabulary.read(model.directory()), profile());
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

    private static List<String> readLines(Path file) throws IOException {
        List<String> texts = new ArrayList<>();
        int number = 0;
        // Only \n ends a line: U+0085 and U+2028 are characters of a text
        for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\n", -1)) {
            number++;
            if (!line.isBlank()) {
                String where = file.getFileName() + ":" + number;
                JsonFields fields = StrictJson.parseObject(line.getBytes(StandardCharsets.UTF_8), where);
                texts.add(fields.string("text").orElseThrow(() -> fields.wrong("text", "a string", "nothing")));
            }
        }
        return texts;
    }

    private static void print(String text, int[] ids, Tokenizer tokenizer, PrintWriter out) {
        out.printf("%s  (%d tokens)%n", text, ids.length);
        for (int id : ids) {
            out.printf("  %6d  %s%n", id, tokenizer.token(id).orElse("?"));
        }
    }
}
