package io.github.clip4j.cli;

import io.github.clip4j.hub.Hub;
import io.github.clip4j.hub.HubSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Where a model is that a user named: a directory, a file, or a repository in the cache. Every command that takes a model asks here.
final class ModelPath {
    /// What commands say of such an argument.
    static final String DESCRIPTION =
            "a checkpoint directory (config.json, model.safetensors, …), a zip archive of one, a file of weights, or REPO or "
                    + "REPO@REVISION that `clip fetch` "
                    + "downloaded";

    private ModelPath() {}

    /// The hub and the cache as the environment sets them up.
    static Hub hub() {
        return new Hub(HubSettings.of(System.getenv(), Path.of(System.getProperty("user.home"))));
    }

    /// The directory or file that `model` names. Nothing is downloaded.
    ///
    /// @param model a path, `owner/name`, or `owner/name@revision`; a path that exists is taken first
    /// @throws NoSuchFileException which names the command that downloads it, when it can only be a repository that is not in the cache
    static Path of(String model) throws IOException {
        return of(model, hub());
    }

    static Path of(String model, Hub hub) throws IOException {
        Path path = FileNames.path(model);
        int at = model.indexOf('@');
        String repository = at < 0 ? model : model.substring(0, at);
        if (Files.exists(path) || !repository.contains("/") || !Hub.isRepository(repository)) {
            return path;
        }
        String revision = at < 0 ? Hub.MAIN : model.substring(at + 1);
        return hub.find(repository, revision)
                .orElseThrow(() -> new NoSuchFileException(
                        "%s: expected a checkpoint directory, or a repository in the cache, got neither; download it with: clip fetch %s%s"
                                .formatted(model, repository, at < 0 ? "" : " --revision " + revision)));
    }
}
