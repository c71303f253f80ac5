package io.github.clip4j.core.weights;

import java.io.IOException;
import java.io.Serial;

/// A file of weights, or a configuration that belongs to it, that is malformed or does not fit the model. The message says where, what was
/// expected, what was found and, where there is one, the way out.
public final class WeightFormatException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /// For what was found directly.
    ///
    /// @param message where, what was expected, what was found, what to do
    public WeightFormatException(String message) {
        super(message);
    }

    /// For what another exception led to.
    ///
    /// @param message where, what was expected, what was found, what to do
    /// @param cause what it was noticed by
    public WeightFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
