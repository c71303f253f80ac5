package io.github.clip4j.bench;

import io.github.clip4j.Embedding;
import io.github.clip4j.core.Shape;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import io.github.clip4j.search.SearchHit;
import io.github.clip4j.search.SearchOptions;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/// How fast an index is searched, and how much of the exact answer the signs find.
///
/// `java --add-modules jdk.incubator.vector -Xmx8g -cp clip-bench/target/benchmarks.jar io.github.clip4j.bench.SearchRates
/// ROWS DIMENSION FOLDER [CLUSTERS]`
///
/// Writes an index of ROWS vectors in 1,000 or CLUSTERS clusters to FOLDER, unless it is there, and `queries.npy` beside it for
/// clip-bench/peers/search.py, which reads the same vectors. The ways are measured in turn, query by query, so that
/// a minute of a busy machine meets all of them.
public final class SearchRates {
    private static final int QUERIES = 100;
    private static final int ROUNDS = 3;
    private static final int BLOCK = 1 << 22;
    private static final int TOP = 10;

    /// The length of what is added to a centre: images of one cluster then have cosines of about 0.67.
    private static final double SPREAD = 0.7;

    private final int rows;
    private final int dimension;
    private final float[][] centres;
    private final PrintStream out;

    private SearchRates(int rows, int dimension, int clusters, PrintStream out) {
        this.rows = rows;
        this.dimension = dimension;
        this.out = out;
        Random random = new Random(1);
        this.centres = IntStream.range(0, clusters).mapToObj(i -> near(new float[dimension], 1, random)).toArray(float[][]::new);
    }

    /// Measures and prints.
    ///
    /// @param args rows, dimension, folder, number of clusters
    /// @throws IOException when the index cannot be written or read
    @SuppressWarnings("SystemOut") // a command
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[2]);
        int clusters = args.length > 3 ? Integer.parseInt(args[3]) : 1000;
        new SearchRates(Integer.parseInt(args[0]), Integer.parseInt(args[1]), clusters, System.out).measure(folder);
    }

    private static float[] near(float[] centre, double spread, Random random) {
        float[] values = centre.clone();
        double scale = spread / Math.sqrt(values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (scale * random.nextGaussian());
        }
        return Embedding.normalized(values).toArray();
    }

    private float[] row(int row) {
        Random random = new Random(1_000_003L * row + 7);
        return near(centres[random.nextInt(centres.length)], SPREAD, random);
    }

    private void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        IndexModel model = new IndexModel("synthetic", "", "hf", Embedding.ofUnit(centres[0]), Embedding.ofUnit(centres[1]));
        try (IndexWriter writer = IndexWriter.open(folder.resolve("index"), model)) {
            for (int row = 0; row < rows; row++) {
                writer.put(IndexEntry.of("/photos/" + row + ".jpg", 1, 1, "", 0, 0), Embedding.ofUnit(row(row)));
                if (writer.isFull()) {
                    writer.commit();
                }
            }
            writer.commit();
        }
        float[] queries = new float[QUERIES * dimension];
        for (int i = 0; i < QUERIES; i++) {
            System.arraycopy(row(rows + i), 0, queries, i * dimension, dimension);
        }
        NpyWriter.writeFloats(folder.resolve("queries.npy"), queries, Shape.of(QUERIES, dimension));
    }

    private void measure(Path folder) throws IOException {
        if (!EmbeddingIndex.isIndex(folder.resolve("index"))) {
            write(folder);
        }
        for (int i = 0; i < 3; i++) {
            long begin = System.nanoTime();
            EmbeddingIndex index = EmbeddingIndex.open(folder.resolve("index"));
            out.printf(Locale.ROOT, "opened %,d entries in %.0f ms%n", index.size(), (System.nanoTime() - begin) / 1e6);
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder.resolve("index"));
        float[][] memory = new float[(int) (((long) rows * dimension + BLOCK - 1) / BLOCK)][BLOCK];
        for (float[] block : memory) {
            Arrays.fill(block, 1);
        }
        List<Embedding> queries = IntStream.range(0, QUERIES).mapToObj(i -> Embedding.ofUnit(row(rows + i))).toList();
        long begin = System.nanoTime();
        index.search(queries.getFirst(), SearchOptions.top(TOP));
        out.printf(Locale.ROOT, "first search %.1f ms%n", (System.nanoTime() - begin) / 1e6);
        for (int round = 0; round < ROUNDS; round++) {
            round(index, memory, queries);
        }
    }

    private void round(EmbeddingIndex index, float[][] memory, List<Embedding> queries) {
        double[] stream = new double[QUERIES];
        double[] exact = new double[QUERIES];
        double[] signs = new double[QUERIES];
        int found = 0;
        float sum = 0;
        for (int i = 0; i < QUERIES; i++) {
            long t0 = System.nanoTime();
            sum += read(memory);
            long t1 = System.nanoTime();
            List<SearchHit> expected = index.search(queries.get(i), SearchOptions.top(TOP).withExact());
            long t2 = System.nanoTime();
            List<SearchHit> hits = index.search(queries.get(i), SearchOptions.top(TOP));
            long t3 = System.nanoTime();
            Set<String> paths = new HashSet<>();
            expected.forEach(hit -> paths.add(hit.entry().path()));
            found += (int) hits.stream().filter(hit -> paths.contains(hit.entry().path())).count();
            stream[i] = (t1 - t0) / 1e6;
            exact[i] = (t2 - t1) / 1e6;
            signs[i] = (t3 - t2) / 1e6;
        }
        if (sum == 0) {
            throw new AssertionError(); // so that the stream is read
        }
        out.printf(Locale.ROOT, "stream %.2f ms (p90 %.2f)  exact %.2f (%.2f), %.2f of the stream  as is %.2f (%.2f), recall@%d %.4f%n",
                at(stream, 0.5), at(stream, 0.9), at(exact, 0.5), at(exact, 0.9), at(exact, 0.5) / at(stream, 0.5), at(signs, 0.5),
                at(signs, 0.9), TOP, found / (double) (QUERIES * TOP));
    }

    /// Reads as many numbers as the index has, with as many threads.
    private static float read(float[][] memory) {
        int parts = BLOCK >> 18;
        return (float) IntStream.range(0, memory.length * parts).parallel()
                .mapToDouble(i -> StreamVector.sum(memory[i / parts], (i % parts) << 18, (i % parts + 1) << 18)).sum();
    }

    private static double at(double[] values, double quantile) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (quantile * (sorted.length - 1))];
    }
}
