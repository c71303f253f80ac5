package io.github.clip4j.tokenizer;

import java.io.IOException;
import java.io.Serial;

/// A vocabulary file that is malformed or contradicts itself. The message says where, what was expected and what was found.
public final class VocabularyFormatException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /// For what was found directly.
    ///
    /// @param message the file, what was expected, what was found
    public VocabularyFormatException(String message) {
        super(message);
    }

    /// For what another exception led to.
    ///
    /// @param message the file, what was expected, what was found
    /// @param cause what the reader threw
    public VocabularyFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
