package io.github.clip4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.PriorityQueue;

/// Byte-pair encoding of one word (Sennrich, Haddow and Birch 2016, arXiv:1508.07909 §3.2, over bytes).
///
/// The word's bytes become tokens, the last one with `</w>` behind it. Then the neighbouring pair of the best rank is merged, the leftmost
/// first, until no pair merges. Candidates wait in a queue, so that a word of n bytes takes n·log n steps: a text of a megabyte without a
/// space cannot stop a service.
final class Bpe {
    /// Written behind the last byte of a word.
    static final String END_OF_WORD = "</w>";

    private final Vocabulary vocabulary;
    private final int[] byteTokens = new int[256];
    private final int[] lastByteTokens = new int[256];

    Bpe(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        for (int b = 0; b < 256; b++) {
            String character = String.valueOf(ByteAlphabet.characterOf((byte) b));
            byteTokens[b] = vocabulary.id(character).orElseThrow();
            lastByteTokens[b] = vocabulary.id(character + END_OF_WORD).orElseThrow();
        }
    }

    /// A pair that could merge: the position of its left part, and the token that the merge would make. It is stale when either part has
    /// changed since.
    private record Candidate(int rank, int at, int left, int right, int merged) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return rank != other.rank ? Integer.compare(rank, other.rank) : Integer.compare(at, other.at);
        }
    }

    /// The tokens of `word`, which is not empty.
    int[] encode(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int n = bytes.length;
        int[] token = new int[n]; // by position of the first byte; -1 once merged into the part before
        int[] next = new int[n]; // position of the part after, n at the end
        int[] previous = new int[n];
        for (int i = 0; i < n; i++) {
            token[i] = i < n - 1 ? byteTokens[bytes[i] & 0xff] : lastByteTokens[bytes[i] & 0xff];
            next[i] = i + 1;
            previous[i] = i - 1;
        }
        PriorityQueue<Candidate> queue = new PriorityQueue<>();
        for (int i = 0; i + 1 < n; i++) {
            offer(queue, i, token[i], token[i + 1]);
        }
        int parts = n;
        for (Candidate best = queue.poll(); best != null; best = queue.poll()) {
            int left = best.at;
            int right = next[left];
            if (token[left] != best.left || right == n || token[right] != best.right) {
                continue; // stale
            }
            token[left] = best.merged;
            token[right] = -1;
            next[left] = next[right];
            if (next[right] < n) {
                previous[next[right]] = left;
                offer(queue, left, token[left], token[next[left]]);
            }
            if (previous[left] >= 0) {
                offer(queue, previous[left], token[previous[left]], token[left]);
            }
            parts--;
        }
        int[] result = new int[parts];
        int count = 0;
        for (int i = 0; i < n; i = next[i]) {
            result[count++] = token[i];
        }
        return result;
    }

    private void offer(PriorityQueue<Candidate> queue, int at, int left, int right) {
        Vocabulary.Merge merge = vocabulary.merge(left, right);
        if (merge != null) {
            queue.add(new Candidate(merge.rank(), at, left, right, merge.token()));
        }
    }
}
