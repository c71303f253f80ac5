package io.github.clip4j.lucene;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.SearchHit;
import io.github.clip4j.search.SearchOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.NIOFSDirectory;
import org.apache.lucene.util.Version;

/// Searches of Lucene and of clip-search over the vectors and queries that `io.github.clip4j.bench.SearchRates` wrote: one query at a
/// time, the ways in turn, so that a minute of a busy machine meets all of them. `integrations/lucene/bench.sh` runs both.
///
/// In each turn every way has another query and another place, and an exact search, which reads all vectors, comes before each. A second
/// search for one query would find the vectors of the first in the processor's cache; a user's search comes after the encoding of
/// the query, which leaves none there.
final class LuceneRates {
    private static final int ROUNDS = 3;
    private static final int TOP = 10;

    /// More than the vectors take, so that Lucene builds one graph, once. With its own 16 MB it builds several and merges some.
    private static final int BUFFER_MB = 1536;

    /// Finds the paths of the best entries.
    private interface Way {
        Object[] search(Embedding query) throws IOException;
    }

    private final EmbeddingIndex index;
    private final EmbeddingField field;
    private final Path folder;
    private final int bufferMb;
    private final PrintStream out;

    private LuceneRates(EmbeddingIndex index, Path folder, int bufferMb, PrintStream out) {
        this.index = index;
        this.folder = folder;
        this.bufferMb = bufferMb;
        this.out = out;
        this.field = EmbeddingField.of("image", index.model());
    }

    /// Measures and prints.
    ///
    /// @param args the folder that SearchRates wrote, and the megabytes that Lucene's writer may use
    @SuppressWarnings("SystemOut") // a command
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        EmbeddingIndex index = EmbeddingIndex.open(folder.resolve("index"));
        int bufferMb = args.length > 1 ? Integer.parseInt(args[1]) : BUFFER_MB;
        new LuceneRates(index, folder.resolve("lucene-" + bufferMb), bufferMb, System.out)
                .measure(queries(folder.resolve("queries.npy"), index.model().dimension()));
    }

    private void measure(List<Embedding> queries) throws IOException {
        out.printf(Locale.ROOT, "%,d × %d, %d queries; Lucene %s, Java %s, %d processors%n", index.size(), index.model().dimension(),
                queries.size(), Version.LATEST, Runtime.version(), Runtime.getRuntime().availableProcessors());
        build();
        try (Directory mapped = new MMapDirectory(folder);
                Directory read = new NIOFSDirectory(folder);
                DirectoryReader ofMapped = DirectoryReader.open(mapped);
                DirectoryReader ofRead = DirectoryReader.open(read)) {
            Map<String, Way> ways = new LinkedHashMap<>();
            ways.put("clip-search, exact", exact());
            ways.put("clip-search, signs first", query -> paths(index.search(query, SearchOptions.top(TOP))));
            for (int k : List.of(10, 50, 100)) {
                ways.put("Lucene, mapped, k = " + k, way(ofMapped, k));
            }
            ways.put("Lucene, read, k = 100", way(ofRead, 100));
            for (int round = 0; round <= ROUNDS; round++) {
                round(round == 0 ? "warm-up" : "round " + round, ways, queries);
            }
        }
    }

    /// Builds the index if it is not there.
    private void build() throws IOException {
        try (Directory directory = new MMapDirectory(folder)) {
            if (!DirectoryReader.indexExists(directory)) {
                long begin = System.nanoTime();
                try (IndexWriter writer = field.writer(directory, new IndexWriterConfig().setRAMBufferSizeMB(bufferMb))) {
                    field.copy(index, writer);
                }
                out.printf(Locale.ROOT, "built with a buffer of %,d MB in %.1f s%n", bufferMb, (System.nanoTime() - begin) / 1e9);
            }
            long begin = System.nanoTime();
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                out.printf(Locale.ROOT, "opened %,d documents in %d segment(s) in %.0f ms; %,d MB on disk%n", reader.numDocs(),
                        reader.leaves().size(), (System.nanoTime() - begin) / 1e6, bytes() / 1_000_000);
            }
        }
    }

    private long bytes() throws IOException {
        long bytes = 0;
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    private Way exact() {
        return query -> paths(index.search(query, SearchOptions.top(TOP).withExact()));
    }

    private static Object[] paths(List<SearchHit> hits) {
        return hits.stream().map(hit -> hit.entry().path()).toArray();
    }

    /// As ClipSearcher searches: the best of k, and their stored fields.
    private Way way(DirectoryReader reader, int k) throws IOException {
        IndexSearcher searcher = new IndexSearcher(reader);
        StoredFields stored = searcher.storedFields();
        return query -> {
            List<String> paths = new ArrayList<>();
            for (ScoreDoc hit : searcher.search(field.query(query, k), TOP).scoreDocs) {
                paths.add(Objects.requireNonNull(stored.document(hit.doc).get(EmbeddingField.PATH)));
            }
            return paths.toArray();
        };
    }

    private void round(String name, Map<String, Way> ways, List<Embedding> queries) throws IOException {
        List<String> names = List.copyOf(ways.keySet());
        double[][] times = new double[names.size()][queries.size()];
        int[] found = new int[names.size()];
        for (int turn = 0; turn < queries.size(); turn++) {
            for (int place = 0; place < names.size(); place++) {
                int way = (turn + place) % names.size();
                int query = (turn + way * queries.size() / names.size()) % queries.size();
                long begin = System.nanoTime();
                Object[] paths = Objects.requireNonNull(ways.get(names.get(way))).search(queries.get(query));
                times[way][turn] = (System.nanoTime() - begin) / 1e6;
                Set<Object> expected = new HashSet<>(Arrays.asList(exact().search(queries.get(query))));
                found[way] += (int) Arrays.stream(paths).filter(expected::contains).count();
            }
        }
        out.println(name);
        for (int way = 0; way < names.size(); way++) {
            Arrays.sort(times[way]);
            out.printf(Locale.ROOT, "  %-26s %7.2f ms (p90 %.2f), recall@%d %.4f%n", names.get(way), at(times[way], 0.5),
                    at(times[way], 0.9), TOP, found[way] / (double) (TOP * queries.size()));
        }
    }

    private static double at(double[] sorted, double quantile) {
        return sorted[(int) (quantile * (sorted.length - 1))];
    }

    /// The rows of an npy file of version 1.0, after a header whose length is at byte 8.
    private static List<Embedding> queries(Path file, int dimension) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(10 + bytes.getShort(8));
        List<Embedding> rows = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] row = new byte[Float.BYTES * dimension];
            bytes.get(row);
            rows.add(Embedding.ofBytes(row));
        }
        return rows;
    }
}
