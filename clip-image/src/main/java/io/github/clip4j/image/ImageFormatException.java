package io.github.clip4j.image;

import java.io.IOException;
import java.io.Serial;
import java.util.Locale;
import java.util.Optional;

/// An image that cannot be decoded. The message names the file and says why.
public final class ImageFormatException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String format;

    /// For what was found directly.
    ///
    /// @param message the file, what was expected, what was found
    public ImageFormatException(String message) {
        super(message);
        this.format = "";
    }

    /// For what another exception led to.
    ///
    /// @param message the file, what was expected, what was found
    /// @param cause what the decoder threw
    public ImageFormatException(String message, Throwable cause) {
        super(message, cause);
        this.format = "";
    }

    /// For a file of a kind that is recognised and not decoded.
    ImageFormatException(Source source, FileKind kind) {
        super(kind.message(source.name()));
        this.format = kind.name().toLowerCase(Locale.ROOT);
    }

    /// {@return what the file is, when it was recognised and is not decoded, as its usual suffix in small letters: `heic`, `avif`, `jxl`,
    /// `jp2`, `dng`, `cr2`, `cr3`, `nef`, `arw`, `raw`, `pdf`, `svg`, `psd`, `mp4`, `mov`, `mkv`, `webm`, `zip`, `html`, `lfs`, `empty`
    /// and others (docs/formats.md)}
    public Optional<String> format() {
        return format.isEmpty() ? Optional.empty() : Optional.of(format);
    }
}
