package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.bpe.Merges;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Byte-pair encoding of characters: those of a piece are tokens at first, and [Merges] does the rest.
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
    private final Merges merges;
    private final int[] byteIds = new int[256];

    /// The ids of tokens of one character of the Basic Multilingual Plane, −1 for none.
    private final int[] characters = new int[0x10000];

    /// @param pairs the ids of left part, right part and join of each merge, best first; of two for the same
    ///     pair the last counts
    /// @param options whose unknown token, if any, is in the vocabulary
    BpeModel(Vocab vocab, List<int[]> pairs, Options options) {
        this(vocab, new Merges(pairs), options);
    }

    private BpeModel(Vocab vocab, Merges merges, Options options) {
        this.vocab = vocab;
        this.options = options;
        this.unknown = options.unknownToken == null ? -1 : vocab.id(options.unknownToken);
        this.merges = merges;
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

    /// The same vocabulary and merges with other options.
    BpeModel with(Options other) throws VocabularyFormatException {
        if (other.unknownToken != null && vocab.id(other.unknownToken) < 0) {
            throw new VocabularyFormatException("unk_token: expected a token of the vocabulary, got '%s'".formatted(other.unknownToken));
        }
        return other.equals(options) ? this : new BpeModel(vocab, merges, other);
    }

    /// Its tokens, in no order.
    Stream<String> tokens() {
        return vocab.ids().keySet().stream();
    }

    @Override
    public void encode(String piece, IntList ids) {
        if (options.ignoreMerges && vocab.id(piece) >= 0) {
            ids.add(vocab.id(piece));
            return;
        }
        ids.addAll(merges.merge(characters(piece)));
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
