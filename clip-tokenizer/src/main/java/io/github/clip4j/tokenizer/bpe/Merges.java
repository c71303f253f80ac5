package io.github.clip4j.tokenizer.bpe;

import java.util.Arrays;
import java.util.List;

/// The merges of a byte-pair encoding (Sennrich, Haddow and Birch 2016, arXiv:1508.07909 §3.2): the neighbouring pair of the best rank is
/// merged, the leftmost first, until no pair merges.
///
/// Candidates wait in a heap, so that a word of n tokens takes n·log n steps: a text of a megabyte without a space cannot stop a service.
public final class Merges {
    private final PairTable ranks;
    private final int[] mergedOfRank;

    /// @param merges the ids of left part, right part and join of each merge, best first; of two for the same pair the last counts
    public Merges(List<int[]> merges) {
        ranks = new PairTable(merges.size());
        mergedOfRank = new int[merges.size()];
        for (int rank = 0; rank < merges.size(); rank++) {
            int[] merge = merges.get(rank);
            ranks.put(merge[0], merge[1], rank);
            mergedOfRank[rank] = merge[2];
        }
    }

    /// {@return what is left of the tokens when no pair merges any more}
    ///
    /// @param tokens of a word; they are written over. A token stands at the place of its first part; −1 is there once it is merged into
    ///     the one before
    public int[] merge(int[] tokens) {
        int n = tokens.length;
        int[] next = new int[n]; // place of the token after, n at the end
        int[] previous = new int[n];
        Heap heap = new Heap(n);
        for (int i = 0; i < n; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < n) {
                heap.offer(ranks.rank(tokens[i], tokens[i + 1]), i);
            }
        }
        int left = n;
        while (heap.size > 0) {
            left -= merge(heap.poll(), tokens, next, previous, heap) ? 1 : 0;
        }
        int[] result = new int[left];
        for (int i = 0, count = 0; i < n; i = next[i]) {
            result[count++] = tokens[i];
        }
        return result;
    }

    /// Merges the pair of a candidate, unless it is stale. Whether it did.
    private boolean merge(long candidate, int[] tokens, int[] next, int[] previous, Heap heap) {
        int n = tokens.length;
        int merged = mergedOfRank[(int) (candidate >>> 32)];
        int at = (int) candidate;
        int right = next[at];
        if (tokens[at] < 0 || right == n) {
            return false;
        }
        int rank = ranks.rank(tokens[at], tokens[right]);
        if (rank == PairTable.NONE || mergedOfRank[rank] != merged) {
            return false; // stale, unless another pair that makes the same token stands there now: so Hugging Face's tokenizers
        }
        tokens[at] = merged;
        tokens[right] = -1;
        next[at] = next[right];
        if (next[at] < n) {
            previous[next[at]] = at;
            heap.offer(ranks.rank(merged, tokens[next[at]]), at);
        }
        if (previous[at] >= 0) {
            heap.offer(ranks.rank(tokens[previous[at]], merged), previous[at]);
        }
        return true;
    }

    /// A binary heap of candidates, each a rank and a place in one long: the smallest is the best rank, and the leftmost of these.
    private static final class Heap {
        private long[] entries;
        private int size;

        Heap(int capacity) {
            entries = new long[Math.max(4, capacity)];
        }

        /// Adds a candidate, unless its rank says that there is none.
        void offer(int rank, int place) {
            if (rank == PairTable.NONE) {
                return;
            }
            if (size == entries.length) {
                entries = Arrays.copyOf(entries, size + (size >> 1));
            }
            long entry = (long) rank << 32 | place;
            int at = size++;
            while (at > 0 && entries[(at - 1) >> 1] > entry) {
                entries[at] = entries[(at - 1) >> 1];
                at = (at - 1) >> 1;
            }
            entries[at] = entry;
        }

        long poll() {
            long top = entries[0];
            long entry = entries[--size];
            int at = 0;
            while (2 * at + 1 < size) {
                int child = 2 * at + 1;
                if (child + 1 < size && entries[child + 1] < entries[child]) {
                    child++;
                }
                if (entries[child] >= entry) {
                    break;
                }
                entries[at] = entries[child];
                at = child;
            }
            entries[at] = entry;
            return top;
        }
    }
}
