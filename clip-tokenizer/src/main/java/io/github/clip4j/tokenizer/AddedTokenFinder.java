package io.github.clip4j.tokenizer;

import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Finds the tokens that were added to a vocabulary in a text, before it is split into words (Hugging Face tokenizers,
/// `added_vocabulary.rs`): the leftmost, and of those that begin at one place the longest.
final class AddedTokenFinder {
    /// Takes a text between tokens, or the id of one.
    interface Sink {
        void text(String text);

        void token(int id);
    }

    private final Map<String, Token> tokens = new HashMap<>();
    private final List<Integer> lengths; // of their texts, the greatest first

    /// @param added those to find; of two with one text the last is found
    /// @param cleaned whether in their cleaned form
    AddedTokenFinder(List<Token> added, boolean cleaned) {
        TreeSet<Integer> lengths = new TreeSet<>(Comparator.reverseOrder());
        for (Token token : added) {
            String text = cleaned ? TextCleaning.hf(token.content()) : token.content();
            if (!text.isEmpty()) {
                tokens.put(text, token);
                lengths.add(text.length());
            }
        }
        this.lengths = new ArrayList<>(lengths);
    }

    void split(String text, Sink sink) {
        int from = 0;
        int spacesEnd = 0; // of the white space that was looked at last: tokens may lie within it
        int at = 0;
        while (at < text.length()) {
            int end = longestFrom(text, at);
            Token token = end < 0 ? null : tokens.get(text.substring(at, end));
            if (token == null) {
                at++;
                continue;
            }
            if (!token.singleWord() || isSingleWord(text, at, end)) {
                int start = token.lstrip() ? beforeSpaces(text, from, at) : at;
                int stop = end;
                if (token.rstrip()) {
                    spacesEnd = end < spacesEnd ? spacesEnd : afterSpaces(text, end);
                    stop = spacesEnd;
                }
                if (from < start) {
                    sink.text(text.substring(from, start));
                }
                if (start < stop) { // else it is white space that the token before has taken
                    sink.token(token.id());
                }
                from = stop;
            }
            at = end;
        }
        if (from != text.length()) {
            sink.text(text.substring(from));
        }
    }

    private int longestFrom(String text, int at) {
        for (int length : lengths) {
            if (at + length <= text.length() && tokens.containsKey(text.substring(at, at + length))) {
                return at + length;
            }
        }
        return -1;
    }

    private static boolean isSingleWord(String text, int start, int end) {
        return !(start > 0 && isWord(text.codePointBefore(start))) && !(end < text.length() && isWord(text.codePointAt(end)));
    }

    /// What `\\w` is to Rust's regex: letters, marks, decimal digits, connectors, joiners.
    private static boolean isWord(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK, Character.DECIMAL_DIGIT_NUMBER,
                    Character.CONNECTOR_PUNCTUATION -> true;
            default -> Character.isAlphabetic(codePoint) || codePoint == 0x200C || codePoint == 0x200D;
        };
    }

    /// Where the white space before `end` begins, but not before `from`.
    private static int beforeSpaces(String text, int from, int end) {
        int i = end;
        while (i > from && TextCleaning.isWhiteSpace(text.charAt(i - 1))) {
            i--;
        }
        return Math.max(i, from);
    }

    private static int afterSpaces(String text, int start) {
        int i = start;
        while (i < text.length() && TextCleaning.isWhiteSpace(text.charAt(i))) {
            i++;
        }
        return i;
    }
}
