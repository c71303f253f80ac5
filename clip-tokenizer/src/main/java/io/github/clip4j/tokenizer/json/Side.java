package io.github.clip4j.tokenizer.json;

/// A side of a row of tokens.
public enum Side {
    /// The beginning.
    LEFT,
    /// The end.
    RIGHT
}
