package io.github.clip4j.search;

import io.github.clip4j.core.ops.DotRows;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Entries that are connected by great cosines: union-find over all pairs.
final class Duplicates {
    /// Rows that stay in a core's cache while all later ones are compared with them.
    private static final int BLOCK_FLOATS = 1 << 17;

    private final List<IndexEntry> entries;
    private final VectorRows vectors;
    private final DotRows products;
    private final double min;
    private final int[] parents;

    Duplicates(List<IndexEntry> entries, VectorRows vectors, DotRows products, double min) {
        this.entries = entries;
        this.vectors = vectors;
        this.products = products;
        this.min = min;
        this.parents = IntStream.range(0, entries.size()).toArray();
    }

    List<List<SearchHit>> groups() {
        if (entries.isEmpty()) {
            return List.of();
        }
        int dimension = vectors.row(0).length;
        int block = Math.max(1, BLOCK_FLOATS / dimension);
        IntStream.range(0, (entries.size() + block - 1) / block).parallel().forEach(i -> compare(i * block, block, dimension));
        Map<Integer, List<Integer>> byRoot = new TreeMap<>();
        for (int row = 0; row < parents.length; row++) {
            byRoot.computeIfAbsent(root(row), root -> new ArrayList<>()).add(row);
        }
        List<List<SearchHit>> groups = new ArrayList<>();
        for (Collection<Integer> rows : byRoot.values()) {
            if (rows.size() > 1) {
                groups.add(group(rows));
            }
        }
        groups.sort(Comparator.<List<SearchHit>>comparingInt(List::size).reversed()
                .thenComparing(group -> group.getFirst().entry().path()));
        return List.copyOf(groups);
    }

    /// Compares a block of rows with those that follow each of them.
    private void compare(int from, int block, int dimension) {
        float error = EmbeddingIndex.error(dimension);
        float[] out = new float[block];
        int end = Math.min(entries.size(), from + block);
        for (int row = from + 1; row < entries.size(); row++) {
            float[] q = vectors.row(row);
            for (int first = from; first < Math.min(end, row); ) {
                int count = Math.min(Math.min(end, row) - first, vectors.following(first));
                products.dots(vectors.block(first), vectors.offset(first), count, q, out);
                for (int i = 0; i < count; i++) {
                    if (out[i] >= min - error && vectors.dot(first + i, q) >= min) {
                        join(first + i, row);
                    }
                }
                first += count;
            }
        }
    }

    private synchronized void join(int one, int other) {
        parents[root(other)] = root(one);
    }

    private int root(int row) {
        int at = row;
        while (parents[at] != at) {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        return at;
    }

    private List<SearchHit> group(Collection<Integer> rows) {
        Comparator<Integer> largest = Comparator.comparingLong(row -> -pixels(entries.get(row)));
        int first = rows.stream().min(largest.thenComparing(row -> entries.get(row).path())).orElseThrow();
        float[] q = vectors.row(first);
        List<SearchHit> hits = new ArrayList<>();
        hits.add(new SearchHit(entries.get(first), vectors.dot(first, q)));
        rows.stream().filter(row -> row != first).map(row -> new SearchHit(entries.get(row), vectors.dot(row, q)))
                .sorted(SearchHit.BEST_FIRST).forEach(hits::add);
        return List.copyOf(hits);
    }

    private static long pixels(IndexEntry entry) {
        return (long) entry.width() * entry.height();
    }
}
