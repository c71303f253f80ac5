package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tokens that are found in the text before anything else is done with it, or after normalisation.
final class AddedTokens {
    /// One entry of `added_tokens`.
    ///
    /// @param singleWord found only where no word character is before or after
    /// @param lstrip takes the white space before it
    /// @param rstrip takes the white space after it
    /// @param normalized found in the normalised text, in its own normalised form
    /// @param special left out by a decoder that is asked for that
    record AddedToken(int id, String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {}

    /// Takes a text between added tokens, or the id of one.
    interface Sink {
        void text(Text text);

        void token(int id);
    }

    private static final CodePointSet WORD = CodePointSet.named("WORD");
    private static final CodePointSet WHITESPACE = CodePointSet.named("WHITESPACE");

    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, AddedToken> tokens = new HashMap<>();
    private final Map<Integer, String> normalizedForms = new HashMap<>();
    private final @Nullable Finder raw;
    private final @Nullable Finder normalized;

    /// Gives each token the id that the reference gives it: the one in the vocabulary, or the next after it. The file must agree.
    ///
    /// @param where the file, for messages
    AddedTokens(List<AddedToken> added, TokenModel model, @Nullable NormalizerStep normalizer, String where)
            throws VocabularyFormatException {
        int next = model.size();
        for (AddedToken token : added) {
            if (token.content.isEmpty()) {
                continue;
            }
            int known = ids.getOrDefault(token.content, model.id(token.content));
            int id = known >= 0 ? known : next++;
            if (id != token.id) {
                String why = known >= 0 ? "it has in the vocabulary" : "comes next after the vocabulary";
                throw new VocabularyFormatException("%s: added_tokens: '%s': expected the id %d, which %s, got %d"
                        .formatted(where, token.content, id, why, token.id));
            }
            ids.put(token.content, id);
            tokens.put(id, token);
        }
        List<AddedToken> rawTokens = new ArrayList<>();
        List<AddedToken> normalizedTokens = new ArrayList<>();
        for (AddedToken token : tokens.values()) {
            (token.normalized ? normalizedTokens : rawTokens).add(token);
            if (token.normalized && normalizer != null) {
                normalizedForms.put(token.id, normalizer.apply(new Text(token.content, true)).value());
            }
        }
        this.raw = finder(rawTokens, where);
        this.normalized = finder(normalizedTokens, where);
    }

    private @Nullable Finder finder(List<AddedToken> found, String where) throws VocabularyFormatException {
        if (found.isEmpty()) {
            return null;
        }
        String[] forms = new String[found.size()];
        Map<String, String> contentOf = new HashMap<>();
        for (int i = 0; i < forms.length; i++) {
            AddedToken token = found.get(i);
            forms[i] = form(token);
            String other = contentOf.put(forms[i], token.content);
            if (other != null || forms[i].isEmpty()) {
                throw new VocabularyFormatException("%s: added_tokens: '%s': expected a normalised form of its own, got '%s'%s"
                        .formatted(where, token.content, forms[i], other == null ? "" : ", that of '" + other + "'"));
            }
        }
        return new Finder(new PieceTrie(forms), List.copyOf(found));
    }

    private String form(AddedToken token) {
        return normalizedForms.getOrDefault(token.id, token.content);
    }

    /// The tokens to find, by their number in the trie.
    private record Finder(PieceTrie trie, List<AddedToken> tokens) {}

    /// The id of a token, or −1.
    int id(String token) {
        return ids.getOrDefault(token, -1);
    }

    /// What a decoder gets for an id, or null: the normalised form of a token that is found normalised.
    @Nullable String token(int id) {
        AddedToken token = tokens.get(id);
        return token == null ? null : form(token);
    }

    boolean isSpecial(String token) {
        AddedToken added = tokens.get(id(token));
        return added != null && added.special;
    }

    /// How many tokens are not in the vocabulary of the model.
    int sizeBeyond(TokenModel model) {
        return (int) ids.keySet().stream().filter(token -> model.id(token) < 0).count();
    }

    /// Finds the tokens of the text as it is given.
    void splitRaw(Text text, Sink sink) {
        split(text, raw, sink);
    }

    /// Finds the tokens of the text as it is normalised.
    void splitNormalized(Text text, Sink sink) {
        split(text, normalized, sink);
    }

    private static void split(Text text, @Nullable Finder finder, Sink sink) {
        String value = text.value();
        int from = 0;
        int spacesEnd = 0; // of the white space that was looked at last: tokens may lie within it
        for (int at = 0; finder != null && at < value.length(); at++) {
            int node = PieceTrie.ROOT;
            int found = PieceTrie.NONE;
            int end = at;
            for (int i = at; i < value.length() && node != PieceTrie.NONE; i++) { // the longest that begins here
                node = finder.trie.child(node, value.charAt(i));
                if (node != PieceTrie.NONE && finder.trie.value(node) != PieceTrie.NONE) {
                    found = finder.trie.value(node);
                    end = i + 1;
                }
            }
            if (found == PieceTrie.NONE) {
                continue;
            }
            AddedToken token = finder.tokens.get(found);
            if (!token.singleWord || isSingleWord(value, at, end)) {
                int start = token.lstrip ? beforeSpaces(value, from, at) : at;
                int stop = end;
                if (token.rstrip) {
                    spacesEnd = end < spacesEnd ? spacesEnd : afterSpaces(value, end);
                    stop = spacesEnd;
                }
                if (from < start) {
                    sink.text(part(text, from, start));
                }
                if (start < stop) { // else nothing is left of it: it is white space that the token before has taken
                    sink.token(token.id);
                }
                from = stop; // the reference goes back here too, when a token follows within the white space
            }
            at = end - 1;
        }
        if (from != value.length()) {
            sink.text(part(text, from, value.length()));
        }
    }

    private static Text part(Text text, int from, int to) {
        return from == 0 && to == text.value().length() ? text : new Text(text.value().substring(from, to), from == 0 && text.atStart());
    }

    private static boolean isSingleWord(String text, int start, int end) {
        boolean wordBefore = start > 0 && WORD.contains(text.codePointBefore(start));
        boolean wordAfter = end < text.length() && WORD.contains(text.codePointAt(end));
        return !wordBefore && !wordAfter;
    }

    /// Where the white space before `end` begins, but not before `from`.
    private static int beforeSpaces(String text, int from, int end) {
        int i = end;
        while (i > from && WHITESPACE.contains(text.charAt(i - 1))) {
            i--;
        }
        return Math.max(i, from);
    }

    /// Where the white space after `start` ends.
    private static int afterSpaces(String text, int start) {
        int i = start;
        while (i < text.length() && WHITESPACE.contains(text.charAt(i))) {
            i++;
        }
        return i;
    }
}
