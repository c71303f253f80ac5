package io.github.clip4j.tokenizer;

import java.io.Serial;

/// A text that has more tokens than the model has positions.
public final class TextTooLongException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int tokens;
    private final int contextLength;

    TextTooLongException(String text, int tokens, int contextLength) {
        super("text \"%s\": expected at most %d tokens, start and end included, got %d; shorten it or allow truncation"
                .formatted(excerpt(text), contextLength, tokens));
        this.tokens = tokens;
        this.contextLength = contextLength;
    }

    /// The tokens of the text, start and end included.
    public int tokens() {
        return tokens;
    }

    /// The positions of the model.
    public int contextLength() {
        return contextLength;
    }

    private static String excerpt(String text) {
        int shown = 40; // code points
        return text.codePointCount(0, text.length()) <= shown ? text : text.substring(0, text.offsetByCodePoints(0, shown)) + "…";
    }
}
