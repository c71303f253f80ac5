package io.github.clip4j.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Published checkpoints: the cache that Hugging Face's tools share, and downloads into it. Thread-safe: threads and processes that want
/// the same file download it once. No method accepts null.
///
/// ```java
/// Hub hub = new Hub(HubSettings.of(System.getenv(), Path.of(System.getProperty("user.home"))));
/// Path directory = hub.fetch("openai/clip-vit-base-patch32", Hub.MAIN, (file, done, total) -> {});
/// try (Clip clip = Clip.load(directory)) { … }
/// ```
public final class Hub {
    /// The branch that repositories are published on.
    public static final String MAIN = "main";

    private final HubSettings settings;
    private final HubCache cache;

    /// Looks at nothing yet, and makes no connection.
    ///
    /// @param settings where and how to download
    public Hub(HubSettings settings) {
        this.settings = settings;
        this.cache = new HubCache(settings.cache());
    }

    /// {@return whether `text` may be the name of a repository, such as `openai/clip-vit-base-patch32`}
    ///
    /// @param text any text
    public static boolean isRepository(String text) {
        return HubCache.isRepository(text);
    }

    /// {@return the directory of a revision that was downloaded, by this or another tool; empty when it is not in the cache} Downloads
    /// nothing.
    ///
    /// @param repository owner and name, such as `openai/clip-vit-base-patch32`
    /// @param revision a branch, a tag or a commit
    /// @throws IllegalArgumentException when these are not the names of a repository and a revision
    /// @throws IOException when the cache cannot be read
    public Optional<Path> find(String repository, String revision) throws IOException {
        return cache.find(repository, revision);
    }

    /// Downloads a checkpoint unless the cache has it: its configs, its vocabulary, and one form of its weights, safetensors before
    /// PyTorch's own. Interrupted downloads are resumed, and content is checked against the hash that the hub names.
    ///
    /// @param repository owner and name, such as `openai/clip-vit-base-patch32`
    /// @param revision a branch, a tag or a commit
    /// @param progress told of each file's bytes
    /// @return the directory, which `Clip.load` reads
    /// @throws HubException when a file cannot be downloaded, the repository holds no weights that can be read, or the settings forbid to
    ///     download
    /// @throws IllegalArgumentException when these are not the names of a repository and a revision
    public Path fetch(String repository, String revision, HubProgress progress) throws IOException {
        if (settings.offline()) {
            return find(repository, revision)
                    .orElseThrow(() -> new HubException(
                            "%s@%s: expected it in the cache %s, because HF_HUB_OFFLINE forbids to download it, got nothing there"
                            .formatted(repository, revision, settings.cache())));
        }
        return CheckpointDownload.fetch(new HubClient(settings), repository, revision, progress);
    }
}
