package io.github.clip4j.tokenizer.declared;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The tokens that a repository names beside its vocabulary, as transformers 5.18 reads them (`tokenization_utils_base.py`, method
/// `_from_pretrained`; `tokenization_utils_tokenizers.py`, class `TokenizersBackend`). Immutable.
///
/// 1. `added_tokens_decoder` of `tokenizer_config.json`, sorted by id. Where it is absent: `added_tokens.json` and the `added_tokens` of
///    `tokenizer.json` in its place, and `special_tokens_map.json` overrides the names of the config.
/// 2. Tokens with a name, such as `pad_token`, that are not among the first.
/// 3. `extra_special_tokens`, or `additional_special_tokens` as they were called.
///
/// Each of them is found in a text as one token, whatever the vocabulary would make of it: with `"pad_token": "!"` every exclamation mark
/// is padding's id.
public final class DeclaredTokens {
    /// The file of a tokenizer's class and arguments.
    public static final String CONFIG = "tokenizer_config.json";

    /// All files that are read here.
    public static final List<String> FILES = List.of(CONFIG, "special_tokens_map.json", "added_tokens.json");

    /// The names that every tokenizer of transformers may give, in the order in which their tokens are added.
    private static final List<String> NAMES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private static final String DECODER = "added_tokens_decoder";
    private static final String EXTRA = "extra_special_tokens";
    private static final String ADDITIONAL = "additional_special_tokens";

    /// A token and how it is found.
    ///
    /// @param id −1: the one that comes next
    /// @param singleWord found only where no word character is before or after
    /// @param lstrip takes the white space before it
    /// @param rstrip takes the white space after it
    /// @param normalized found in the normalised text, in its own normalised form
    /// @param special left out by a decoder that is asked for that
    public record Token(
            String content, int id, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {}

    private final String where;
    private final JsonObject config;
    private final boolean hasDecoder;
    private final List<Token> listed; // of the decoder, or of added_tokens.json
    private final Map<String, Token> named;
    private final List<Token> extra;
    private final boolean hasExtra;

    private DeclaredTokens(
            String where, JsonObject config, boolean hasDecoder, List<Token> listed, Map<String, Token> named, List<Token> extra,
            boolean hasExtra) {
        this.where = where;
        this.config = config;
        this.hasDecoder = hasDecoder;
        this.listed = listed;
        this.named = named;
        this.extra = extra;
        this.hasExtra = hasExtra;
    }

    /// Reads those of [#FILES] that are there.
    ///
    /// @param files bytes by name
    /// @param where what stands before a file's name in messages: empty, or a repository and a slash
    /// @throws DeclaredFormatException when one is malformed
    public static DeclaredTokens read(Map<String, byte[]> files, String where) throws DeclaredFormatException {
        JsonObject config = DeclaredJson.object(files, where, CONFIG);
        Map<String, Token> named = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : config.entrySet()) {
            if (entry.getKey().endsWith("_token") && isToken(entry.getValue())) {
                named.put(entry.getKey(), DeclaredJson.token(entry.getValue(), -1, false, where + CONFIG + ": " + entry.getKey()));
            }
        }
        JsonElement extra = config.get(EXTRA) == null || isEmpty(config.get(EXTRA)) ? config.get(ADDITIONAL) : config.get(EXTRA);
        List<Token> listed = new ArrayList<>();
        List<Token> extras = new ArrayList<>(tokens(extra, where + CONFIG + ": " + EXTRA, named));
        boolean hasDecoder = config.has(DECODER);
        boolean hasExtra = extra != null && !extra.isJsonNull();
        if (hasDecoder) {
            listed.addAll(DeclaredJson.byId(config.get(DECODER), where + CONFIG + ": " + DECODER));
        } else {
            JsonObject map = DeclaredJson.object(files, where, FILES.get(1));
            extras = overridden(map, where + FILES.get(1) + ": ", named, extra, extras);
            hasExtra |= map.has(EXTRA) || map.has(ADDITIONAL);
            List<String> contents = Stream.concat(extras.stream(), NAMES.stream().map(named::get).filter(Objects::nonNull))
                    .map(Token::content)
                    .toList();
            for (Map.Entry<String, JsonElement> entry : DeclaredJson.object(files, where, FILES.get(2)).entrySet()) {
                int id = DeclaredJson.id(entry.getValue(), where + FILES.get(2), entry.getKey());
                boolean isSpecial = contents.contains(entry.getKey());
                listed.add(new Token(entry.getKey(), id, false, false, false, !isSpecial, isSpecial));
            }
        }
        return new DeclaredTokens(where, config, hasDecoder, List.copyOf(listed), named, List.copyOf(extras), hasExtra);
    }

    /// Puts the names of `special_tokens_map.json` in place of the config's.
    private static List<Token> overridden(
            JsonObject map, String where, Map<String, Token> named, @Nullable JsonElement ofConfig, List<Token> extras)
            throws DeclaredFormatException {
        List<Token> all = new ArrayList<>(extras);
        for (Map.Entry<String, JsonElement> entry : map.entrySet()) {
            String name = entry.getKey();
            // the config's list, even an empty one, hides a list that has the older name
            if (name.equals(EXTRA) || (name.equals(ADDITIONAL) && ofConfig == null)) {
                all.addAll(tokens(entry.getValue(), where + name, named));
            } else if (name.endsWith("_token") && isToken(entry.getValue())) {
                named.put(name, DeclaredJson.token(entry.getValue(), -1, true, where + name));
            }
        }
        return all;
    }

    private static boolean isToken(JsonElement value) {
        return value.isJsonObject() || (value.isJsonPrimitive() && value.getAsJsonPrimitive().isString());
    }

    private static boolean isEmpty(JsonElement value) {
        return value.isJsonNull() || (value.isJsonArray() && value.getAsJsonArray().isEmpty())
                || (value.isJsonObject() && value.getAsJsonObject().isEmpty());
    }

    /// A list of tokens, or an object of tokens with names.
    private static List<Token> tokens(@Nullable JsonElement value, String where, Map<String, Token> named)
            throws DeclaredFormatException {
        List<Token> tokens = new ArrayList<>();
        if (value == null || value.isJsonNull()) {
            return tokens;
        }
        if (value.isJsonObject()) {
            for (Map.Entry<String, JsonElement> entry : value.getAsJsonObject().entrySet()) {
                named.put(entry.getKey(), DeclaredJson.token(entry.getValue(), -1, true, where + "." + entry.getKey()));
            }
            return tokens;
        }
        if (!value.isJsonArray()) {
            throw new DeclaredFormatException(where + ": expected a list of tokens, got " + DeclaredJson.shortened(value));
        }
        for (JsonElement token : value.getAsJsonArray()) {
            tokens.add(DeclaredJson.token(token, -1, true, where));
        }
        return tokens;
    }

    /// The tokens that the reference adds, in the order in which it does; of two with one content the last says how it is found.
    ///
    /// @param ofFile the `added_tokens` of `tokenizer.json`
    /// @param standard contents of the tokens that the class names when nothing else does, by name
    /// @param rebuilt whether the class builds its tokenizer of the vocabulary, rather than taking `tokenizer.json` as it is
    public List<Token> added(List<Token> ofFile, Map<String, String> standard, boolean rebuilt) {
        Map<String, Token> added = new LinkedHashMap<>();
        if (!rebuilt) {
            ofFile.forEach(token -> added.put(token.content, token));
        }
        Map<Integer, Token> byId = new TreeMap<>();
        listed.forEach(token -> byId.put(token.id, token));
        if (!hasDecoder) {
            ofFile.forEach(token -> byId.put(token.id, token));
        }
        byId.values().forEach(token -> added.put(token.content, token));
        Set<Token> later = new LinkedHashSet<>();
        for (String name : NAMES) {
            Token token = named.get(name);
            String content = standard.get(name);
            if (token != null) {
                later.add(token);
            } else if (content != null) {
                later.add(new Token(content, -1, false, false, false, false, true));
            }
        }
        named.forEach((name, token) -> {
            if (!NAMES.contains(name)) {
                later.add(token);
            }
        });
        later.addAll(extra);
        Set<String> first = Set.copyOf(added.keySet());
        later.removeIf(token -> first.contains(token.content) || token.content.isEmpty());
        later.forEach(token -> added.put(token.content, token));
        return List.copyOf(added.values());
    }

    /// Gives each token the id that the reference gives it: the one in the vocabulary, or the next after all others. A file that says
    /// another id is refused: the reference warns, and goes on with its own.
    ///
    /// @param vocabulary the id of a token without added ones, or −1
    /// @param size how many tokens the vocabulary has
    public List<Token> withIds(List<Token> added, ToIntFunction<String> vocabulary, int size) throws DeclaredFormatException {
        List<Token> tokens = new ArrayList<>();
        int next = size;
        for (Token token : added) {
            int known = vocabulary.applyAsInt(token.content);
            int id = known >= 0 ? known : next;
            if (token.id >= 0 && token.id != id) {
                String why = known >= 0 ? "it has in the vocabulary" : "comes next after the vocabulary";
                throw new DeclaredFormatException("%sadded token '%s': expected the id %d, which %s, got %d; save the tokenizer again "
                        .formatted(where, token.content, id, why, token.id) + "with transformers, which writes the ids that it gives");
            }
            next = Math.max(next, id + 1);
            tokens.add(new Token(
                    token.content, id, token.singleWord, token.lstrip, token.rstrip, token.normalized, token.special));
        }
        return tokens;
    }

    /// {@return the token with a name, such as `pad_token`; empty when no file names one}
    ///
    /// @param name as the files write it
    public Optional<String> named(String name) {
        return Optional.ofNullable(named.get(name)).map(Token::content);
    }

    /// {@return the text of another field of the config; empty when it has none}
    ///
    /// @param field such as `src_lang`
    public Optional<String> string(String field) {
        return DeclaredJson.string(config, field);
    }

    /// {@return whether a file has a list of further tokens, be it an empty one}
    public boolean namesExtra() {
        return hasExtra;
    }

    /// {@return the class that the config names, without `Fast` at its end; empty when it names none}
    public Optional<String> tokenizerClass() {
        return DeclaredJson.string(config, "tokenizer_class")
                .map(name -> name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name);
    }

    /// Refuses a token of another content than the one that is expected under a name.
    ///
    /// @param why what depends on it
    public void require(String name, String expected, String why) throws DeclaredFormatException {
        String got = named(name).orElse(expected);
        if (!got.equals(expected)) {
            throw new DeclaredFormatException("%s%s: %s: expected '%s', %s, got '%s'".formatted(where, CONFIG, name, expected, why, got));
        }
    }

    /// Refuses a value of the config that would give other ids.
    ///
    /// @param expected the only value that is supported, and what there is without the field
    public void require(String field, JsonElement expected, String why) throws DeclaredFormatException {
        JsonElement got = config.get(field);
        if (got != null && !got.isJsonNull() && !got.equals(expected)) {
            throw new DeclaredFormatException("%s%s: %s: expected %s, %s, got %s"
                    .formatted(where, CONFIG, field, expected, why, DeclaredJson.shortened(got)));
        }
    }

    /// {@return an exception about what these files say}
    public DeclaredFormatException refused(String what, String expected, String got) {
        return new DeclaredFormatException("%s%s: %s: expected %s, got %s".formatted(where, CONFIG, what, expected, got));
    }
}
