package io.github.clip4j.tokenizer;

import java.io.Serial;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A text that has more tokens than the model has positions. The message says which text it is, how many tokens it has, how many there may
/// be, and what to do.
public final class TextTooLongException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1;

    /// The beginning of the text that a message shows, in code points.
    private static final int SHOWN = 40;

    private final String beginning;
    private final @Nullable Integer index;
    private final int tokens;
    private final int contextLength;

    TextTooLongException(String text, int tokens, int contextLength) {
        this("text", excerpt(text), null, tokens, contextLength);
    }

    private TextTooLongException(String where, String beginning, @Nullable Integer index, int tokens, int contextLength) {
        super("%s \"%s\": expected at most %d tokens, start and end included, got %d; shorten it, or cut long texts by withTruncation(true)"
                .formatted(where, beginning, contextLength, tokens));
        this.beginning = beginning;
        this.index = index;
        this.tokens = tokens;
        this.contextLength = contextLength;
    }

    /// {@return the same exception for a text of a list}
    ///
    /// @param list its name in the message, `texts` in "texts[3]"
    /// @param index of the text in the list, from 0
    public TextTooLongException at(String list, int index) {
        TextTooLongException indexed =
                new TextTooLongException(list + "[" + index + "]", beginning, index, tokens, contextLength);
        indexed.setStackTrace(getStackTrace());
        return indexed;
    }

    /// {@return where the text is in the list that was given, from 0; empty when a single text was given}
    public OptionalInt index() {
        return index == null ? OptionalInt.empty() : OptionalInt.of(index);
    }

    /// {@return the tokens of the text, start and end included}
    public int tokens() {
        return tokens;
    }

    /// {@return the positions of the model}
    public int contextLength() {
        return contextLength;
    }

    private static String excerpt(String text) {
        return text.codePointCount(0, text.length()) <= SHOWN ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN)) + "…";
    }
}
