package io.github.clip4j.parquet;

import io.github.clip4j.Embedding;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A row of a Parquet file. What it does not say is null, empty or 0.
///
/// @param number in the file, from 1
/// @param size of the image's file in bytes
/// @param modified when the file was last changed, in nanoseconds since 1970
/// @param hash of the file's content, or empty
/// @param vector null where the row has none that can be used; then `error` says why
@SuppressWarnings("ArrayRecordComponent") // never compared
record Row(long number, String path, OptionalLong size, OptionalLong modified, String hash, OptionalLong width, OptionalLong height,
        float @Nullable [] vector, String error) {
    /// The embedding with its bits as they are when its length is 1, otherwise divided by its length.
    ///
    /// @throws IllegalArgumentException when there is none
    Embedding embedding() {
        if (vector == null) {
            throw new IllegalArgumentException(error);
        }
        try {
            return Embedding.ofUnit(vector);
        } catch (IllegalArgumentException e) {
            return Embedding.normalized(vector);
        }
    }
}
