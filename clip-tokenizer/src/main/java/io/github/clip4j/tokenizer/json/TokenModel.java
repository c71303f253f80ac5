package io.github.clip4j.tokenizer.json;

import org.jspecify.annotations.Nullable;

/// The model: what makes tokens of one piece.
sealed interface TokenModel permits BpeModel, UnigramModel, WordPieceModel {
    /// Adds the ids of `piece`, which is not empty.
    ///
    /// @throws IllegalArgumentException when the piece has a character that is not in the vocabulary, and the file names no token for that
    void encode(String piece, IntList ids);

    /// The id of a token, or −1.
    int id(String token);

    /// The token with this id, or null.
    @Nullable String token(int id);

    /// How many tokens there are.
    int size();
}
