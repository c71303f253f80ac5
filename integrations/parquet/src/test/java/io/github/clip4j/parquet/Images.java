package io.github.clip4j.parquet;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Indexes of files that are there, with embeddings of no image.
final class Images {
    private Images() {}

    static Embedding embedding(int dimension, long seed) {
        Random random = new Random(seed);
        float[] values = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Embedding.normalized(values);
    }

    static IndexModel model(String name, int dimension) {
        return new IndexModel(name, "source of " + name, "hf",
                embedding(dimension, name.hashCode()), embedding(dimension, ~name.hashCode()));
    }

    /// An index of so many files, which are made in its folder.
    static EmbeddingIndex index(Path folder, IndexModel model, int files) throws IOException {
        Path images = Files.createDirectories(folder.resolve("images"));
        try (IndexWriter writer = IndexWriter.open(folder.resolve("index"), model)) {
            for (int i = 0; i < files; i++) {
                Path file = Files.write(images.resolve("é " + i + ".jpg"), ("image " + i).getBytes(StandardCharsets.UTF_8));
                long modified = Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
                String hash = String.format(Locale.ROOT, "%032x", i);
                writer.put(IndexEntry.of(file.toString(), Files.size(file), modified, hash, 640 + i, 480), embedding(model.dimension(), i));
                if (writer.isFull()) {
                    writer.commit();
                }
            }
            writer.putFailed(IndexEntry.failed(images.resolve("broken.jpg").toString(), 3, 4, "", "not an image"));
            writer.commit();
        }
        return EmbeddingIndex.open(folder.resolve("index"));
    }
}
