package io.github.clip4j.parquet;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An index of embeddings as a Parquet file, and back.
///
/// The columns are those of `clip export`: `path`, `size` in bytes, `modified` in nanoseconds since 1970, `hash`, `width` and `height` in
/// pixels, `embedding` as a list of float32 of length 1. The model is in the file's metadata, under keys that begin with `clip4j.`.
public final class ParquetIndex {
    /// Images that are encoded again to see who made the embeddings of a file that does not say it.
    private static final int CHECKED = 4;

    /// The same as the fingerprint of an index: two models differ by far more, and one in float16 by far less.
    private static final double SAME = 0.9999;

    private ParquetIndex() {}

    /// How an import went.
    ///
    /// @param added images that the index did not have
    /// @param changed images whose embedding was replaced
    /// @param failed rows that were left out
    public record Imported(int added, int changed, int failed) {}

    /// Writes the embeddings of an index, with what is known of their files. Files that could not be embedded are not written.
    ///
    /// @param index what is written; it is in memory, and the file needs some 100 MB more, whatever its size
    /// @param file replaced when it exists, once the new one is complete
    /// @throws IOException when it cannot be written; the file is as it was
    public static void export(EmbeddingIndex index, Path file) throws IOException {
        Objects.requireNonNull(index, "index is null");
        RowWriter.write(index, file);
    }

    /// {@return the model that made the embeddings of a file; empty when [#export] did not write it}
    ///
    /// @param file Parquet
    /// @throws IOException when it cannot be read
    public static Optional<IndexModel> modelOf(Path file) throws IOException {
        try (RowReader rows = RowReader.open(file)) {
            return rows.model();
        }
    }

    /// Puts the rows of a file that [#export] wrote into an index, and commits. A row that cannot be used, or whose image has changed
    /// since, is left out and costs the others nothing.
    ///
    /// @param file Parquet, without compression or with snappy, gzip, zstd or lz4
    /// @param writer of an index of the same model
    /// @param failed gets a message for each row that is left out: the file, the row from 1, the path and the reason
    /// @return how it went
    /// @throws IOException when the file is damaged, does not say its model or has other columns, or the index cannot be written. What was
    ///     committed on the way stays: the same import again is the way to go on
    /// @throws IllegalArgumentException when the file is of another model; the index is as it was
    public static Imported importInto(Path file, IndexWriter writer, Consumer<String> failed) throws IOException {
        return importInto(file, writer, null, failed);
    }

    /// Puts the rows of a file that any program wrote into an index, and commits. The columns `path` and `embedding` are enough. A file
    /// that does not say its model is believed when the model makes the same embeddings of four of its images.
    ///
    /// @param file Parquet, without compression or with snappy, gzip, zstd or lz4
    /// @param writer of an index of the model
    /// @param clip the model
    /// @param failed gets a message for each row that is left out: the file, the row from 1, the path and the reason
    /// @return how it went
    /// @throws IOException when the file is damaged, has other columns or embeddings of another model, or the index cannot be written. What
    ///     was committed on the way stays: the same import again is the way to go on
    /// @throws IllegalArgumentException when the file or the index say that they are of another model; the index is as it was
    public static Imported importInto(Path file, IndexWriter writer, @Nullable Clip clip, Consumer<String> failed) throws IOException {
        check(file, writer.model(), clip);
        return read(file, writer, failed);
    }

    /// Checks that the embeddings of a file are of a model.
    ///
    /// @throws IOException when the file does not say it, and no model is given that makes the same embeddings
    /// @throws IllegalArgumentException when the file or the model says another
    static void check(Path file, IndexModel model, @Nullable Clip clip) throws IOException {
        if (clip != null) {
            model.requireImages(clip);
        }
        Optional<IndexModel> made = modelOf(file);
        if (made.isPresent()) {
            try {
                model.require(made.get());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
            }
        } else if (clip != null) {
            check(file, clip);
        } else {
            throw new IOException(file + ": expected the metadata clip4j.name and its like, which say what model made the embeddings, got "
                    + "none; give the model, so that some of the images can be encoded again");
        }
    }

    /// Imports a file whose model is checked.
    static Imported read(Path file, IndexWriter writer, Consumer<String> failed) throws IOException {
        try (RowReader rows = RowReader.open(file)) {
            return new Import(file, writer, failed).run(rows);
        }
    }

    private static long made(Path file) throws IOException {
        return Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
    }

    /// One import.
    private static final class Import {
        private final Path file;
        private final IndexWriter writer;
        private final Consumer<String> failed;
        private final Set<Path> seen = new HashSet<>();
        private final long made;
        private int put;
        private int failures;

        Import(Path file, IndexWriter writer, Consumer<String> failed) throws IOException {
            this.file = file;
            this.writer = writer;
            this.failed = failed;
            this.made = made(file);
        }

        Imported run(RowReader rows) throws IOException {
            int before = writer.paths().size();
            rows.forEach(writer.model().dimension(), row -> {
                take(row);
                if (writer.isFull()) {
                    writer.commit();
                }
                return true;
            });
            writer.commit();
            int added = writer.paths().size() - before;
            return new Imported(added, put - added, failures);
        }

        private void take(Row row) {
            try {
                Path path = ImageFiles.path(row);
                IndexEntry entry = ImageFiles.entry(row, path, made);
                Embedding embedding = row.embedding();
                if (!seen.add(path)) {
                    throw new IOException("a second row of this file; the first one counts");
                }
                writer.put(entry, embedding);
                put++;
            } catch (IOException | IllegalArgumentException e) {
                failures++;
                failed.accept("%s: row %d: %s: %s".formatted(file, row.number(), row.path(), e.getMessage()));
            }
        }
    }

    /// Encodes some of the images again.
    private static void check(Path file, Clip clip) throws IOException {
        long made = made(file);
        try (RowReader rows = RowReader.open(file)) {
            long step = Math.max(1, rows.size() / CHECKED);
            int[] compared = {0};
            String[] last = {"the file has no rows"};
            rows.forEach(clip.dimension(), row -> {
                if (row.number() <= compared[0] * step) {
                    return true;
                }
                Embedding embedding;
                Image image;
                try {
                    Path path = ImageFiles.path(row);
                    ImageFiles.entry(row, path, made);
                    embedding = row.embedding();
                    image = ImageFile.read(path);
                } catch (IOException | IllegalArgumentException e) {
                    last[0] = "row %d: %s: %s".formatted(row.number(), row.path(), e.getMessage());
                    return true;
                }
                double cosine = clip.embedImage(image).dot(embedding);
                if (!(cosine >= SAME)) {
                    throw new IOException(String.format(Locale.ROOT,
                            "%s: row %d: %s: expected the embedding that %s with the profile %s makes of this image, got one with a "
                                    + "cosine of %.6f to it; give the model that made the embeddings, or embed again",
                            file, row.number(), row.path(), clip.name(), clip.profile().id(), cosine));
                }
                return ++compared[0] < CHECKED;
            });
            if (compared[0] == 0 && rows.size() > 0) {
                throw new IOException(("%s: expected a row whose image can be read and embedded, to see that %s made the embeddings, "
                        + "got none; %s").formatted(file, clip.name(), last[0]));
            }
        }
    }
}
