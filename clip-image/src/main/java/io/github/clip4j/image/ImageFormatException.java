package io.github.clip4j.image;

import java.io.IOException;
import java.io.Serial;

/// A picture that cannot be decoded. The message names the file and says why.
public final class ImageFormatException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    public ImageFormatException(String message) {
        super(message);
    }

    public ImageFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
