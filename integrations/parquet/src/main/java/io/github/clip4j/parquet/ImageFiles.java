package io.github.clip4j.parquet;

import io.github.clip4j.search.IndexEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/// Whether the file of a row is as it was when its embedding was made. The rules are those of `clip import`.
final class ImageFiles {
    private static final int HASH_BYTES = 16; // of the SHA-256, as `clip index` keeps them

    private ImageFiles() {}

    /// The file of a row. Spark writes paths with the scheme and without escapes: `file:/photos/a b.jpg`.
    static Path path(Row row) {
        if (row.path().isEmpty()) {
            throw new IllegalArgumentException("expected a path, got none");
        }
        String name = row.path().replaceFirst("^file:(//)?(?=/)", "");
        return Path.of(name).toAbsolutePath().normalize(); // InvalidPathException is an IllegalArgumentException
    }

    /// What an index will know of the file.
    ///
    /// @param made when the Parquet file was written: a row that does not say what the file was like is believed for files that are older
    /// @throws IOException when the file has changed, or is gone
    /// @throws IllegalArgumentException when the row says what cannot be true
    static IndexEntry entry(Row row, Path path, long made) throws IOException {
        if (!row.hash().matches("([0-9a-f]{32})?")) {
            throw new IllegalArgumentException("hash: expected 32 hexadecimal digits, got '%.64s'".formatted(row.hash()));
        }
        int width = pixels("width", row.width());
        int height = pixels("height", row.height());
        BasicFileAttributes now;
        try {
            now = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            throw new IOException("no such file", e);
        }
        if (!now.isRegularFile()) { // a device or a FIFO may have no end
            throw new IOException("expected a file, got " + (now.isDirectory() ? "a folder" : "something else of that name"));
        }
        long modified = now.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        boolean untouched = row.size().orElse(now.size()) == now.size() && row.modified().orElse(modified) == modified;
        String hash = row.hash().isEmpty() || !untouched ? hash(path) : row.hash();
        boolean same = row.hash().isEmpty() ? untouched && (row.modified().isPresent() || modified <= made) : hash.equals(row.hash());
        if (!same) {
            throw new IOException("the file has changed since its embedding was made; clip index encodes it again");
        }
        return IndexEntry.of(path.toString(), now.size(), modified, hash, width, height);
    }

    private static int pixels(String name, OptionalLong value) {
        long pixels = value.orElse(0);
        if (pixels < 0 || pixels > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("%s: expected 0 to %d pixels, got %d".formatted(name, Integer.MAX_VALUE, pixels));
        }
        return (int) pixels;
    }

    private static String hash(Path file) throws IOException {
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest(), 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
