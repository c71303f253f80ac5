package io.github.clip4j.tokenizer.json;

/// Takes the pieces of a text, one after the other.
interface PieceSink {
    /// Takes the next piece.
    ///
    /// @param piece not empty
    /// @param atStart see [Text#atStart]
    void accept(String piece, boolean atStart);
}
