package io.github.clip4j.search;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.clip4j.Embedding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/// What is committed: the model, the folders that were indexed, and how much of each segment is valid. It is replaced as a whole, so a
/// reader sees one commit or the one before.
///
/// The file is a line of JSON and a line with its CRC-32C. There are two of them, and the second is read when the first is damaged: it is
/// the one file without which all others are worth nothing.
///
/// @param roots the folders whose files are indexed, absolute
record Manifest(IndexModel model, Set<String> roots, List<Part> segments) {
    static final String FILE = "manifest";
    static final String COPY = "manifest.copy";
    static final String TEMPORARY = ".tmp";
    private static final int VERSION = 1;

    /// The committed part of a segment.
    ///
    /// @param name of its files, without their extensions
    /// @param recordBytes of its file of records
    /// @param vectors in its file of vectors
    record Part(String name, long recordBytes, int vectors) {}

    Manifest {
        roots = Set.copyOf(roots);
        segments = List.copyOf(segments);
    }

    static boolean exists(Path folder) {
        return Files.exists(folder.resolve(FILE)) || Files.exists(folder.resolve(COPY));
    }

    static Manifest read(Path folder) throws IOException {
        try {
            return read(folder, folder.resolve(FILE));
        } catch (IOException e) {
            if (Files.exists(folder.resolve(COPY))) {
                try {
                    return read(folder, folder.resolve(COPY));
                } catch (IOException copy) {
                    e.addSuppressed(copy);
                }
            }
            throw e;
        }
    }

    private static Manifest read(Path folder, Path file) throws IOException {
        String[] lines;
        try { // any byte is a character of Latin-1, so that damage is found by the checksum
            lines = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1);
        } catch (NoSuchFileException e) {
            throw new IOException(folder + ": expected an index, got a folder without the file " + FILE + "; make one with clip index", e);
        }
        byte[] content = lines[0].getBytes(StandardCharsets.ISO_8859_1);
        if (lines.length < 2 || !lines[1].equals(checksum(content))) {
            throw new IOException(file + ": the file is damaged: its checksum does not fit; delete the folder and index again");
        }
        try {
            return parse(JsonParser.parseString(new String(content, StandardCharsets.UTF_8)).getAsJsonObject(), file);
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException | NullPointerException e) {
            throw new IOException(file + ": expected an index of clip4j, got something else: " + e.getMessage(), e);
        }
    }

    private static Manifest parse(JsonObject json, Path file) throws IOException {
        int version = json.get("version").getAsInt();
        if (version != VERSION) {
            throw new IOException("%s: expected an index of version %d, got %d; use the clip4j that wrote it, or index again"
                    .formatted(file, VERSION, version));
        }
        JsonObject model = json.getAsJsonObject("model");
        Set<String> roots = new TreeSet<>();
        for (JsonElement root : json.getAsJsonArray("roots")) {
            roots.add(root.getAsString());
        }
        List<Part> segments = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("segments")) {
            JsonObject part = element.getAsJsonObject();
            segments.add(new Part(
                    part.get("name").getAsString(), part.get("record_bytes").getAsLong(), part.get("vectors").getAsInt()));
        }
        return new Manifest(
                new IndexModel(
                        model.get("name").getAsString(), model.get("source").getAsString(), model.get("profile").getAsString(),
                        embedding(model.get("image")), embedding(model.get("text"))),
                roots, segments);
    }

    private static Embedding embedding(JsonElement element) {
        return Embedding.ofBytes(Base64.getDecoder().decode(element.getAsString()));
    }

    private static String checksum(byte[] line) {
        CRC32C checksum = new CRC32C();
        checksum.update(line);
        return "crc32c %08x".formatted(checksum.getValue());
    }

    private JsonObject toJson() {
        JsonObject root = new JsonObject();
        root.addProperty("version", VERSION);
        JsonObject described = new JsonObject();
        described.addProperty("name", model.name());
        described.addProperty("source", model.source());
        described.addProperty("profile", model.profile());
        described.addProperty("image", Base64.getEncoder().encodeToString(model.image().toBytes()));
        described.addProperty("text", Base64.getEncoder().encodeToString(model.text().toBytes()));
        root.add("model", described);
        JsonArray folders = new JsonArray();
        new TreeSet<>(roots).forEach(folders::add);
        root.add("roots", folders);
        JsonArray parts = new JsonArray();
        for (Part part : segments) {
            JsonObject entry = new JsonObject();
            entry.addProperty("name", part.name);
            entry.addProperty("record_bytes", part.recordBytes);
            entry.addProperty("vectors", part.vectors);
            parts.add(entry);
        }
        root.add("segments", parts);
        return root;
    }

    /// Puts this in the place of the manifest before it. When the method returns, it is on disk; when it does not, one of the two is.
    void publish(Path folder) throws IOException {
        byte[] line = toJson().toString().getBytes(StandardCharsets.UTF_8);
        publish(folder, FILE, line);
        publish(folder, COPY, line);
    }

    private static void publish(Path folder, String name, byte[] line) throws IOException {
        Path temporary = folder.resolve(name + TEMPORARY);
        try (FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (byte[] part : new byte[][] {line, ("\n" + checksum(line) + "\n").getBytes(StandardCharsets.UTF_8)}) {
                for (ByteBuffer bytes = ByteBuffer.wrap(part); bytes.hasRemaining(); ) {
                    out.write(bytes);
                }
            }
            out.force(true);
        }
        Files.move(temporary, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(folder);
    }

    /// The new name is on disk as well. Some systems have no way to say so, and need none.
    static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows cannot open a folder
        }
    }
}
