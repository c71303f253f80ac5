package io.github.clip4j.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/// A file that appears under its name only when it is complete: nobody reads half a checkpoint, and no old one is lost to a full disk.
final class AtomicFile {
    private AtomicFile() {}

    /// Writes to a path.
    interface Writer {
        void write(Path file) throws IOException;
    }

    /// Lets `writer` write a file beside `target`, then renames it.
    static void write(Path target, Writer writer) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(target + ": expected the path of a file");
        }
        // with usual permissions, unlike a temporary one
        Path temporary = Files.createFile(directory.resolve(".clip4j-" + UUID.randomUUID() + ".tmp"));
        try {
            writer.write(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
