package io.github.clip4j.cli;

import io.github.clip4j.core.format.npy.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// An array that a user gives.
final class NpyInput {
    private NpyInput() {}

    /// An npy file; of standard input a copy, because its size is needed first.
    static NpyArray read(String file, Streams streams) throws IOException {
        if (!file.equals(TextOptions.STANDARD)) {
            return NpyArray.read(FileNames.path(file));
        }
        Path copy = Files.createTempFile("standard-input-", ".npy");
        try {
            Files.copy(streams.in(), copy, StandardCopyOption.REPLACE_EXISTING);
            return NpyArray.read(copy);
        } finally {
            Files.delete(copy);
        }
    }
}
