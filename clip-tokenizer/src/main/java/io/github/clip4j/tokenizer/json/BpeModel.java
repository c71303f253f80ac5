package io.github.clip4j.tokenizer.json;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Byte-pair encoding (Sennrich, Haddow and Birch 2016, arXiv:1508.07909 §3.2): the characters of a piece are tokens at first; then the
/// neighbouring pair of the best rank is merged, the leftmost first, until no pair merges.
///
/// Candidates wait in a heap, so that a piece of n characters takes n·log n steps.
final class BpeModel implements TokenModel {
    /// What a file says about the model besides its tokens and merges.
    ///
    /// @param unknownToken null when unknown characters are left out; when it is empty and not a token, they are an error
    /// @param continuingSubwordPrefix before every character but the first of a piece; may be empty
    /// @param endOfWordSuffix behind the last character of a piece; may be empty
    /// @param fuseUnk whether neighbouring unknown characters are one token
    /// @param byteFallback whether unknown characters become the tokens `<0x00>` to `<0xFF>` of their bytes
    /// @param ignoreMerges whether a piece that is a token needs no merges
    record Options(
            @Nullable String unknownToken,
            String continuingSubwordPrefix,
            String endOfWordSuffix,
            boolean fuseUnk,
            boolean byteFallback,
            boolean ignoreMerges) {}

    private final Vocab vocab;
    private final Options options;
    private final int unknown;
    private final PairTable merges;
    private final int[] mergedOfRank;
    private final int[] byteIds = new int[256];

    /// The ids of tokens of one character of the Basic Multilingual Plane, −1 for none.
    private final int[] characters = new int[0x10000];

    /// @param pairs the ids of left part, right part and join of each merge, best first
    /// @param options whose unknown token, if any, is in the vocabulary
    BpeModel(Vocab vocab, List<int[]> pairs, Options options) {
        this.vocab = vocab;
        this.options = options;
        this.unknown = options.unknownToken == null ? -1 : vocab.id(options.unknownToken);
        this.merges = new PairTable(pairs.size());
        this.mergedOfRank = new int[pairs.size()];
        for (int rank = 0; rank < pairs.size(); rank++) {
            int[] pair = pairs.get(rank);
            merges.put(pair[0], pair[1], rank);
            mergedOfRank[rank] = pair[2];
        }
        for (int b = 0; b < 256; b++) {
            byteIds[b] = options.byteFallback ? vocab.id(UnigramModel.byteToken(b)) : -1;
        }
        Arrays.fill(characters, -1);
        for (Map.Entry<String, Integer> entry : vocab.ids().entrySet()) {
            if (entry.getKey().length() == 1) {
                characters[entry.getKey().charAt(0)] = entry.getValue();
            }
        }
    }

    @Override
    public void encode(String piece, IntList ids) {
        if (options.ignoreMerges && vocab.id(piece) >= 0) {
            ids.add(vocab.id(piece));
            return;
        }
        int[] tokens = characters(piece);
        merge(tokens, ids);
    }

    /// The tokens of the characters of a piece.
    private int[] characters(String piece) {
        IntList tokens = new IntList();
        boolean pending = false; // an unknown token that is not added yet
        for (int i = 0; i < piece.length(); ) {
            int next = i + Character.charCount(piece.codePointAt(i));
            int id = character(piece, i, next);
            if (id >= 0) {
                if (pending) {
                    tokens.add(unknown);
                    pending = false;
                }
                tokens.add(id);
            } else if (!options.byteFallback || !UnigramModel.addBytes(affixed(piece, i, next), byteIds, tokens)) {
                if (unknown < 0 && options.unknownToken != null) {
                    throw new IllegalArgumentException("the tokenizer has no token for U+%04X, and none for unknown characters"
                            .formatted(piece.codePointAt(i)));
                }
                if (pending && !options.fuseUnk) {
                    tokens.add(unknown);
                }
                pending = unknown >= 0;
            } // else the pending token comes after the bytes: as the reference has it
            i = next;
        }
        if (pending) {
            tokens.add(unknown);
        }
        return tokens.toArray();
    }

    private int character(String piece, int start, int end) {
        boolean plain = (start == 0 || options.continuingSubwordPrefix.isEmpty())
                && (end < piece.length() || options.endOfWordSuffix.isEmpty());
        return plain && end == start + 1 ? characters[piece.charAt(start)] : vocab.id(affixed(piece, start, end));
    }

    private String affixed(String piece, int start, int end) {
        String character = piece.substring(start, end);
        String prefixed = start == 0 ? character : options.continuingSubwordPrefix + character;
        return end < piece.length() ? prefixed : prefixed + options.endOfWordSuffix;
    }

    /// Merges `tokens` and adds what is left. A token stands at the place of its first character; −1 is there once it is merged into the
    /// one before.
    private void merge(int[] tokens, IntList ids) {
        int n = tokens.length;
        int[] next = new int[n]; // place of the token after, n at the end
        int[] previous = new int[n];
        Heap heap = new Heap(n);
        for (int i = 0; i < n; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < n) {
                heap.offer(merges.rank(tokens[i], tokens[i + 1]), i);
            }
        }
        while (heap.size > 0) {
            long top = heap.poll();
            int merged = mergedOfRank[(int) (top >>> 32)];
            int left = (int) top;
            int right = next[left];
            if (tokens[left] < 0 || right == n) {
                continue;
            }
            int rank = merges.rank(tokens[left], tokens[right]);
            if (rank == PairTable.NONE || mergedOfRank[rank] != merged) {
                continue; // stale, unless another pair that makes the same token stands there now: so the reference
            }
            tokens[left] = merged;
            tokens[right] = -1;
            next[left] = next[right];
            if (next[left] < n) {
                previous[next[left]] = left;
                heap.offer(merges.rank(merged, tokens[next[left]]), left);
            }
            if (previous[left] >= 0) {
                heap.offer(merges.rank(tokens[previous[left]], merged), previous[left]);
            }
        }
        for (int i = 0; i < n; i = next[i]) {
            ids.add(tokens[i]);
        }
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

    @Override
    public int id(String token) {
        return vocab.id(token);
    }

    @Override
    public @Nullable String token(int id) {
        return vocab.token(id);
    }

    @Override
    public int size() {
        return vocab.size();
    }
}
