package io.github.clip4j.core.format.json;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.clip4j.core.weights.WeightFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/// Typed access to the fields of a JSON object; a field of another type is an error that names it. `null` counts as absent, as it does in
/// the published configs.
public final class JsonFields {
    private static final Pattern INTEGER = Pattern.compile("0|[1-9][0-9]{0,18}");

    private final JsonObject object;
    private final String where;

    JsonFields(JsonObject object, String where) {
        this.object = object;
        this.where = where;
    }

    /// The document and the path to this object, for messages.
    public String where() {
        return where;
    }

    /// The names of all fields, those that are `null` among them, in the order of the document.
    public Set<String> names() {
        return object.keySet();
    }

    /// Whether field `name` is there and not `null`.
    public boolean has(String name) {
        return object.has(name) && !object.get(name).isJsonNull();
    }

    /// Whether field `name` is there and an array.
    public boolean isArray(String name) {
        return object.has(name) && object.get(name).isJsonArray();
    }

    /// Whether field `name` is there and an object.
    public boolean isObject(String name) {
        return object.has(name) && object.get(name).isJsonObject();
    }

    /// A string.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public Optional<String> string(String name) throws WeightFormatException {
        Optional<JsonElement> value = value(name);
        if (value.isPresent() && !(value.get().isJsonPrimitive() && value.get().getAsJsonPrimitive().isString())) {
            throw wrong(name, "a string", value.get());
        }
        return value.map(JsonElement::getAsString);
    }

    /// `true` or `false`.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public Optional<Boolean> bool(String name) throws WeightFormatException {
        Optional<JsonElement> value = value(name);
        if (value.isPresent() && !(value.get().isJsonPrimitive() && value.get().getAsJsonPrimitive().isBoolean())) {
            throw wrong(name, "true or false", value.get());
        }
        return value.map(JsonElement::getAsBoolean);
    }

    /// A number.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public OptionalDouble number(String name) throws WeightFormatException {
        Optional<JsonElement> value = value(name);
        if (value.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (!isNumber(value.get())) {
            throw wrong(name, "a number", value.get());
        }
        return OptionalDouble.of(value.get().getAsDouble());
    }

    /// An integer of at least 0, written without fraction or exponent.
    public OptionalLong integer(String name) throws WeightFormatException {
        Optional<JsonElement> value = value(name);
        return value.isEmpty() ? OptionalLong.empty() : OptionalLong.of(toInteger(name, value.get()));
    }

    /// An object.
    ///
    /// @throws WeightFormatException when the field is there and of another type
    public Optional<JsonFields> object(String name) throws WeightFormatException {
        Optional<JsonElement> value = value(name);
        if (value.isPresent() && !value.get().isJsonObject()) {
            throw wrong(name, "an object", value.get());
        }
        return value.map(v -> new JsonFields(v.getAsJsonObject(), where + "." + name));
    }

    /// An array of objects.
    public Optional<List<JsonFields>> objects(String name) throws WeightFormatException {
        Optional<JsonElement> value = array(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        List<JsonFields> objects = new ArrayList<>();
        for (JsonElement element : value.get().getAsJsonArray()) {
            String place = name + "[" + objects.size() + "]";
            if (!element.isJsonObject()) {
                throw wrong(place, "an object", element);
            }
            objects.add(new JsonFields(element.getAsJsonObject(), where + "." + place));
        }
        return Optional.of(objects);
    }

    /// An array of integers of at least 0.
    public Optional<List<Long>> integers(String name) throws WeightFormatException {
        Optional<JsonElement> value = array(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        List<Long> integers = new ArrayList<>();
        for (JsonElement element : value.get().getAsJsonArray()) {
            integers.add(toInteger(name + "[" + integers.size() + "]", element));
        }
        return Optional.of(integers);
    }

    /// An array of numbers.
    public Optional<List<Double>> numbers(String name) throws WeightFormatException {
        Optional<JsonElement> value = array(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        List<Double> numbers = new ArrayList<>();
        for (JsonElement element : value.get().getAsJsonArray()) {
            if (!isNumber(element)) {
                throw wrong(name + "[" + numbers.size() + "]", "a number", element);
            }
            numbers.add(element.getAsDouble());
        }
        return Optional.of(numbers);
    }

    /// A [WeightFormatException] that says field `name` of this object is not what was expected.
    public WeightFormatException wrong(String name, String expected, String got) {
        return new WeightFormatException("%s.%s: expected %s, got %s".formatted(where, name, expected, got));
    }

    private Optional<JsonElement> array(String name) throws WeightFormatException {
        Optional<JsonElement> value = value(name);
        if (value.isPresent() && !value.get().isJsonArray()) {
            throw wrong(name, "an array", value.get());
        }
        return value;
    }

    private Optional<JsonElement> value(String name) {
        return Optional.ofNullable(object.get(name)).filter(v -> !v.isJsonNull());
    }

    private long toInteger(String name, JsonElement element) throws WeightFormatException {
        if (!isNumber(element) || !INTEGER.matcher(element.getAsString()).matches()) {
            throw wrong(name, "an integer of at least 0", element);
        }
        try {
            return Long.parseLong(element.getAsString());
        } catch (NumberFormatException e) {
            throw wrong(name, "an integer below 2^63", element);
        }
    }

    private static boolean isNumber(JsonElement element) {
        return element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber();
    }

    private WeightFormatException wrong(String name, String expected, JsonElement got) {
        String text = got.toString();
        return wrong(name, expected, kind(got) + " " + (text.length() > 60 ? text.substring(0, 60) + "…" : text));
    }

    static String kind(JsonElement element) {
        if (element.isJsonObject()) {
            return "an object";
        }
        if (element.isJsonArray()) {
            return "an array";
        }
        if (element.isJsonNull()) {
            return "null";
        }
        return element.getAsJsonPrimitive().isString() ? "a string" : element.getAsJsonPrimitive().isNumber() ? "a number" : "a boolean";
    }
}
