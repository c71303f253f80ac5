package io.github.clip4j.image.webp;

import java.io.IOException;
import java.io.Serial;

/// A WebP file that is damaged, or that libwebp refuses as well. The message says in which part and why.
public final class WebpException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    WebpException(String message) {
        super(message);
    }
}
