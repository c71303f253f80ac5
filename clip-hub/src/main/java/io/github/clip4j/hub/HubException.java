package io.github.clip4j.hub;

import java.io.IOException;
import java.io.Serial;

/// A download that could not be made. The message says which file, what was expected, what came, and what to do.
public final class HubException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /// For what was found directly.
    ///
    /// @param message which file, what was expected, what came, and what to do
    public HubException(String message) {
        super(message);
    }

    /// For what another exception led to.
    ///
    /// @param message which file, what was expected, what came, and what to do
    /// @param cause what it was noticed by
    public HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
