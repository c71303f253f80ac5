package io.github.clip4j.tokenizer.json;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// BERT's `vocab.txt`, a token a line, and the flags of its `tokenizer_config.json`, as the `tokenizer.json` that transformers makes of
/// them (`tokenization_bert.py` of version 5.18).
final class WordPieceText {
    private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

    private WordPieceText() {}

    /// The content of a `tokenizer.json`.
    ///
    /// @param where the repository's name, for messages
    /// @throws VocabularyFormatException when the file is not UTF-8, or lacks a token that every BERT has
    static byte[] json(byte[] vocabulary, byte @Nullable [] config, String where) throws VocabularyFormatException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        int line = 0;
        for (String token : text(vocabulary, where).split("\\r?\\n|\\r", -1)) {
            ids.put(token, line++); // of two lines the last counts
        }
        if (ids.getOrDefault("", -1) == line - 1) {
            ids.remove(""); // behind the last line break
        }
        for (String token : List.of("[UNK]", "[CLS]", "[SEP]")) {
            if (!ids.containsKey(token)) {
                throw new VocabularyFormatException("%s/vocab.txt: expected the token %s, got none; is this a BERT's vocabulary?"
                        .formatted(where, token));
            }
        }
        JsonObject flags = flags(config, where);
        JsonObject root = new JsonObject();
        root.add("added_tokens", added(ids));
        root.add("normalizer", normalizer(flags));
        root.add("pre_tokenizer", object("BertPreTokenizer"));
        JsonObject around = object("BertProcessing");
        around.add("sep", pair("[SEP]", ids));
        around.add("cls", pair("[CLS]", ids));
        root.add("post_processor", around);
        JsonObject decoder = object("WordPiece");
        decoder.addProperty("prefix", "##");
        decoder.addProperty("cleanup", true);
        root.add("decoder", decoder);
        JsonObject model = object("WordPiece");
        model.addProperty("unk_token", "[UNK]");
        model.addProperty("continuing_subword_prefix", "##");
        model.addProperty("max_input_chars_per_word", 100);
        JsonObject vocab = new JsonObject();
        ids.forEach(vocab::addProperty);
        model.add("vocab", vocab);
        root.add("model", model);
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] vocabulary, String where) throws VocabularyFormatException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(vocabulary)).toString();
        } catch (CharacterCodingException e) {
            throw new VocabularyFormatException(where + "/vocab.txt: expected UTF-8", e);
        }
    }

    private static JsonObject flags(byte @Nullable [] config, String where) throws VocabularyFormatException {
        try {
            JsonElement read = config == null ? new JsonObject() : JsonParser.parseString(new String(config, StandardCharsets.UTF_8));
            if (read.isJsonObject()) {
                return read.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new VocabularyFormatException("%s/tokenizer_config.json: malformed JSON: %s".formatted(where, e.getMessage()), e);
        }
        throw new VocabularyFormatException(where + "/tokenizer_config.json: expected an object");
    }

    /// The normaliser that BERT's classes build of the config's flags.
    static NormalizerStep normalizer(byte @Nullable [] config, String where) throws VocabularyFormatException {
        JsonObject flags = flags(config, where);
        JsonElement accents = flags.get("strip_accents");
        boolean said = accents != null && accents.isJsonPrimitive() && accents.getAsJsonPrimitive().isBoolean();
        return new NormalizerStep.Bert(
                true, flag(flags, "tokenize_chinese_chars", true), said ? Boolean.valueOf(accents.getAsBoolean()) : null,
                flag(flags, "do_lower_case", true));
    }

    private static JsonObject normalizer(JsonObject flags) {
        JsonObject normalizer = object("BertNormalizer");
        normalizer.addProperty("clean_text", true);
        normalizer.addProperty("handle_chinese_chars", flag(flags, "tokenize_chinese_chars", true));
        JsonElement accents = flags.get("strip_accents");
        normalizer.add("strip_accents", accents != null && accents.isJsonPrimitive() ? accents : null);
        normalizer.addProperty("lowercase", flag(flags, "do_lower_case", true));
        return normalizer;
    }

    private static boolean flag(JsonObject flags, String name, boolean standard) {
        JsonElement value = flags.get(name);
        boolean said = value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean();
        return said ? value.getAsBoolean() : standard;
    }

    private static JsonArray added(Map<String, Integer> ids) {
        JsonArray added = new JsonArray();
        for (String token : SPECIAL) {
            if (ids.containsKey(token)) {
                JsonObject entry = new JsonObject();
                entry.addProperty("id", ids.get(token));
                entry.addProperty("content", token);
                for (String name : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                    entry.addProperty(name, false);
                }
                entry.addProperty("special", true);
                added.add(entry);
            }
        }
        return added;
    }

    private static JsonArray pair(String token, Map<String, Integer> ids) {
        JsonArray pair = new JsonArray();
        pair.add(token);
        pair.add(ids.get(token));
        return pair;
    }

    private static JsonObject object(String type) {
        JsonObject object = new JsonObject();
        object.addProperty("type", type);
        return object;
    }
}
