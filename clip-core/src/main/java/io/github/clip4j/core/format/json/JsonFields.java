package io.github.clip4j.core.format.json;

import io.github.clip4j.core.weights.WeightFormatException;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// Typed access to the fields of a JSON object; a field of another type is an error that names it. `null` counts as absent, as it does in
/// the published configs. Immutable.
public final class JsonFields {
    /// The most elements of an array, all rows together. Boxed, so many take some 15 MB.
    private static final int MAX_ELEMENTS = 500_000;

    private static final int NAME_IN_PATH = 100;

    private final JsonText text;
    private final JsonText.Members members;
    private final String where;

    JsonFields(JsonText text, int object, String where) {
        this.text = text;
        this.members = text.members(object);
        this.where = where;
    }

    /// The document and the path to this object, for messages.
    public String where() {
        return where;
    }

    /// The names of all fields, those that are `null` among them, in the order of the document.
    public Set<String> names() {
        return new Names();
    }

    /// Whether field `name` is there and not `null`.
    public boolean has(String name) {
        return value(name).isPresent();
    }

    /// Whether field `name` is there and an array.
    public boolean isArray(String name) {
        return startsWith(name, '[');
    }

    /// Whether field `name` is there and an object.
    public boolean isObject(String name) {
        return startsWith(name, '{');
    }

    /// A string.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public Optional<String> string(String name) throws WeightFormatException {
        OptionalInt value = value(name);
        return value.isEmpty() ? Optional.empty() : Optional.of(toText(name, value.getAsInt()));
    }

    /// `true` or `false`.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public Optional<Boolean> bool(String name) throws WeightFormatException {
        OptionalInt value = value(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        byte first = text.at(value.getAsInt());
        if (first != 't' && first != 'f') {
            throw wrong(name, "true or false", value.getAsInt());
        }
        return Optional.of(first == 't');
    }

    /// A number.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public OptionalDouble number(String name) throws WeightFormatException {
        OptionalInt value = value(name);
        return value.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(toNumber(name, value.getAsInt()));
    }

    /// An integer of at least 0, written without fraction or exponent.
    public OptionalLong integer(String name) throws WeightFormatException {
        OptionalInt value = value(name);
        return value.isEmpty() ? OptionalLong.empty() : OptionalLong.of(toInteger(name, value.getAsInt()));
    }

    /// An object.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public Optional<JsonFields> object(String name) throws WeightFormatException {
        OptionalInt value = value(name);
        if (value.isPresent() && text.at(value.getAsInt()) != '{') {
            throw wrong(name, "an object", value.getAsInt());
        }
        return value.isEmpty() ? Optional.empty() : Optional.of(new JsonFields(text, value.getAsInt(), path(name)));
    }

    /// An array of objects, of at most 500,000.
    public Optional<List<JsonFields>> objects(String name) throws WeightFormatException {
        return array(name, (place, value) -> {
            if (text.at(value) != '{') {
                throw wrong(place, "an object", value);
            }
            return new JsonFields(text, value, path(place.toString()));
        });
    }

    /// An array of integers of at least 0, of at most 500,000.
    public Optional<List<Long>> integers(String name) throws WeightFormatException {
        return array(name, this::toInteger);
    }

    /// An array of numbers, of at most 500,000.
    public Optional<List<Double>> numbers(String name) throws WeightFormatException {
        return array(name, this::toNumber);
    }

    /// An array of strings, of at most 500,000.
    public Optional<List<String>> strings(String name) throws WeightFormatException {
        return array(name, this::toText);
    }

    /// An array of arrays of numbers, of at most 500,000 together.
    public Optional<List<List<Double>>> rows(String name) throws WeightFormatException {
        int[] left = {MAX_ELEMENTS};
        return array(name, (place, value) -> elements(place, value, this::toNumber, left));
    }

    /// A [WeightFormatException] that says field `name` of this object is not what was expected.
    public WeightFormatException wrong(String name, String expected, String got) {
        return new WeightFormatException("%s: expected %s, got %s".formatted(path(name), expected, got));
    }

    /// Makes something of the value at an offset; `place`, whose text is a name, is for messages.
    private interface Reader<T> {
        T read(Object place, int value) throws WeightFormatException;
    }

    /// An element of an array. Its name is made for a message only: half a million of them take 60 MB.
    private record Element(Object array, int index) {
        @Override
        public String toString() {
            return array + "[" + index + "]";
        }
    }

    private <T> Optional<List<T>> array(String name, Reader<T> reader) throws WeightFormatException {
        OptionalInt value = value(name);
        return value.isEmpty() ? Optional.empty() : Optional.of(elements(name, value.getAsInt(), reader, new int[] {MAX_ELEMENTS}));
    }

    private <T> List<T> elements(Object name, int array, Reader<T> reader, int[] left) throws WeightFormatException {
        if (text.at(array) != '[') {
            throw wrong(name, "an array", array);
        }
        List<T> elements = new ArrayList<>();
        for (int at = text.first(array); at >= 0; at = text.next(at)) {
            if (left[0]-- == 0) {
                throw wrong(name.toString(), "at most %,d elements".formatted(MAX_ELEMENTS), "more");
            }
            elements.add(reader.read(new Element(name, elements.size()), at));
        }
        return elements;
    }

    private String path(String name) {
        return where + "." + JsonCheck.shortened(name, NAME_IN_PATH);
    }

    private boolean startsWith(String name, char first) {
        OptionalInt value = value(name);
        return value.isPresent() && text.at(value.getAsInt()) == first;
    }

    private OptionalInt value(String name) {
        int value = text.find(members, name);
        return value < 0 || text.at(value) == 'n' ? OptionalInt.empty() : OptionalInt.of(value);
    }

    private String toText(Object name, int value) throws WeightFormatException {
        if (text.at(value) != '"') {
            throw wrong(name, "a string", value);
        }
        return text.string(value);
    }

    private double toNumber(Object name, int value) throws WeightFormatException {
        if (!text.isNumber(value)) {
            throw wrong(name, "a number", value);
        }
        return Double.parseDouble(text.number(value));
    }

    private long toInteger(Object name, int value) throws WeightFormatException {
        String digits = text.isNumber(value) ? text.number(value) : "";
        if (!isInteger(digits)) {
            throw wrong(name, "an integer of at least 0", value);
        }
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw wrong(name, "an integer below 2^63", value);
        }
    }

    /// Whether a number is written as 0, or as at most 19 digits of which the first is another. A pattern would make an object for each.
    private static boolean isInteger(String number) {
        boolean digits = !number.isEmpty() && number.length() <= 19 && (number.length() == 1 || number.charAt(0) != '0');
        for (int i = 0; digits && i < number.length(); i++) {
            digits = number.charAt(i) >= '0' && number.charAt(i) <= '9';
        }
        return digits;
    }

    private WeightFormatException wrong(Object name, String expected, int got) {
        return wrong(name.toString(), expected, text.kind(got) + " " + text.quoted(got));
    }

    /// A view: names become strings when they are asked for.
    private final class Names extends AbstractSet<String> {
        @Override
        public int size() {
            return members.size();
        }

        @Override
        public boolean contains(Object name) {
            return name instanceof String string && text.find(members, string) >= 0;
        }

        @Override
        public Iterator<String> iterator() {
            return new Iterator<>() {
                private int next;

                @Override
                public boolean hasNext() {
                    return next < size();
                }

                @Override
                public String next() {
                    if (!hasNext()) {
                        throw new NoSuchElementException();
                    }
                    return text.string(members.nameAt(next++));
                }
            };
        }
    }
}
