package io.github.clip4j.search;

import io.github.clip4j.Embedding;
import io.github.clip4j.core.ops.DotRows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What was committed to an index when it was opened, in memory: embeddings of images, and what is known of their files. Immutable and
/// thread-safe; a writer of the same or of another process changes nothing in it.
///
/// A search compares the query with every embedding, and is exact. In an index of [#SIGNS_FROM] entries and more it looks at the signs of
/// the components first, and compares the hundredth of the entries whose signs agree best: docs/performance.md has the measured recall.
/// [SearchOptions#withExact()] does without.
public final class EmbeddingIndex {
    /// The number of entries from which a search looks at signs first, because the exact one takes longer than 10 ms: measured with 512
    /// components on one core, docs/performance.md.
    public static final int SIGNS_FROM = 100_000;

    /// The name of the folder in which `clip index` keeps an index.
    public static final String FOLDER = ".clip4j-index";

    /// Entries whose signs agree best, for one that is asked for; and one of so many of all, because a cluster of similar images
    /// may be that large.
    private static final int CANDIDATES_EACH = 10;
    private static final int CANDIDATES_OF = 100;

    /// Rows that a thread takes at a time, and the products from which several threads are worth it.
    private static final int ROWS = 4096;
    private static final int SIGN_ROWS = 1 << 14;
    private static final int FEW = 256;
    private static final long PARALLEL_FROM = 4_000_000;

    private final IndexModel model;
    private final Set<String> roots;
    private final List<IndexEntry> entries;
    private final List<IndexEntry> failures;
    private final VectorRows vectors; // a row an entry
    private final DotRows products = DotRows.create();
    private volatile @Nullable SignBits signs;

    private EmbeddingIndex(Contents contents) {
        this.model = contents.manifest().model();
        this.roots = contents.manifest().roots();
        List<IndexEntry> embedded = new ArrayList<>();
        List<IndexEntry> failed = new ArrayList<>();
        for (Contents.Slot slot : contents.slots().values()) {
            (slot.row() < 0 ? failed : embedded).add(slot.entry());
        }
        this.entries = List.copyOf(embedded);
        this.failures = List.copyOf(failed);
        this.vectors = contents.vectors();
    }

    /// Reads an index.
    ///
    /// @param folder of the index
    /// @return what is committed now
    /// @throws IOException when there is no index, or it is damaged: it says what to do
    public static EmbeddingIndex open(Path folder) throws IOException {
        return new EmbeddingIndex(Contents.read(folder, true, false));
    }

    /// {@return the model of an index} Nothing else is read.
    ///
    /// @param folder of the index
    /// @throws IOException when there is no index
    public static IndexModel modelOf(Path folder) throws IOException {
        return Manifest.read(folder).model();
    }

    /// {@return the folders whose files are indexed} Nothing else is read.
    ///
    /// @param folder of the index
    /// @throws IOException when there is no index
    public static Set<String> rootsOf(Path folder) throws IOException {
        return Manifest.read(folder).roots();
    }

    /// {@return whether a folder holds an index}
    ///
    /// @param folder which may not exist
    public static boolean isIndex(Path folder) {
        return Manifest.exists(folder);
    }

    /// {@return the folder of the nearest index: in a folder, or in one of those that hold it}
    ///
    /// @param from where to begin
    public static Optional<Path> find(Path from) {
        for (Path folder = from.toAbsolutePath().normalize(); folder != null; folder = folder.getParent()) {
            Path index = folder.resolve(FOLDER);
            if (isIndex(index)) {
                return Optional.of(index);
            }
        }
        return Optional.empty();
    }

    /// {@return the model whose embeddings it holds}
    public IndexModel model() {
        return model;
    }

    /// {@return the folders whose files are indexed}
    public Set<String> roots() {
        return roots;
    }

    /// {@return the number of embeddings}
    public int size() {
        return entries.size();
    }

    /// {@return the entries that have an embedding, in the order of their last changes}
    public List<IndexEntry> entries() {
        return entries;
    }

    /// {@return the entries of files that could not be embedded, with the reasons}
    public List<IndexEntry> failures() {
        return failures;
    }

    /// {@return the embedding of an entry}
    ///
    /// @param entry its place in [#entries()]
    /// @throws IndexOutOfBoundsException for another number
    public Embedding embedding(int entry) {
        Objects.checkIndex(entry, entries.size());
        return Embedding.ofUnit(vectors.row(entry));
    }

    /// {@return the entries whose embeddings have the greatest cosines with a query, best first; of equal ones the path decides}
    ///
    /// @param query of the same model
    /// @param options how many, and which
    /// @throws IllegalArgumentException when the query has another number of components
    public List<SearchHit> search(Embedding query, SearchOptions options) {
        if (query.dimension() != model.dimension()) {
            throw new IllegalArgumentException("expected a query of %d components, got %d; was it made by the model of the index, %s?"
                    .formatted(model.dimension(), query.dimension(), model.name()));
        }
        if (entries.isEmpty()) {
            return List.of();
        }
        float[] q = query.toArray();
        int[] candidates = options.exact() || entries.size() < SIGNS_FROM ? exactCandidates(q, options) : signCandidates(q, options);
        List<SearchHit> hits = new ArrayList<>();
        for (int row : candidates) {
            double cosine = vectors.dot(row, q);
            if (cosine >= options.min()) {
                hits.add(new SearchHit(entries.get(row), cosine));
            }
        }
        hits.sort(SearchHit.BEST_FIRST);
        return List.copyOf(hits.subList(0, Math.min(options.top(), hits.size())));
    }

