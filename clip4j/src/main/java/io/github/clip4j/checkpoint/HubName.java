package io.github.clip4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;

/// The name of a repository whose files lie in the cache that Hugging Face's tools share (huggingface_hub, guide "Understand caching"):
/// `…/models--OWNER--NAME/snapshots/COMMIT/…`. The directory's own name, the commit, tells nobody what the model is.
final class HubName {
    private static final String PREFIX = "models--";
    private static final String SNAPSHOTS = "snapshots";

    private HubName() {}

    /// The repository that a directory or a file in the cache belongs to, or empty.
    static Optional<String> of(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        for (int i = absolute.getNameCount() - 3; i >= 0; i--) {
            String part = absolute.getName(i).toString();
            if (part.startsWith(PREFIX) && part.length() > PREFIX.length() && absolute.getName(i + 1).toString().equals(SNAPSHOTS)) {
                return Optional.of(part.substring(PREFIX.length()).replace("--", "/"));
            }
        }
        return Optional.empty();
    }
}
