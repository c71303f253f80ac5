package io.github.clip4j.tokenizer.json;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.AddedTokens.AddedToken;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a `tokenizer.json`.
final class TokenizerJsonReader {
    /// The largest file read. XLM-V has 901,629 pieces, and Gemma's file 34 MB.
    private static final long MAX_BYTES = 200_000_000;

    private final String where;

    private TokenizerJsonReader(String where) {
        this.where = where;
    }

    static Parts read(Path file) throws IOException {
        String where = checked(file);
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, where);
        }
    }

    /// Reads the content of a file.
    ///
    /// @param where its name, for messages
    static Parts read(InputStream content, String where) throws IOException {
        // the decoder of an InputStreamReader that is given one reports bytes that are not UTF-8
        try (Reader in = new BufferedReader(new InputStreamReader(content, StandardCharsets.UTF_8.newDecoder()));
                JsonReader reader = new JsonReader(in)) {
            reader.setStrictness(Strictness.STRICT);
            return new TokenizerJsonReader(where).read(reader);
        } catch (CharacterCodingException e) {
            throw new VocabularyFormatException(where + ": expected UTF-8 text, got bytes that are not", e);
        } catch (IllegalStateException | NumberFormatException | MalformedJsonException | EOFException e) {
            throw new VocabularyFormatException("%s: malformed JSON: %s".formatted(where, e.getMessage()), e);
        }
    }

    /// The name of a file that is there and not too large.
    static String checked(Path file) throws IOException {
        String where = String.valueOf(file.getFileName());
        if (!Files.isRegularFile(file)) {
            throw new VocabularyFormatException(where + ": expected a file, got none");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new VocabularyFormatException("%s: expected at most %,d bytes, got %,d".formatted(where, MAX_BYTES, Files.size(file)));
        }
        return where;
    }

    private Parts read(JsonReader reader) throws IOException {
        Map<String, @Nullable Object> small = new LinkedHashMap<>();
        TokenModel model = null;
        Json json = new Json(reader, where);
        if (reader.peek() != JsonToken.BEGIN_OBJECT) {
            throw json.wrong("$", "an object");
        }
        reader.beginObject();
        while (reader.hasNext()) {
            String name = json.name("$");
            if (small.containsKey(name) || (name.equals("model") && model != null)) {
                throw new VocabularyFormatException("%s: $.%s appears twice".formatted(where, name));
            }
            if (name.equals("model") && reader.peek() == JsonToken.BEGIN_OBJECT) {
                model = new ModelReader(reader, json, where).read();
            } else {
                small.put(name, json.value(name));
            }
        }
        reader.endObject();
        if (reader.peek() != JsonToken.END_DOCUMENT) {
            throw new VocabularyFormatException(where + ": expected the end of the document, got more text");
        }
        return parts(model, Fields.of(small, where, "$"));
    }

    private static Parts parts(@Nullable TokenModel model, Fields fields) throws VocabularyFormatException {
        String version = fields.stringOrNull("version");
        if (version != null && !version.equals("1.0")) {
            throw fields.refused("version", "1.0", version);
        }
        if (model == null) {
            throw fields.refused("model", "an object", fields.get("model"));
        }
        PostProcessorStep postProcessor = fields.has("post_processor") ? StepReader.postProcessor(fields.object("post_processor")) : null;
        Parts parts = new Parts(
                model,
                fields.has("added_tokens") ? addedTokens(fields) : List.of(),
                fields.has("normalizer") ? StepReader.normalizer(fields.object("normalizer")) : null,
                fields.has("pre_tokenizer") ? StepReader.preTokenizer(fields.object("pre_tokenizer")) : null,
                postProcessor,
                fields.has("decoder") ? StepReader.decoder(fields.object("decoder")) : null,
                fields.has("truncation") ? truncation(fields.object("truncation"), postProcessor) : null,
                fields.has("padding") ? padding(fields.object("padding")) : null);
        fields.end();
        return parts;
    }

    private static List<AddedToken> addedTokens(Fields fields) throws VocabularyFormatException {
        List<AddedToken> tokens = new ArrayList<>();
        for (Fields token : fields.objects("added_tokens")) {
            tokens.add(new AddedToken(
                    token.integer("id"),
                    token.string("content"),
                    token.bool("single_word"),
                    token.bool("lstrip"),
                    token.bool("rstrip"),
                    token.bool("normalized"),
                    token.bool("special")));
            token.end();
        }
        return tokens;
    }

    /// `stride` concerns the parts that are cut off, which nobody asks for here.
    private static Truncation truncation(Fields fields, @Nullable PostProcessorStep postProcessor) throws VocabularyFormatException {
        String strategy = fields.string("strategy");
        if (!strategy.equals("LongestFirst") && !strategy.equals("OnlyFirst")) {
            throw fields.refused("strategy", "LongestFirst or OnlyFirst, as there is one text", strategy);
        }
        int added = postProcessor == null ? 0 : postProcessor.added();
        int maxLength = fields.integer("max_length");
        int stride = fields.integer("stride");
        if (maxLength < added + stride) {
            throw fields.refused("max_length", "at least %d, for special tokens and stride".formatted(added + stride), "" + maxLength);
        }
        Truncation truncation = new Truncation(maxLength, fields.has("direction") ? side(fields, "direction") : Side.RIGHT);
        fields.end();
        return truncation;
    }

    private static Side side(Fields fields, String name) throws VocabularyFormatException {
        return switch (fields.string(name)) {
            case "Left" -> Side.LEFT;
            case "Right" -> Side.RIGHT;
            default -> throw fields.refused(name, "Left or Right", fields.string(name));
        };
    }

    private static Padding padding(Fields fields) throws VocabularyFormatException {
        int length = -1;
        if (fields.get("strategy") instanceof Map<?, ?>) {
            Fields strategy = fields.object("strategy");
            length = Math.min(strategy.integer("Fixed"), Padding.MAX_LENGTH + 1);
            strategy.end();
        } else if (!fields.string("strategy").equals("BatchLongest")) {
            throw fields.refused("strategy", "BatchLongest or Fixed", fields.string("strategy"));
        }
        int multipleOf = Math.max(1, fields.integer("pad_to_multiple_of", 1));
        if (length > Padding.MAX_LENGTH || multipleOf > Padding.MAX_LENGTH) {
            throw fields.refused("strategy", "at most %,d tokens of padding".formatted(Padding.MAX_LENGTH), "more");
        }
        fields.get("pad_type_id");
        fields.get("pad_token"); // its id counts
        Padding padding = new Padding(length, multipleOf, fields.integer("pad_id"), side(fields, "direction"));
        fields.end();
        return padding;
    }
}
