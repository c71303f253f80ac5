package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.image.Image;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip import`
@Command(
        name = "import",
        description = "Puts embeddings that are there already into an index, so that no image is encoded again.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Reads what clip export and clip embed -o write: an array [n, d], and which file each of its rows belongs to. A file that has",
            "changed since, or is gone, is named and left out. Some of the images are encoded again to see that --model made the vectors.",
            "",
            "Examples:",
            "  clip embed photos --model DIR -o photos.npy --json > photos.json && clip import photos.npy --model DIR",
            "  clip import photos.npy --rows photos.jsonl --index photos.index --model DIR"
        })
final class ImportCommand implements Callable<Integer> {
    /// Images that are encoded again.
    private static final int CHECKED = 4;

    /// The same as the fingerprint of an index: two models differ by far more, and one in float16 by far less.
    private static final double SAME = 0.9999;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Mixin
    private IndexOptions.Place index = new IndexOptions.Place();

    @Parameters(paramLabel = "X.npy", description = "the vectors, float32 or float16 [n, d], of any length")
    private String vectors = "";

    @Option(names = "--rows", paramLabel = "F", description =
            "which file a row belongs to: JSON lines of clip export, or the document of clip embed --json; X.jsonl or X.json unless given")
    private @Nullable String rows;

    @Option(names = "--json", description = "print one JSON document, as clip index does")
    private boolean json;

    /// A row that goes into the index.
    private record Accepted(ImportedRow row, IndexEntry entry, Embedding embedding) {}

    @Override
    public Integer call() throws IOException {
        reading.check();
        Path array = FileNames.path(vectors);
        Path list = list(array);
        Path folder = index.folder();
        model.orElseOf(folder);
        String source = model.source();
        Tally tally = new Tally(spec, "rows");
        JsonArray failed = new JsonArray();
        List<Accepted> accepted = accepted(array, list, tally, failed);
        try (Clip clip = model.load()) {
            check(clip, accepted);
            try (IndexWriter writer = IndexWriter.open(folder, IndexModel.of(clip, source))) {
                int before = writer.paths().size();
                for (Accepted one : accepted) {
                    writer.put(one.entry, one.embedding);
                    tally.done();
                    if (writer.isFull()) {
                        writer.commit();
                    }
                }
                writer.commit();
                print(clip, folder, writer, accepted.size(), writer.paths().size() - before, failed);
            }
        }
        return tally.end();
    }

    private Path list(Path array) throws IOException {
        if (rows != null) {
            return FileNames.path(rows);
        }
        Path lines = ExportCommand.beside(array);
        Path document = lines.resolveSibling(String.valueOf(lines.getFileName()).replaceFirst("l$", ""));
        if (Files.exists(lines) || Files.exists(document)) {
            return Files.exists(lines) ? lines : document;
        }
        throw new IOException("%s: expected %s or %s beside it, or --rows, which say what its rows belong to; got neither"
                .formatted(vectors, lines.getFileName(), document.getFileName()));
    }

    private List<Accepted> accepted(Path array, Path list, Tally tally, JsonArray failed) throws IOException {
        NpyArray values = NpyArray.read(array);
        if (values.shape().rank() != 2) {
            throw new IOException("%s: expected vectors [n, d], got %s".formatted(vectors, values.shape()));
        }
        int width = values.shape().dim(1);
        float[] floats = values.floats();
        long made = Files.getLastModifiedTime(array).to(TimeUnit.NANOSECONDS);
        Map<String, Accepted> byPath = new LinkedHashMap<>();
        ImportedRow.read(list, values.shape().dim(0), row -> {
            try {
                Path path = FileNames.path(row.path()).toAbsolutePath().normalize();
                float[] vector = Arrays.copyOfRange(floats, row.row() * width, (row.row() + 1) * width);
                Accepted one = new Accepted(row, entry(row, path, made), unit(vector));
                if (byPath.putIfAbsent(path.toString(), one) != null) {
                    throw new IOException("a second row of this file; the first one counts");
                }
            } catch (IOException | IllegalArgumentException e) {
                fail(row.path(), row.where() + ": " + row.path() + ": " + ClipCommand.message(e), tally, failed);
            }
        }, message -> fail("", message, tally, failed));
        if (byPath.isEmpty() && values.shape().dim(0) > 0) {
            throw new IOException(list + ": expected rows of files that are there, got none");
        }
        return new ArrayList<>(byPath.values());
    }

    private static void fail(String path, String error, Tally tally, JsonArray failed) {
        tally.failed(error);
        failed.add(IndexUpdate.failure(path, error));
    }

    /// A vector as it is when its length is 1, so that what was exported comes back to the bit.
    private static Embedding unit(float[] vector) {
        try {
            return Embedding.ofUnit(vector);
        } catch (IllegalArgumentException e) {
            return Embedding.normalized(vector);
        }
    }

    /// What the index will know of a file, if it is as it was when its vector was made.
    ///
    /// @param made when the array was written: a list that does not say what the file was like is believed for files that are older
    private static IndexEntry entry(ImportedRow row, Path path, long made) throws IOException {
        BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
        if (!now.isRegularFile()) { // a device or a FIFO may have no end
            throw new IOException("expected a file, got " + (now.isDirectory() ? "a folder" : "something else of that name"));
        }
        long modified = now.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        boolean untouched = row.size().orElse(now.size()) == now.size() && row.modified().orElse(modified) == modified;
        String hash = row.hash().isEmpty() || !untouched ? IndexUpdate.hash(path) : row.hash();
        boolean same = row.hash().isEmpty() ? untouched && (row.modified().isPresent() || modified <= made) : hash.equals(row.hash());
        if (!same) {
            throw new IOException("the file has changed since its vector was made; clip index encodes it again");
        }
        return IndexEntry.of(path.toString(), now.size(), modified, hash, row.width(), row.height());
    }

    /// Encodes some of the images again.
    private void check(Clip clip, List<Accepted> accepted) throws IOException {
        int compared = 0;
        String last = "";
        for (int i = 0; i < accepted.size() && compared < CHECKED; i += Math.max(1, accepted.size() / CHECKED)) {
            Accepted one = accepted.get(i);
            if (one.embedding.dimension() != clip.dimension()) {
                throw new IOException(String.format(
                        Locale.ROOT, "%s: expected vectors of %d components, as %s makes them, got %d; name the model that made them",
                        vectors, clip.dimension(), clip.name(), one.embedding.dimension()));
            }
            ImageItem item = ImageItem.file(one.entry.path(), Path.of(one.entry.path()));
            Image image;
            try {
                image = reading.read(item);
            } catch (IOException | IllegalArgumentException e) {
                last = item.message(e);
                continue;
            }
            double cosine = clip.embedImage(image).dot(one.embedding);
            if (!(cosine >= SAME)) {
                throw new IOException(String.format(Locale.ROOT,
                        "%s: expected the vector that %s with the profile %s makes of this image, got one with a cosine of %.6f to it; "
                                + "name the model and the profile that made the vectors, or embed again",
                        one.row.where(), clip.name(), clip.profile().id(), cosine));
            }
            compared++;
        }
        if (compared == 0 && !accepted.isEmpty()) {
            throw new IOException("expected an image that can be read, to see that the model made the vectors, got none; " + last);
        }
    }

    private void print(Clip clip, Path folder, IndexWriter writer, int put, int added, JsonArray failed) throws IOException {
        Streams streams = Streams.of(spec);
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("index", folder.toString());
            document.addProperty("model", clip.name());
            document.addProperty("total", writer.size());
            document.addProperty("added", added);
            document.addProperty("changed", put - added);
            document.add("failed", failed);
            streams.out().println(Output.json(document));
        } else {
            streams.out().println(String.format(Locale.ROOT, "%s: %,d images: %,d added, %,d changed, %,d failed",
                    Output.printable(folder.toString()), writer.size(), added, put - added, failed.size()));
        }
        streams.requireOpen();
    }
}
