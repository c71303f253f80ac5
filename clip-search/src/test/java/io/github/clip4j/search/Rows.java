package io.github.clip4j.search;

import io.github.clip4j.Embedding;
import java.util.Random;

/// Embeddings of tests: of clusters, as those of real images are.
final class Rows {
    private Rows() {}

    /// A unit vector that belongs to a path: the same whenever it is asked for.
    static Embedding of(String path, int dimension) {
        return random(new Random(path.hashCode()), dimension);
    }

    static Embedding random(Random random, int dimension) {
        float[] values = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Embedding.normalized(values);
    }

    /// A neighbour of a centre.
    static Embedding near(Embedding centre, double spread, Random random) {
        float[] values = centre.toArray();
        double scale = spread / Math.sqrt(values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (scale * random.nextGaussian());
        }
        return Embedding.normalized(values);
    }

    static IndexEntry entry(String path) {
        return IndexEntry.of(path, 100, 1_000_000_007L, "hash of " + path, 640, 480);
    }

    static IndexModel model(int dimension) {
        return new IndexModel("test", "", "hf", of("image", dimension), of("text", dimension));
    }
}