    /// {@return groups of entries whose images are nearly the same: each has a cosine of at least `min` with another one of its group}
    ///
    /// All pairs are compared, exactly. The first of a group is the one with the most pixels, and the cosines are with it; the
    /// others follow by their cosines. The largest groups come first.
    ///
    /// @param min 0.98, for instance; what is nearly the same depends on the model
    public List<List<SearchHit>> duplicates(double min) {
        return new Duplicates(entries, vectors, products, min).groups();
    }

    /// {@return groups of similar images, the largest first: spherical k-means over all embeddings}
    ///
    /// The same index gives the same groups. There are fewer than `count` when there are fewer different embeddings.
    ///
    /// @param count the number of groups, at least 1
    /// @throws IllegalArgumentException for another number
    public List<Cluster> clusters(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count: expected at least 1, got " + count);
        }
        return entries.isEmpty() ? List.of() : new SphericalKMeans(entries, vectors, products, model.dimension()).clusters(count);
    }

    /// All rows that may be among the best. Products in float32 are wrong by at most `error`: d/16 roundings of a chain and some of the
    /// tree and the tail, of sums of at most Σ|ab| ≤ 1 for unit vectors. So a row that is worse than the last of the best by twice that is
    /// not among them.
    private int[] exactCandidates(float[] q, SearchOptions options) {
        float[] scores = new float[entries.size()];
        int parts = (scores.length + ROWS - 1) / ROWS;
        IntStream range = IntStream.range(0, parts);
        ((long) scores.length * q.length < PARALLEL_FROM ? range : range.parallel()).forEach(part -> score(q, part, scores));
        float error = error(q.length);
        Largest largest = new Largest(Math.min(options.top(), scores.length));
        for (int row = 0; row < scores.length; row++) {
            if (scores[row] > largest.least() && scores[row] >= options.min() - error && options.filter().test(entries.get(row))) {
                largest.add(scores[row]);
            }
        }
        float least = largest.isFull() ? largest.least() - 2 * error : Float.NEGATIVE_INFINITY;
        return IntStream.range(0, scores.length)
                .filter(row -> scores[row] >= least && scores[row] >= options.min() - error && options.filter().test(entries.get(row)))
                .toArray();
    }

    static float error(int dimension) {
        return (float) ((dimension / 16 + 20) * 0x1p-24);
    }

    private void score(float[] q, int part, float[] scores) {
        float[] out = new float[ROWS];
        int end = Math.min(scores.length, (part + 1) * ROWS);
        for (int row = part * ROWS; row < end; ) {
            int count = Math.min(end - row, vectors.following(row));
            products.dots(vectors.block(row), vectors.offset(row), count, q, out);
            System.arraycopy(out, 0, scores, row, count);
            row += count;
        }
    }

    /// The rows that may be among the best of those whose signs agree best.
    private int[] signCandidates(float[] q, SearchOptions options) {
        int[] rows = rowsOfSigns(q, options);
        float[] scores = new float[rows.length];
        IntStream.range(0, (rows.length + FEW - 1) / FEW).parallel().forEach(part -> {
            float[] score = new float[1];
            for (int i = part * FEW; i < Math.min(rows.length, (part + 1) * FEW); i++) {
                products.dots(vectors.block(rows[i]), vectors.offset(rows[i]), 1, q, score);
                scores[i] = score[0];
            }
        });
        Largest largest = new Largest(Math.min(options.top(), rows.length));
        for (float score : scores) {
            if (score > largest.least()) {
                largest.add(score);
            }
        }
        float least = largest.isFull() ? largest.least() - 2 * error(q.length) : Float.NEGATIVE_INFINITY;
        return IntStream.range(0, rows.length).filter(i -> scores[i] >= least).map(i -> rows[i]).toArray();
    }

    private int[] rowsOfSigns(float[] q, SearchOptions options) {
        short[] distances = new short[entries.size()];
        SignBits bits = signs();
        long[] query = SignBits.of(q);
        int parts = (distances.length + SIGN_ROWS - 1) / SIGN_ROWS;
        IntStream.range(0, parts).parallel().forEach(
                part -> bits.distances(query, distances, part * SIGN_ROWS, Math.min(distances.length, (part + 1) * SIGN_ROWS)));
        int[] histogram = new int[q.length + 1];
        for (short distance : distances) {
            histogram[distance]++;
        }
        long wanted = Math.max(distances.length / CANDIDATES_OF, (long) CANDIDATES_EACH * options.top());
        int limit = -1;
        for (long sum = 0; limit < q.length && sum < wanted; ) {
            sum += histogram[++limit];
        }
        int[] candidates = new int[Arrays.stream(histogram, 0, limit + 1).sum()];
        int count = 0;
        for (int row = 0; row < distances.length; row++) {
            if (distances[row] <= limit) {
                candidates[count++] = row;
            }
        }
        return candidates;
    }

    /// Made by the first search that needs them, which takes as long as some exact ones.
    private SignBits signs() {
        SignBits made = signs;
        if (made == null) {
            made = new SignBits(vectors, model.dimension());
            signs = made; // two threads may both make them
        }
        return made;
    }
}
