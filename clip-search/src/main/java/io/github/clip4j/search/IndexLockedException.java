package io.github.clip4j.search;

import java.io.IOException;
import java.nio.file.Path;

/// Another process changes the index, or another writer of this process.
public final class IndexLockedException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param folder of the index
    /// @param process the number of the other process; may be empty
    IndexLockedException(Path folder, String process) {
        super("%s: the index is being changed by another writer%s; wait until it has ended".formatted(
                folder, process.isEmpty() ? "" : ", of process " + process));
    }
}
