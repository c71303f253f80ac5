package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.Json.JsonNumber;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The fields of one JSON object. What is not asked for is refused by [#end].
final class Fields {
    private static final int MAX_INTEGER = 1_000_000_000;

    private final Map<?, ?> fields;
    private final String where;
    private final String path;
    private final Set<String> asked = new HashSet<>();

    private Fields(Map<?, ?> fields, String where, String path) {
        this.fields = fields;
        this.where = where;
        this.path = path;
    }

    /// @param where the file, for messages
    /// @param path of the object in the file
    static Fields of(@Nullable Object value, String where, String path) throws VocabularyFormatException {
        if (value instanceof Map<?, ?> fields) {
            return new Fields(fields, where, path);
        }
        throw wrong(where, path, "an object", value);
    }

    private static VocabularyFormatException wrong(String where, String path, String expected, @Nullable Object value) {
        String got = switch (value) {
            case null -> "null";
            case Map<?, ?> map -> "an object";
            case List<?> list -> "an array";
            case JsonNumber number -> number.text();
            default -> "'" + value + "'";
        };
        return new VocabularyFormatException("%s: %s: expected %s, got %s".formatted(where, path, expected, got));
    }

    /// The place of a field, for messages: `file: path.name`.
    String place(String name) {
        return "%s: %s.%s".formatted(where, path, name);
    }

    VocabularyFormatException refused(String name, String expected, @Nullable Object got) {
        return wrong(where, path + "." + name, expected, got);
    }

    @Nullable Object get(String name) {
        asked.add(name);
        return fields.get(name);
    }

    boolean has(String name) {
        return get(name) != null;
    }

    String string(String name) throws VocabularyFormatException {
        if (get(name) instanceof String text) {
            return text;
        }
        throw expected(name, "a string");
    }

    @Nullable String stringOrNull(String name) throws VocabularyFormatException {
        return has(name) ? string(name) : null;
    }

    boolean bool(String name) throws VocabularyFormatException {
        if (get(name) instanceof Boolean value) {
            return value;
        }
        throw expected(name, "true or false");
    }

    boolean bool(String name, boolean otherwise) throws VocabularyFormatException {
        return has(name) ? bool(name) : otherwise;
    }

    int integer(String name) throws VocabularyFormatException {
        return integer(get(name), path + "." + name);
    }

    int integer(String name, int otherwise) throws VocabularyFormatException {
        return has(name) ? integer(name) : otherwise;
    }

    private int integer(@Nullable Object value, String place) throws VocabularyFormatException {
        if (value instanceof JsonNumber number) {
            return Json.integer(number.text(), place, MAX_INTEGER, where);
        }
        throw wrong(where, place, "an integer", value);
    }

    /// A field that is one character.
    int character(String name) throws VocabularyFormatException {
        String text = string(name);
        if (text.codePointCount(0, text.length()) == 1) {
            return text.codePointAt(0);
        }
        throw expected(name, "one character");
    }

    Fields object(String name) throws VocabularyFormatException {
        return of(get(name), where, path + "." + name);
    }

    List<Fields> objects(String name) throws VocabularyFormatException {
        List<Fields> objects = new ArrayList<>();
        for (Object element : list(name)) {
            objects.add(of(element, where, "%s.%s[%d]".formatted(path, name, objects.size())));
        }
        return objects;
    }

    int[] integers(String name) throws VocabularyFormatException {
        IntList integers = new IntList();
        for (Object element : list(name)) {
            integers.add(integer(element, "%s.%s[%d]".formatted(path, name, integers.size())));
        }
        return integers.toArray();
    }

    List<?> list(String name) throws VocabularyFormatException {
        if (get(name) instanceof List<?> list) {
            return list;
        }
        throw expected(name, "an array");
    }

    private VocabularyFormatException expected(String name, String expected) {
        return refused(name, expected, get(name));
    }

    /// @throws VocabularyFormatException when there is a field that nobody asked for
    void end() throws VocabularyFormatException {
        for (Object name : fields.keySet()) {
            if (!asked.contains((String) name)) {
                throw new VocabularyFormatException("%s: %s: the field '%s' is not supported".formatted(where, path, name));
            }
        }
    }
}
