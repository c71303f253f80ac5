package io.github.clip4j.tokenizer.declared;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// What a failed download leaves where a file of a tokenizer should be.
public final class FailedDownload {
    private FailedDownload() {}

    /// {@return what a file is instead, and what to do; empty when it may be a file of a tokenizer}
    public static Optional<String> of(byte[] bytes) {
        String start = new String(bytes, 0, Math.min(bytes.length, 64), StandardCharsets.ISO_8859_1).stripLeading();
        if (start.isEmpty()) {
            return Optional.of("an empty file; download it again");
        }
        if (start.startsWith("version https://git-lfs.github.com/")) {
            return Optional.of("a pointer of git-lfs; fetch the file itself with 'git lfs pull' in the repository, or download it again");
        }
        return start.startsWith("<!") || start.startsWith("<html")
                ? Optional.of("a web page; download the file itself, at its 'resolve' address rather than 'blob'") : Optional.empty();
    }
}
