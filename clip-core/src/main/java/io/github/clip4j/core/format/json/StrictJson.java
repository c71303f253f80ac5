package io.github.clip4j.core.format.json;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Parses JSON documents as RFC 8259 defines them.
///
/// Gson's own `JsonParser` is lenient, and lets the last of two equal names win. A weight file that says two things is malformed.
public final class StrictJson {
    /// The largest file [#readObject] reads. Configs have some kilobytes; the greatest published `tokenizer.json` has some 20 MB.
    private static final long MAX_BYTES = 100_000_000;

    private StrictJson() {}

    /// Reads a file that holds one JSON object, in UTF-8.
    ///
    /// @throws WeightFormatException when it is malformed, with the file's name, line and path within the document
    public static JsonFields readObject(Path file) throws IOException {
        String where = String.valueOf(file.getFileName());
        if (Files.size(file) > MAX_BYTES) {
            throw new WeightFormatException("%s: expected at most %,d bytes of JSON, got %,d"
                    .formatted(where, MAX_BYTES, Files.size(file)));
        }
        return parseObject(Files.readAllBytes(file), where);
    }

    /// Parses one JSON object.
    ///
    /// @param utf8 the document
    /// @param where what to call it in messages
    public static JsonFields parseObject(byte[] utf8, String where) throws WeightFormatException {
        JsonElement element = parse(decode(utf8, where), where);
        if (!element.isJsonObject()) {
            throw new WeightFormatException(where + ": expected a JSON object, got " + JsonFields.kind(element));
        }
        return new JsonFields(element.getAsJsonObject(), where);
    }

    private static String decode(byte[] utf8, String where) throws WeightFormatException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new WeightFormatException(where + ": expected UTF-8 text, got bytes that are not", e);
        }
    }

    private static JsonElement parse(String text, String where) throws WeightFormatException {
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            JsonElement element = readElement(reader, where);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new WeightFormatException(where + ": expected the end of the document, got more text at " + reader.getPath());
            }
            return element;
        } catch (MalformedJsonException | EOFException | IllegalStateException | NumberFormatException | JsonParseException e) {
            throw new WeightFormatException(where + ": malformed JSON: " + e.getMessage(), e);
        } catch (WeightFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new WeightFormatException(where + ": malformed JSON: " + e.getMessage(), e);
        }
    }

    private static JsonElement readElement(JsonReader reader, String where) throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> {
                JsonObject object = new JsonObject();
                reader.beginObject();
                while (reader.hasNext()) {
                    String name = reader.nextName();
                    if (object.has(name)) {
                        throw new WeightFormatException("%s: the name '%s' appears twice at %s".formatted(where, name, reader.getPath()));
                    }
                    object.add(name, readElement(reader, where));
                }
                reader.endObject();
                yield object;
            }
            case BEGIN_ARRAY -> {
                JsonArray array = new JsonArray();
                reader.beginArray();
                while (reader.hasNext()) {
                    array.add(readElement(reader, where));
                }
                reader.endArray();
                yield array;
            }
            case STRING -> new JsonPrimitive(reader.nextString());
            case NUMBER -> number(reader, where);
            case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
            case NULL -> {
                reader.nextNull();
                yield JsonNull.INSTANCE;
            }
            default -> throw new WeightFormatException("%s: expected a value at %s".formatted(where, reader.getPath()));
        };
    }

    /// As it is written: BigDecimal's class initialiser alone takes 30 to 50 ms.
    private static JsonPrimitive number(JsonReader reader, String where) throws IOException {
        Number number = ToNumberPolicy.LAZILY_PARSED_NUMBER.readNumber(reader);
        if (number.toString().length() > 64) { // parsing costs more than linear time
            throw new WeightFormatException("%s: expected numbers of at most 64 characters at %s".formatted(where, reader.getPath()));
        }
        return new JsonPrimitive(number);
    }
}
