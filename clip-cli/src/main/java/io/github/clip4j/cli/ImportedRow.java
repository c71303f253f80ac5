package io.github.clip4j.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// Which file a row of an array belongs to, and what the file was like when the row was made.
///
/// @param where in the list of rows, for messages
/// @param row of the array, from 0
/// @param path of the image
/// @param size in bytes, if it is said
/// @param modified in nanoseconds since 1970, if it is said
/// @param hash of the content; empty when it is not said
/// @param width in pixels; 0 when it is not said
/// @param height in pixels; 0 when it is not said
record ImportedRow(String where, int row, String path, OptionalLong size, OptionalLong modified, String hash, int width, int height) {
    /// Reads a list: a JSON object after the other, as `clip export` writes them, or the document of `clip embed --json`.
    ///
    /// @param rows the number of rows of the array
    /// @param each gets the entries that are whole
    /// @param failed gets a message for each that is not
    /// @throws IOException when the file is no such list
    static void read(Path file, int rows, Consumer<ImportedRow> each, Consumer<String> failed) throws IOException {
        int entries = 0;
        try (JsonReader json = new JsonReader(Files.newBufferedReader(file))) {
            json.setStrictness(Strictness.LENIENT); // allows one document after the other
            if (rows == 0 && Files.size(file) == 0) {
                return; // of an empty index
            }
            while (json.peek() != JsonToken.END_DOCUMENT) {
                JsonElement element = JsonParser.parseReader(json);
                boolean whole = element.isJsonObject() && element.getAsJsonObject().has("results");
                JsonElement list = whole ? element.getAsJsonObject().get("results") : element;
                if (whole && !list.isJsonArray()) {
                    throw new IOException(file + ": results: expected a list");
                }
                for (JsonElement entry : whole ? list.getAsJsonArray().asList() : List.of(list)) {
                    String where = file + ": entry " + ++entries;
                    try {
                        of(where, entry, rows, each);
                    } catch (IllegalArgumentException e) {
                        failed.accept(where + ": " + e.getMessage());
                    }
                }
            }
        } catch (EOFException | MalformedJsonException | CharacterCodingException | JsonParseException | IllegalStateException e) {
            String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new IOException(
                    file + ": after " + entries + " entries: expected JSON as clip export or clip embed --json writes it: " + why, e);
        }
    }

    private static void of(String where, JsonElement element, int rows, Consumer<ImportedRow> each) {
        if (!element.isJsonObject()) {
            throw new IllegalArgumentException("expected an object with a row and a path");
        }
        JsonObject entry = element.getAsJsonObject();
        if (entry.has("error") && !entry.has("row")) {
            return; // named when the array was made
        }
        String path = text(entry, entry.has("path") ? "path" : "image");
        long row = number(entry, "row", OptionalLong.empty()).orElseThrow();
        if (path.isEmpty() || row < 0 || row >= rows) {
            throw new IllegalArgumentException("expected a path and a row of 0 to " + (rows - 1) + ", got '" + path + "' and " + row);
        }
        each.accept(new ImportedRow(where, (int) row, path, optional(entry, "size"), optional(entry, "modified"),
                hash(entry), pixels(entry, "width"), pixels(entry, "height")));
    }

    private static String hash(JsonObject entry) {
        String hash = entry.has("hash") ? text(entry, "hash") : "";
        if (!hash.matches("([0-9a-f]{32})?")) {
            throw new IllegalArgumentException("hash: expected 32 hexadecimal digits, got '" + hash + "'");
        }
        return hash;
    }

    private static OptionalLong optional(JsonObject entry, String name) {
        return entry.has(name) ? number(entry, name, OptionalLong.empty()) : OptionalLong.empty();
    }

    private static int pixels(JsonObject entry, String name) {
        long pixels = number(entry, name, OptionalLong.of(0)).orElseThrow();
        if (pixels < 0 || pixels > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": expected 0 to " + Integer.MAX_VALUE + " pixels, got " + pixels);
        }
        return (int) pixels;
    }

    private static OptionalLong number(JsonObject entry, String name, OptionalLong otherwise) {
        JsonElement value = entry.get(name);
        if (value == null && otherwise.isPresent()) {
            return otherwise;
        }
        try {
            if (value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                return OptionalLong.of(value.getAsBigDecimal().longValueExact());
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("%s: expected a whole number, got %s".formatted(name, value));
    }

    private static String text(JsonObject entry, String name) {
        JsonElement value = entry.get(name);
        if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new IllegalArgumentException("%s: expected a text, got %s".formatted(name, value));
        }
        return value.getAsString();
    }
}
