package io.github.clip4j.tokenizer.declared;

import java.io.IOException;

/// A file beside a vocabulary is malformed, or says what is not read. Who reads the vocabulary says so in an exception of its own: this
/// package knows none of its users.
public final class DeclaredFormatException extends IOException {
    private static final long serialVersionUID = 1;

    DeclaredFormatException(String message) {
        super(message);
    }

    DeclaredFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
