package io.github.clip4j.cli;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The images that a command was given, one after the other: files, standard input, and those of folders.
///
/// A folder is read with all folders below it, in the order of names. Links are followed; a folder that was read already is not read again,
/// so that links in a circle end. Hidden entries and files that are not images are left out, and counted. Only the names of the folders
/// that are open are in memory.
final class ImageItems implements Iterator<ImageItem> {
    private final Iterator<String> arguments;
    private final Predicate<Path> hasDecoder;
    private final Set<String> excluded;
    private final Tally tally;
    private final Deque<Iterator<Path>> folders = new ArrayDeque<>();
    private final Set<Object> seen = new HashSet<>();
    private @Nullable ImageItem next;

    /// @param hasDecoder whether the user has named a decoder for a file, which is then an image
    /// @param excluded the names of folders that are left out
    /// @param tally is told of what is left out
    ImageItems(List<String> arguments, Predicate<Path> hasDecoder, Set<String> excluded, Tally tally) {
        this.arguments = arguments.iterator();
        this.hasDecoder = hasDecoder;
        this.excluded = excluded;
        this.tally = tally;
    }

    /// The images of a list: the file of each line, and an error for a line that is blank, unless nothing follows it.
    static Iterator<ImageItem> ofList(TextLines lines) {
        return new Iterator<>() {
            private final Deque<TextLines.Line> blank = new ArrayDeque<>();
            private TextLines.@Nullable Line line = advance();

            private TextLines.@Nullable Line advance() {
                while (lines.hasNext()) {
                    TextLines.Line read = lines.next();
                    if (!read.isBlank()) {
                        return read;
                    }
                    blank.add(read);
                }
                return null;
            }

            @Override
            public boolean hasNext() {
                return line != null;
            }

            @Override
            public ImageItem next() {
                TextLines.Line found = line;
                if (found == null) {
                    throw new NoSuchElementException();
                }
                TextLines.Line before = blank.poll();
                if (before != null) {
                    return ImageItem.failed(before.text(), lines.where(before) + ": expected the path of an image, got a blank line");
                }
                line = advance();
                return item(found);
            }

            private ImageItem item(TextLines.Line found) {
                try { // bytes that are not text may still be the name of a file
                    Path path = FileNames.path(found.text());
                    return Files.isDirectory(path)
                            ? ImageItem.failed(found.text(), lines.where(found) + ": expected the path of an image, got a folder")
                            : ImageItem.file(found.text(), path);
                } catch (IOException e) {
                    return ImageItem.failed(found.text(), lines.where(found) + ": " + ClipCommand.message(e));
                }
            }
        };
    }

    @Override
    public boolean hasNext() {
        if (next == null) {
            next = advance();
        }
        return next != null;
    }

    @Override
    public ImageItem next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ImageItem item = Objects.requireNonNull(next);
        next = null;
        return item;
    }

    private @Nullable ImageItem advance() {
        while (true) {
            Iterator<Path> folder = folders.peek();
            ImageItem item;
            if (folder != null) {
                if (!folder.hasNext()) {
                    folders.pop();
                    continue;
                }
                item = entry(folder.next());
            } else if (arguments.hasNext()) {
                item = argument(arguments.next());
            } else {
                return null;
            }
            if (item != null) {
                return item;
            }
        }
    }

    private @Nullable ImageItem argument(String name) {
        if (name.equals(TextOptions.STANDARD)) {
            return ImageItem.standardInput(name);
        }
        try {
            Path path = FileNames.path(name);
            if (Files.isDirectory(path)) {
                open(path);
                return null;
            }
            return ImageItem.file(name, path);
        } catch (IOException e) {
            return ImageItem.failed(name, ClipCommand.message(e));
        }
    }

    /// An entry of a folder: an image, or null for what is not one.
    private @Nullable ImageItem entry(Path path) {
        try {
            if (Files.isHidden(path)) {
                tally.leftOut("hidden in folders");
                return null;
            }
            BasicFileAttributes attributes = attributes(path); // asked for once: a folder may have a million files
            if (attributes != null && attributes.isDirectory()) {
                if (excluded.contains(String.valueOf(path.getFileName()))) {
                    tally.leftOut("folders that are excluded");
                } else {
                    open(path);
                }
            } else if (attributes == null && Files.isSymbolicLink(path) && Files.notExists(path)) {
                return ImageItem.failed(path.toString(), path + ": a link to a file that does not exist");
            } else if (attributes == null || !attributes.isRegularFile() || (!hasDecoder.test(path) && !ImageKind.isImage(path))) {
                tally.leftOut("in folders that are not images");
            } else {
                return new ImageItem(path.toString(), path, null, attributes);
            }
            return null;
        } catch (IOException e) {
            return ImageItem.failed(path.toString(), path + ": " + reason(e));
        }
    }

    /// Null when the system does not say: for a link to nothing, or links in a circle.
    private static @Nullable BasicFileAttributes attributes(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException e) {
            return null;
        }
    }

    private void open(Path folder) throws IOException {
        Path real = folder.toRealPath();
        if (!seen.add(real)) {
            tally.leftOut("folders that links lead to a second time");
            return;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            folders.push(entries.sorted().toList().iterator());
        }
    }

    private static String reason(IOException e) {
        return e instanceof FileSystemLoopException ? "links in a circle" : ClipCommand.message(e);
    }
}
