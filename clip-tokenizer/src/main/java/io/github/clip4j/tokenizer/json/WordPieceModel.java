package io.github.clip4j.tokenizer.json;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// WordPiece (Wu et al. 2016, arXiv:1609.08144 §4.1): the longest token that begins the word, then the longest that goes on, until the
/// word ends.
final class WordPieceModel implements TokenModel {
    private final Vocab vocab;
    private final int unknown;
    private final int maxInputCharsPerWord;
    private final PieceTrie trie;
    private final int[] idOfPiece;

    /// The node of the trie where tokens that go on with a word begin, or [PieceTrie#NONE].
    private final int continuing;

    /// @param unknownToken is in the vocabulary
    /// @param maxInputCharsPerWord longer words are unknown; in code points
    WordPieceModel(Vocab vocab, String unknownToken, String continuingSubwordPrefix, int maxInputCharsPerWord) {
        this.vocab = vocab;
        this.unknown = vocab.id(unknownToken);
        this.maxInputCharsPerWord = maxInputCharsPerWord;
        String[] pieces = new String[vocab.size()];
        this.idOfPiece = new int[pieces.length];
        int index = 0;
        for (Map.Entry<String, Integer> entry : vocab.ids().entrySet()) {
            pieces[index] = entry.getKey();
            idOfPiece[index++] = entry.getValue();
        }
        this.trie = new PieceTrie(pieces);
        this.continuing = trie.descend(PieceTrie.ROOT, continuingSubwordPrefix, 0, continuingSubwordPrefix.length());
    }

    /// What stands for a word of which no token is known.
    String unknownToken() {
        return Objects.requireNonNull(vocab.token(unknown));
    }

    @Override
    public void encode(String piece, IntList ids) {
        if (piece.codePointCount(0, piece.length()) > maxInputCharsPerWord) {
            ids.add(unknown);
            return;
        }
        IntList found = new IntList();
        for (int start = 0; start < piece.length(); ) {
            int node = start == 0 ? PieceTrie.ROOT : continuing;
            int longest = PieceTrie.NONE;
            int end = start;
            for (int i = start; i < piece.length() && node != PieceTrie.NONE; i++) {
                node = trie.child(node, piece.charAt(i));
                if (node != PieceTrie.NONE && trie.value(node) != PieceTrie.NONE) {
                    longest = trie.value(node);
                    end = i + 1;
                }
            }
            if (longest == PieceTrie.NONE) {
                ids.add(unknown);
                return;
            }
            found.add(idOfPiece[longest]);
            start = end;
        }
        for (int i = 0; i < found.size(); i++) {
            ids.add(found.get(i));
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
