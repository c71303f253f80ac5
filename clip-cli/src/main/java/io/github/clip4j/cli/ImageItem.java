package io.github.clip4j.cli;

import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/// One image that a command was given.
///
/// @param name as it was given: a path, or `-` for standard input
/// @param path the file; null for standard input, or when there is an error
/// @param error why it is no file that can be read, or null
/// @param attributes of the file, when a folder was read to find it
record ImageItem(String name, @Nullable Path path, @Nullable String error, @Nullable BasicFileAttributes attributes) {
    static ImageItem standardInput(String name) {
        return new ImageItem(name, null, null, null);
    }

    static ImageItem file(String name, Path path) {
        return new ImageItem(name, path, null, null);
    }

    static ImageItem failed(String name, String error) {
        return new ImageItem(name, null, error, null);
    }

    /// What to say of it when it could not be read: always with its name as it was given, of which messages about files know the end.
    String message(Throwable e) {
        String text = ClipCommand.message(e);
        if (text.contains(name)) {
            return text;
        }
        String last = path == null ? "" : path.getFileName() + ": ";
        return name + ": " + (last.length() > 2 && text.startsWith(last) ? text.substring(last.length()) : text);
    }
}
