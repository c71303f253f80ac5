package io.github.clip4j.tokenizer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.clip4j.tokenizer.AddedTokenFinder.Added;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The tokens that `tokenizer_config.json` and `special_tokens_map.json` add to a vocabulary, or find in a text as they are, as
/// transformers 5 reads them: first those of `added_tokens_decoder` by their ids, then the special ones in a fixed order. One that has no
/// id gets the next. `special_tokens_map.json` goes before the config, and is not read beside an `added_tokens_decoder`.
final class DeclaredTokens {
    static final String CONFIG = "tokenizer_config.json";
    static final String MAP = "special_tokens_map.json";

    private static final String DECODER = "added_tokens_decoder";
    private static final List<String> SPECIAL = List.of("unk_token", "sep_token", "pad_token", "cls_token", "mask_token");
    private static final List<String> LISTS = List.of("additional_special_tokens", "extra_special_tokens");

    private final Map<String, Integer> ids;
    private final Map<String, Added> added = new LinkedHashMap<>();

    private DeclaredTokens(Map<String, Integer> ids) {
        this.ids = ids;
    }

    /// Whether the config names added tokens: then no other file does.
    static boolean hasDecoder(@Nullable JsonObject config) {
        return config != null && config.has(DECODER) && config.get(DECODER).isJsonObject();
    }

    /// @param ids of the vocabulary, with those of tokens that other files add; new tokens are put in
    /// @return the tokens that are found in a text as they are
    /// @throws VocabularyFormatException for another start or end of text, and for ids that transformers would not use
    static List<Added> read(@Nullable JsonObject config, @Nullable JsonObject map, Map<String, Integer> ids)
            throws VocabularyFormatException {
        DeclaredTokens tokens = new DeclaredTokens(ids);
        List<Source> sources = new ArrayList<>(); // the first that has a field counts
        if (map != null && !hasDecoder(config)) {
            sources.add(new Source(MAP, map));
        }
        if (config != null) {
            sources.add(new Source(CONFIG, config));
            if (hasDecoder(config)) {
                tokens.addDecoder(config.getAsJsonObject(DECODER));
            }
        }
        requireEnd(sources, "bos_token", Vocabulary.START_OF_TEXT);
        requireEnd(sources, "eos_token", Vocabulary.END_OF_TEXT);
        for (String name : SPECIAL) {
            Source source = source(sources, name);
            if (source != null) {
                tokens.addSpecial(source.file, name, source.of(name));
            }
        }
        for (String name : LISTS) {
            Source source = source(sources, name);
            if (source != null) {
                JsonElement list = source.of(name);
                Collection<JsonElement> all = list.isJsonArray() ? list.getAsJsonArray().asList()
                        : list.isJsonObject() ? list.getAsJsonObject().asMap().values() : List.of();
                for (JsonElement token : all) {
                    tokens.addSpecial(source.file, name, token);
                }
            }
        }
        return List.copyOf(tokens.added.values());
    }

    private record Source(String file, JsonObject fields) {
        JsonElement of(String name) {
            return fields.get(name);
        }
    }

    private static @Nullable Source source(List<Source> sources, String name) {
        return sources.stream().filter(source -> source.fields.has(name)).findFirst().orElse(null);
    }

    /// Texts begin and end with other tokens in no published CLIP, and its text encoder is read at the end of text.
    private static void requireEnd(List<Source> sources, String name, String expected) throws VocabularyFormatException {
        Source source = source(sources, name);
        if (source == null || source.of(name).isJsonNull()) {
            return;
        }
        String got = content(source.file, name, source.of(name));
        if (!got.equals(expected)) {
            throw new VocabularyFormatException(
                    "%s: %s: expected '%s', as in every published CLIP, got '%s'".formatted(source.file, name, expected, got));
        }
    }

    private static String content(String file, String name, JsonElement token) throws VocabularyFormatException {
        JsonElement content = token.isJsonObject() ? token.getAsJsonObject().get("content") : token;
        if (content == null || !content.isJsonPrimitive() || !content.getAsJsonPrimitive().isString()) {
            throw new VocabularyFormatException(
                    "%s: %s: expected a token, or an object with its content, got %s".formatted(file, name, token));
        }
        return content.getAsString();
    }

    private void addDecoder(JsonObject decoder) throws VocabularyFormatException {
        Map<Integer, JsonElement> byId = new TreeMap<>();
        for (Map.Entry<String, JsonElement> entry : decoder.entrySet()) {
            if (!entry.getKey().matches("[0-9]{1,9}") || !entry.getValue().isJsonObject()) {
                throw new VocabularyFormatException("%s: %s: expected ids with objects, got '%s': %s"
                        .formatted(CONFIG, DECODER, entry.getKey(), entry.getValue()));
            }
            byId.put(Integer.parseInt(entry.getKey()), entry.getValue());
        }
        for (Map.Entry<Integer, JsonElement> entry : byId.entrySet()) {
            String content = content(CONFIG, DECODER, entry.getValue());
            Integer known = ids.get(content);
            int expected = known != null ? known : next();
            if (entry.getKey() != expected) {
                throw new VocabularyFormatException(
                        "%s: %s: '%s': expected the id %d, %s, got %d; transformers would use the former".formatted(
                                CONFIG, DECODER, content, expected,
                                known != null ? "which it has in the vocabulary" : "the next that is free", entry.getKey()));
            }
            ids.put(content, expected);
            added.put(content, token(content, expected, entry.getValue().getAsJsonObject(), !flag(entry.getValue(), "special", false)));
        }
    }

    private void addSpecial(String file, String name, JsonElement token) throws VocabularyFormatException {
        if (token.isJsonNull()) {
            return;
        }
        String content = content(file, name, token);
        if (content.isEmpty() || content.equals(Vocabulary.START_OF_TEXT) || content.equals(Vocabulary.END_OF_TEXT)
                || added.containsKey(content)) {
            return;
        }
        Integer known = ids.get(content);
        int id = known != null ? known : next();
        ids.put(content, id);
        added.put(content, token(content, id, token.isJsonObject() ? token.getAsJsonObject() : new JsonObject(), false));
    }

    private int next() {
        return ids.values().stream().mapToInt(id -> id + 1).max().orElse(0);
    }

    private static Added token(String content, int id, JsonObject flags, boolean normalized) {
        return new Added(content, id, flag(flags, "single_word", false), flag(flags, "lstrip", false), flag(flags, "rstrip", false),
                flag(flags, "normalized", normalized));
    }

    private static boolean flag(JsonElement token, String name, boolean otherwise) {
        JsonElement value = token.getAsJsonObject().get(name);
        boolean given = value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean();
        return given ? value.getAsBoolean() : otherwise;
    }
}
