package io.github.clip4j.tokenizer.json;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the small parts of a `tokenizer.json` into maps, lists, strings, booleans, nulls and [JsonNumber]s.
///
/// Nesting and the number of values are bounded, so that a file takes memory in proportion to its size and the stack holds what is read.
final class Json {
    private static final int MAX_DEPTH = 16;

    /// Gemma, with the most added tokens of the published ones (some 6,000), has 60,000 values.
    private static final int MAX_VALUES = 2_000_000;

    private final JsonReader reader;
    private final String where;
    private int values;

    /// A number as it is written.
    record JsonNumber(String text) {}

    Json(JsonReader reader, String where) {
        this.reader = reader;
        this.where = where;
    }

    /// Reads the next value.
    @Nullable Object value(String path) throws IOException {
        return value(path, 0);
    }

    private @Nullable Object value(String path, int depth) throws IOException {
        if (depth > MAX_DEPTH || ++values > MAX_VALUES) {
            throw new VocabularyFormatException("%s: %s: expected at most %d levels and %,d values, got more"
                    .formatted(where, path, MAX_DEPTH, MAX_VALUES));
        }
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(path, depth);
            case BEGIN_ARRAY -> array(path, depth);
            case STRING -> string(path);
            case NUMBER -> new JsonNumber(reader.nextString());
            case BOOLEAN -> reader.nextBoolean();
            case NULL -> {
                reader.nextNull();
                yield null;
            }
            case END_ARRAY, END_OBJECT, NAME, END_DOCUMENT -> throw wrong(path, "a value");
        };
    }

    private Map<String, @Nullable Object> object(String path, int depth) throws IOException {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = name(path);
            if (object.containsKey(name)) {
                throw new VocabularyFormatException("%s: %s.%s appears twice".formatted(where, path, name));
            }
            object.put(name, value(path + "." + name, depth + 1));
        }
        reader.endObject();
        return object;
    }

    private List<@Nullable Object> array(String path, int depth) throws IOException {
        List<@Nullable Object> array = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            array.add(value(path, depth + 1));
        }
        reader.endArray();
        return array;
    }

    /// Reads the next name of an object.
    String name(String path) throws IOException {
        return checked(reader.nextName(), path);
    }

    /// Reads the next value, a string.
    String string(String path) throws IOException {
        if (reader.peek() != JsonToken.STRING) {
            throw wrong(path, "a string");
        }
        return checked(reader.nextString(), path);
    }

    /// A text of half a character, such as `"\ud800"`, is not one.
    private String checked(String text, String path) throws VocabularyFormatException {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
                    throw new VocabularyFormatException("%s: %s: expected text, got half a surrogate pair".formatted(where, path));
                }
                i++;
            }
        }
        return text;
    }

    /// Reads the next value, an integer from 0 to `max`.
    int integer(String path, int max) throws IOException {
        if (reader.peek() != JsonToken.NUMBER) {
            throw wrong(path, "an integer");
        }
        return integer(reader.nextString(), path, max, where);
    }

    static int integer(String number, String path, int max, String where) throws VocabularyFormatException {
        boolean digits = number.length() <= 10 && number.chars().allMatch(c -> c >= '0' && c <= '9');
        long value = digits ? Long.parseLong(number) : -1;
        if (value < 0 || value > max) {
            throw new VocabularyFormatException("%s: %s: expected an integer from 0 to %,d, got %s".formatted(where, path, max, number));
        }
        return (int) value;
    }

    /// Reads the next value, a finite number.
    double number(String path) throws IOException {
        if (reader.peek() != JsonToken.NUMBER) {
            throw wrong(path, "a number");
        }
        double value = Double.parseDouble(reader.nextString());
        if (!Double.isFinite(value)) {
            throw new VocabularyFormatException("%s: %s: expected a finite number, got one too large".formatted(where, path));
        }
        return value;
    }

    VocabularyFormatException wrong(String path, String expected) throws IOException {
        return new VocabularyFormatException("%s: %s: expected %s, got %s".formatted(where, path, expected, reader.peek()));
    }
}
