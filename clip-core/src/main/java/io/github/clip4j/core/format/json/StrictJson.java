package io.github.clip4j.core.format.json;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Parses JSON documents as RFC 8259 defines them.
///
/// A file that says two things is malformed: no object may have a name twice. Numbers have at most 64 characters, arrays and objects at
/// most 255 levels. Reading takes memory in proportion to the document, whatever is in it.
public final class StrictJson {
    /// The largest file [#readObject] reads. Configs have some kilobytes; the greatest published `tokenizer.json` has some 20 MB.
    private static final long MAX_BYTES = 100_000_000;

    private static final int MAX_OBJECTS = 1000;

    private StrictJson() {}

    /// Reads a file that holds one JSON object, in UTF-8.
    ///
    /// @throws WeightFormatException when it is malformed, with the file's name, line and column; when it is another kind of file, with
    ///     what to do
    public static JsonFields readObject(Path file) throws IOException {
        try (ByteSource source = ByteSource.open(file)) {
            return readObject(source);
        }
    }

    /// Reads one JSON object, in UTF-8.
    ///
    /// @throws WeightFormatException when it is malformed, with the source's name, line and column; when it is another kind of file, with
    ///     what to do
    public static JsonFields readObject(ByteSource source) throws IOException {
        return parseObject(document(source), source.name());
    }

    /// Reads a file that holds an array of JSON objects, in UTF-8, of at most 1,000.
    ///
    /// @throws WeightFormatException as [#readObject(Path)]
    public static List<JsonFields> readObjects(Path file) throws IOException {
        try (ByteSource source = ByteSource.open(file)) {
            return readObjects(source);
        }
    }

    /// Reads an array of JSON objects, in UTF-8, of at most 1,000.
    ///
    /// @throws WeightFormatException as [#readObject(ByteSource)]
    public static List<JsonFields> readObjects(ByteSource source) throws IOException {
        byte[] utf8 = document(source);
        int root = JsonCheck.check(utf8, source.name());
        JsonText text = new JsonText(utf8);
        if (text.at(root) != '[') {
            throw new WeightFormatException(source.name() + ": expected a JSON array, got " + text.kind(root));
        }
        List<JsonFields> objects = new ArrayList<>();
        for (int at = text.first(root); at >= 0; at = text.next(at)) {
            String where = source.name() + "[" + objects.size() + "]";
            if (text.at(at) != '{') {
                throw new WeightFormatException(where + ": expected an object, got " + text.kind(at));
            }
            if (objects.size() == MAX_OBJECTS) {
                throw new WeightFormatException("%s: expected at most %,d objects, got more".formatted(source.name(), MAX_OBJECTS));
            }
            objects.add(new JsonFields(text, at, where));
        }
        return objects;
    }

    private static byte[] document(ByteSource source) throws IOException {
        if (source.size() > MAX_BYTES) {
            throw new WeightFormatException("%s: expected at most %,d bytes of JSON, got %,d"
                    .formatted(source.name(), MAX_BYTES, source.size()));
        }
        byte[] utf8 = source.bytes(0, (int) source.size());
        requireJsonFile(utf8, source.name());
        return utf8;
    }

    /// Parses one JSON object.
    ///
    /// @param utf8 the document, which must not change while the fields are in use
    /// @param where what to call it in messages
    public static JsonFields parseObject(byte[] utf8, String where) throws WeightFormatException {
        int root = JsonCheck.check(utf8, where);
        JsonText text = new JsonText(utf8);
        if (text.at(root) != '{') {
            throw new WeightFormatException(where + ": expected a JSON object, got " + text.kind(root));
        }
        return new JsonFields(text, root, where);
    }

    /// What a download leaves where the file should be is no question of JSON.
    private static void requireJsonFile(byte[] utf8, String where) throws WeightFormatException {
        String start = new String(utf8, 0, Math.min(utf8.length, 64), StandardCharsets.ISO_8859_1).stripLeading();
        if (start.isEmpty()) {
            throw new WeightFormatException(where + ": expected a JSON object, got an empty file; download it again");
        }
        if (start.startsWith("version https://git-lfs.github.com/")) {
            throw new WeightFormatException(where + ": expected a JSON object, got a pointer of git-lfs; fetch the file itself with "
                    + "'git lfs pull' in the repository, or download it again");
        }
        if (start.startsWith("<")) {
            throw new WeightFormatException(where + ": expected a JSON object, got a web page (HTML or XML); download the file itself, "
                    + "at its 'resolve' address rather than 'blob'");
        }
    }
}
