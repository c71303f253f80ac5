package io.github.clip4j.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// The rows with the greatest cosines, of those that were offered: a heap whose root is the worst of them. Of equal cosines the row whose
/// name comes first is better, so that the result depends neither on the partitions nor on the order in which they end.
final class TopK implements Serializable {
    private static final long serialVersionUID = 1;

    private final int capacity;
    private double[] cosines; // grows: who asks for a billion results of a thousand rows needs memory for a thousand
    private String[] names;
    private int size;

    TopK(int capacity) {
        this.capacity = capacity;
        this.cosines = new double[Math.min(capacity, 16)];
        this.names = new String[cosines.length];
    }

    /// A row and its cosine.
    record Hit(String name, double cosine) {}

    /// The cosine of the worst; −∞ while there is room for any.
    double least() {
        return size == capacity ? cosines[0] : Double.NEGATIVE_INFINITY;
    }

    void offer(double cosine, String name) {
        if (size < capacity) {
            if (size == cosines.length) {
                int longer = Math.clamp(2L * size, 0, capacity);
                cosines = Arrays.copyOf(cosines, longer);
                names = Arrays.copyOf(names, longer);
            }
            int at = size++;
            for (; at > 0 && isWorse(cosine, name, (at - 1) / 2); at = (at - 1) / 2) {
                move((at - 1) / 2, at);
            }
            set(at, cosine, name);
        } else if (!isWorse(cosine, name, 0)) {
            replaceRoot(cosine, name);
        }
    }

    private void replaceRoot(double cosine, String name) {
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && isWorse(cosines[child + 1], names[child + 1], child)) {
                child++;
            }
            if (isWorse(cosine, name, child)) {
                break;
            }
            move(child, at);
            at = child;
        }
        set(at, cosine, name);
    }

    private void set(int at, double cosine, String name) {
        cosines[at] = cosine;
        names[at] = name;
    }

    private void move(int from, int to) {
        set(to, cosines[from], names[from]);
    }

    /// Whether a row is worse than the one at a place of the heap.
    private boolean isWorse(double cosine, String name, int at) {
        return cosine < cosines[at] || (cosine == cosines[at] && name.compareTo(names[at]) > 0);
    }

    /// Offers all of another one.
    TopK add(TopK other) {
        for (int i = 0; i < other.size; i++) {
            offer(other.cosines[i], other.names[i]);
        }
        return this;
    }

    /// Joins two lists of them, query by query.
    static TopK[] add(TopK[] sum, TopK[] others) {
        for (int i = 0; i < sum.length; i++) {
            sum[i].add(others[i]);
        }
        return sum;
    }

    static TopK[] empty(int queries, int capacity) {
        TopK[] all = new TopK[queries];
        Arrays.setAll(all, _ -> new TopK(capacity));
        return all;
    }

    /// Best first.
    List<Hit> hits() {
        return IntStream.range(0, size)
                .mapToObj(i -> new Hit(names[i], cosines[i]))
                .sorted(Comparator.comparingDouble(Hit::cosine).reversed().thenComparing(Hit::name))
                .toList();
    }
}
