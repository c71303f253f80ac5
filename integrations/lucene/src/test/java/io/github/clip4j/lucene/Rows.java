package io.github.clip4j.lucene;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/// Embeddings of tests, in clusters as those of real images are.
final class Rows {
    private static final int CLUSTERS = 40;

    private Rows() {}

    static Embedding random(int dimension, long seed) {
        Random random = new Random(seed);
        float[] values = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Embedding.normalized(values);
    }

    /// A neighbour of the centre of a cluster; the same for the same row.
    static Embedding row(int dimension, int row) {
        float[] values = random(dimension, row % CLUSTERS).toArray();
        Random random = new Random(1_000_003L * row + 7);
        for (int i = 0; i < dimension; i++) {
            values[i] += (float) (0.7 / Math.sqrt(dimension) * random.nextGaussian());
        }
        return Embedding.normalized(values);
    }

    static IndexModel model(String name, int dimension) {
        return new IndexModel(name, "", "hf", random(dimension, name.hashCode()), random(dimension, ~name.hashCode()));
    }

    static String path(int row) {
        return "/photos/" + row + ".jpg";
    }

    /// An index of clip-search of the first rows. Each was changed a nanosecond after the one before.
    static EmbeddingIndex index(Path folder, IndexModel model, int rows) throws IOException {
        try (IndexWriter writer = IndexWriter.open(folder, model)) {
            for (int row = 0; row < rows; row++) {
                writer.put(IndexEntry.of(path(row), 100 + row, row, "hash " + row, 640, 480), row(model.dimension(), row));
            }
            writer.commit();
        }
        return EmbeddingIndex.open(folder);
    }
}
