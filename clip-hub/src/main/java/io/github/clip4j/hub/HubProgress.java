package io.github.clip4j.hub;

import java.util.OptionalLong;

/// Told how a download goes.
@FunctionalInterface
public interface HubProgress {
    /// Called after every piece that arrived, in the thread that downloads.
    ///
    /// @param file repository, revision and name
    /// @param done bytes of `file` that are there
    /// @param total bytes that it will have; empty when the hub does not say
    void report(String file, long done, OptionalLong total);
}
