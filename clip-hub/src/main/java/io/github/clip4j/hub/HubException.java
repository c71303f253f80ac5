package io.github.clip4j.hub;

import java.io.IOException;
import java.io.Serial;

/// A download that could not be made. The message says which file, what was expected, what came, and what to do.
public final class HubException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    public HubException(String message) {
        super(message);
    }

    public HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
