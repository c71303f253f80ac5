package io.github.clip4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The files that arguments and lists name.
///
/// The JVM decodes arguments by the locale. Bytes that are not text there become U+FFFD, and no file has that name any more. A [Path] that
/// comes from listing a folder keeps the bytes, so such a name is looked for in its folder: the one entry that is shown the same way.
final class FileNames {
    private static final Pattern LOST = Pattern.compile("\uFFFD+");

    private FileNames() {}

    /// The file that `name` names.
    ///
    /// @throws IOException when the name is empty, this system cannot say it, or several files are shown so
    static Path path(String name) throws IOException {
        if (name.isEmpty()) { // Java reads it as the current folder
            throw new IOException("expected the name of a file or folder, got an empty one");
        }
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            throw new FileSystemException(
                    "%s: expected a file name in this system's encoding, %s, got one that it cannot say (%s); run with LC_ALL=C.UTF-8"
                            .formatted(name, System.getProperty("sun.jnu.encoding"), e.getReason()));
        }
        return LOST.matcher(name).find() && Files.notExists(path) ? listed(path) : path;
    }

    private static Path listed(Path path) throws IOException {
        Path found = path.isAbsolute() ? path.getRoot() : Path.of("");
        for (Path part : path) {
            Path next = found.resolve(part);
            if (LOST.matcher(part.toString()).find() && Files.notExists(next)) {
                next = entry(found, part.toString());
            }
            found = next;
        }
        return found;
    }

    private static Path entry(Path folder, String name) throws IOException {
        String shown = shown(name);
        List<Path> entries;
        try (Stream<Path> all = Files.list(folder.toString().isEmpty() ? Path.of(".") : folder)) {
            entries = all.filter(entry -> shown(String.valueOf(entry.getFileName())).equals(shown)).limit(2).toList();
        }
        if (entries.size() > 1) {
            throw new FileSystemException("%s: expected one file, got several whose names are not %s and look the same; give their folder"
                    .formatted(name, System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name())));
        }
        return entries.isEmpty() ? folder.resolve(name) : entries.getFirst();
    }

    private static String shown(String name) {
        return LOST.matcher(name).replaceAll("\uFFFD");
    }
}
