package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;

/// Where the bytes of a file's storages are, by their keys.
sealed interface Storages {
    /// The bytes of a storage.
    ///
    /// @param where what to call the tensor that needs it, in messages
    /// @throws WeightFormatException when there is none of that key, or it cannot be read in place
    long size(String key, String where) throws WeightFormatException;

    /// The content of a storage.
    ByteSource open(String key) throws IOException;

    /// Entries of a zip archive.
    ///
    /// @param folder the beginning of their names
    record InArchive(ZipDirectory zip, String folder) implements Storages {
        @Override
        public long size(String key, String where) throws WeightFormatException {
            ZipDirectory.Entry entry = zip.entry(folder + key)
                    .orElseThrow(() ->
                            new WeightFormatException("%s: expected the storage data/%s, got none".formatted(where, Excerpt.of(key))));
            if (!entry.stored()) {
                throw new WeightFormatException("%s: expected the storage data/%s uncompressed".formatted(where, Excerpt.of(key)));
            }
            return entry.size();
        }

        @Override
        public ByteSource open(String key) throws IOException {
            return zip.open(zip.entry(folder + key).orElseThrow());
        }
    }

    /// Parts of a file.
    record InFile(Map<String, ByteSource> parts) implements Storages {
        @Override
        public long size(String key, String where) throws WeightFormatException {
            ByteSource part = parts.get(key);
            if (part == null) {
                throw new WeightFormatException("%s: expected the storage data/%s, got none".formatted(where, Excerpt.of(key)));
            }
            try {
                return part.size();
            } catch (IOException e) {
                throw new WeightFormatException(where + ": " + e.getMessage(), e);
            }
        }

        @Override
        public ByteSource open(String key) {
            return Objects.requireNonNull(parts.get(key));
        }
    }
}
