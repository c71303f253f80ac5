package io.github.clip4j.tokenizer.declared;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Reads the parts of the files of [DeclaredTokens].
final class DeclaredJson {
    private static final List<String> FLAGS = List.of("single_word", "lstrip", "rstrip", "normalized", "special");

    private DeclaredJson() {}

    /// The object that a file holds; an empty one when the file is not there.
    static JsonObject object(Map<String, byte[]> files, String where, String name) throws DeclaredFormatException {
        byte[] content = files.get(name);
        if (content == null) {
            return new JsonObject();
        }
        Optional<String> other = FailedDownload.of(content);
        if (other.isPresent()) {
            throw new DeclaredFormatException(where + name + ": expected a file of a tokenizer, got " + other.get());
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
            JsonReader reader = new JsonReader(new StringReader(text));
            reader.setStrictness(Strictness.STRICT);
            JsonElement read = JsonParser.parseReader(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) { // peek refuses anything else by itself
                throw new MalformedJsonException("expected the end of the document");
            }
            if (read.isJsonObject()) {
                return read.getAsJsonObject();
            }
        } catch (JsonParseException | MalformedJsonException e) {
            throw new DeclaredFormatException("%s%s: malformed JSON: %s".formatted(where, name, e.getMessage()), e);
        } catch (CharacterCodingException e) {
            throw new DeclaredFormatException(where + name + ": expected UTF-8 text, got bytes that are not", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not in memory
        }
        throw new DeclaredFormatException(where + name + ": expected an object");
    }

    /// A token that is written as its content or as an object.
    ///
    /// @param special of an object that does not say it, which decides whether it is normalised when it does not say that either
    static Token token(JsonElement value, int id, boolean special, String where) throws DeclaredFormatException {
        if (value instanceof JsonPrimitive primitive && primitive.isString()) {
            return new Token(primitive.getAsString(), id, false, false, false, false, true);
        }
        if (!(value instanceof JsonObject object) || string(object, "content").isEmpty()) {
            throw new DeclaredFormatException(where + ": expected a token or an object with its content, got " + shortened(value));
        }
        for (String flag : FLAGS) {
            if (object.has(flag) && !(object.get(flag) instanceof JsonPrimitive said && said.isBoolean())) {
                throw new DeclaredFormatException(
                        "%s.%s: expected true or false, got %s".formatted(where, flag, shortened(object.get(flag))));
            }
        }
        boolean isSpecial = flag(object, "special", special);
        return new Token(
                string(object, "content").orElseThrow(), id, flag(object, "single_word", false), flag(object, "lstrip", false),
                flag(object, "rstrip", false), flag(object, "normalized", !isSpecial), isSpecial);
    }

    private static boolean flag(JsonObject object, String name, boolean standard) {
        return object.has(name) ? object.get(name).getAsBoolean() : standard;
    }

    /// The tokens of an object whose names are ids.
    static List<Token> byId(JsonElement value, String where) throws DeclaredFormatException {
        if (!(value instanceof JsonObject object)) {
            throw new DeclaredFormatException(where + ": expected an object of tokens by id, got " + shortened(value));
        }
        Map<Integer, Token> tokens = new TreeMap<>();
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
            int id = id(new JsonPrimitive(entry.getKey()), where, entry.getKey());
            tokens.put(id, token(entry.getValue(), id, false, where + "." + entry.getKey()));
        }
        return List.copyOf(tokens.values());
    }

    static int id(JsonElement value, String where, String token) throws DeclaredFormatException {
        String digits = value.isJsonPrimitive() ? value.getAsString() : "";
        if (!digits.matches("[0-9]{1,8}")) {
            throw new DeclaredFormatException("%s: %s: expected an id from 0 to 99,999,999, got %s"
                    .formatted(where, token, shortened(value)));
        }
        return Integer.parseInt(digits);
    }

    static Optional<String> string(JsonObject object, String name) {
        return object.get(name) instanceof JsonPrimitive value && value.isString() ? Optional.of(value.getAsString()) : Optional.empty();
    }

    /// A value as a message shows it; what is nested is only named, as writing it out would recurse as deep as it is.
    static String shortened(JsonElement value) {
        return value.isJsonObject() ? "an object" : value.isJsonArray() ? "a list" : "%.60s".formatted(value.toString());
    }
}
