package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.json.SentencePieceReader.Piece;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// The merges of a SentencePiece BPE model. The file has pieces with scores alone: every way to cut a piece in two other pieces is a merge,
/// the better score first (`generate_merges` of `transformers`).
final class MergeFinder {
    private final List<Piece> pieces;
    private final Map<String, Integer> ids;

    /// @param score of the join; never −0, which is 0 to the reference and less to Java
    /// @param leftLength in code points
    private record Merge(int left, int right, int join, float score, int leftLength, int rightLength) {}

    /// Equal ones stay in the order in which they were found.
    private static final Comparator<Merge> BEST_FIRST = Comparator.comparingDouble(Merge::score)
            .thenComparingInt(Merge::leftLength)
            .thenComparingInt(Merge::rightLength)
            .reversed();

    /// @param ids of all parts and joins; all pieces are there
    MergeFinder(List<Piece> pieces, Map<String, Integer> ids) {
        this.pieces = pieces;
        this.ids = ids;
    }

    List<int[]> merges() {
        List<Merge> merges = new ArrayList<>();
        for (Piece piece : pieces) {
            merges.addAll(mergesOf(piece));
        }
        merges.sort(BEST_FIRST);
        return merges.stream().map(merge -> new int[] {merge.left, merge.right, merge.join}).toList();
    }

    private List<Merge> mergesOf(Piece piece) {
        List<Merge> merges = new ArrayList<>();
        String text = piece.text();
        int codePoints = text.codePointCount(0, text.length());
        int join = ids.getOrDefault(text, -1);
        int cut = 0;
        for (int length = 1; length < codePoints; length++) {
            cut = text.offsetByCodePoints(cut, 1);
            Integer left = ids.get(text.substring(0, cut));
            Integer right = ids.get(text.substring(cut));
            if (left != null && right != null) {
                merges.add(new Merge(left, right, join, piece.score() + 0.0f, length, codePoints - length));
            }
        }
        merges.sort(Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right));
        return merges;
    }
}
