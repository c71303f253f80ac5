package io.github.clip4j.image;

import java.io.IOException;
import java.io.Serial;

/// An image that cannot be decoded. The message names the file and says why.
public final class ImageFormatException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /// For what was found directly.
    ///
    /// @param message the file, what was expected, what was found
    public ImageFormatException(String message) {
        super(message);
    }

    /// For what another exception led to.
    ///
    /// @param message the file, what was expected, what was found
    /// @param cause what the decoder threw
    public ImageFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
