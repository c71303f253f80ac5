package io.github.clip4j.tokenizer.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The unigram language model (Kudo 2018, arXiv:1804.10959 §3.2): of all ways to cut a piece, the one whose tokens have the greatest sum
/// of scores.
///
/// Viterbi's search from left to right. A character without a token of its own may be unknown, at ten below the worst score. Ties are the
/// reference's: the path found first stays, which is the one whose last token is the longest. Neighbouring unknown characters are one
/// token.
final class UnigramModel implements TokenModel {
    /// `K_UNK_PENALTY` of the reference.
    private static final double UNKNOWN_PENALTY = 10;

    private final String[] pieces;
    private final double[] scores;
    private final int unknown;
    private final double unknownScore;
    private final PieceTrie trie;

    /// The ids of `<0x00>` to `<0xFF>`, or −1, when unknown characters become bytes; else null.
    private final int @Nullable [] byteIds;

    /// @param scores of each piece, logarithms of probabilities
    /// @param unknown the id of the unknown token, or −1 for none
    UnigramModel(List<String> pieces, double[] scores, int unknown, boolean byteFallback) {
        this.pieces = pieces.toArray(String[]::new);
        this.scores = scores;
        this.unknown = unknown;
        double worst = Double.POSITIVE_INFINITY;
        for (double score : scores) {
            worst = Math.min(worst, score);
        }
        this.unknownScore = worst - UNKNOWN_PENALTY;
        this.trie = new PieceTrie(this.pieces);
        this.byteIds = byteFallback ? byteIds() : null;
    }

    private int[] byteIds() {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++) {
            ids[b] = id(byteToken(b));
        }
        return ids;
    }

    /// The name of a token for one byte.
    static String byteToken(int b) {
        return String.format(Locale.ROOT, "<0x%02X>", b);
    }

    @Override
    public void encode(String piece, IntList ids) {
        int n = piece.length();
        double[] best = new double[n + 1]; // of the paths that end here
        int[] startOf = new int[n + 1]; // of the last token of the best path, −1 when there is no path
        int[] tokenOf = new int[n + 1];
        Arrays.fill(startOf, -1);
        for (int start = 0; start < n; ) {
            int next = start + Character.charCount(piece.codePointAt(start));
            double before = best[start];
            boolean single = false;
            int node = PieceTrie.ROOT;
            for (int i = start; i < n; i++) {
                node = trie.child(node, piece.charAt(i));
                if (node == PieceTrie.NONE) {
                    break;
                }
                int token = trie.value(node);
                if (token != PieceTrie.NONE) {
                    int end = i + 1;
                    double score = scores[token] + before;
                    if (startOf[end] < 0 || score > best[end]) {
                        best[end] = score;
                        startOf[end] = start;
                        tokenOf[end] = token;
                    }
                    single |= end == next;
                }
            }
            if (!single) {
                double score = unknownScore + before;
                if (startOf[next] < 0 || score > best[next]) {
                    if (unknown < 0) {
                        throw new IllegalArgumentException("the tokenizer has no token for U+%04X, and none for unknown characters"
                                .formatted(piece.codePointAt(start)));
                    }
                    best[next] = score;
                    startOf[next] = start;
                    tokenOf[next] = unknown;
                }
            }
            start = next;
        }
        addPath(piece, startOf, tokenOf, ids);
    }

    private void addPath(String piece, int[] startOf, int[] tokenOf, IntList ids) {
        int count = 0;
        int[] ends = new int[piece.length()]; // of the tokens, from right to left
        for (int end = piece.length(); end > 0; end = startOf[end]) {
            ends[count++] = end;
        }
        for (int i = count - 1; i >= 0; ) {
            int start = startOf[ends[i]];
            int token = tokenOf[ends[i]];
            if (token != unknown) {
                ids.add(token);
                i--;
                continue;
            }
            int end = ends[i];
            while (i >= 0 && tokenOf[ends[i]] == unknown) {
                end = ends[i--];
            }
            addUnknown(piece, start, end, ids);
        }
    }

    private void addUnknown(String piece, int start, int end, IntList ids) {
        int token = trie.find(piece, start, end); // the reference looks fused characters up again
        if (token != PieceTrie.NONE) {
            ids.add(token);
        } else if (byteIds == null || !addBytes(piece.substring(start, end), byteIds, ids)) {
            ids.add(unknown);
        }
    }

    /// Adds the ids of the bytes of `text`, if all have one.
    static boolean addBytes(String text, int[] byteIds, IntList ids) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (byte b : bytes) {
            if (byteIds[b & 0xff] < 0) {
                return false;
            }
        }
        for (byte b : bytes) {
            ids.add(byteIds[b & 0xff]);
        }
        return true;
    }

    @Override
    public int id(String token) {
        return trie.find(token, 0, token.length());
    }

    @Override
    public @Nullable String token(int id) {
        return id >= 0 && id < pieces.length ? pieces[id] : null;
    }

    @Override
    public int size() {
        return pieces.length;
    }
}
