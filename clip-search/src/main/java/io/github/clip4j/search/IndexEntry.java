package io.github.clip4j.search;

import java.util.Objects;
import java.util.Optional;

/// What an index knows of a file, beside its embedding.
///
/// @param path as it was indexed; the key of an entry
/// @param size of the file, in bytes
/// @param modified when the file was last changed, in nanoseconds since 1970
/// @param hash of the file's content, in hexadecimal; any text that is equal for equal contents. Empty when it is not known
/// @param width of the image in pixels; 0 when it is not known
/// @param height of the image in pixels; 0 when it is not known
/// @param error why the file has no embedding; empty when it has one
public record IndexEntry(String path, long size, long modified, String hash, int width, int height, Optional<String> error) {
    /// Checks that nothing is null.
    public IndexEntry {
        Objects.requireNonNull(path, "path is null");
        Objects.requireNonNull(hash, "hash is null");
        Objects.requireNonNull(error, "error is null");
    }

    /// {@return an entry of a file with an embedding}
    ///
    /// @param path the key
    /// @param size in bytes
    /// @param modified in nanoseconds since 1970
    /// @param hash of the content
    /// @param width in pixels
    /// @param height in pixels
    public static IndexEntry of(String path, long size, long modified, String hash, int width, int height) {
        return new IndexEntry(path, size, modified, hash, width, height, Optional.empty());
    }

    /// {@return an entry of a file that has no embedding}
    ///
    /// @param path the key
    /// @param size in bytes
    /// @param modified in nanoseconds since 1970
    /// @param hash of the content; may be empty
    /// @param error why
    public static IndexEntry failed(String path, long size, long modified, String hash, String error) {
        return new IndexEntry(path, size, modified, hash, 0, 0, Optional.of(error));
    }

    /// {@return the same content at another place}
    ///
    /// @param newPath the key
    /// @param newModified in nanoseconds since 1970
    public IndexEntry at(String newPath, long newModified) {
        return new IndexEntry(newPath, size, newModified, hash, width, height, error);
    }
}
