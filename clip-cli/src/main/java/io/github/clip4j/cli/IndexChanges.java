package io.github.clip4j.cli;

import io.github.clip4j.search.IndexEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What has changed in folders since they were indexed. Of a file its size and its time are looked at, and nothing is read.
///
/// @param work files that are new or have changed
/// @param stats what the file system says of those, by name
/// @param gone paths of entries whose files are not there any more
/// @param unreadable folders and files that could not be looked at; what is below them keeps its entries
record IndexChanges(List<ImageItem> work, Map<String, Stat> stats, List<String> gone, List<ImageItem> unreadable) {
    /// What a file system says of a file.
    ///
    /// @param size in bytes
    /// @param modified in nanoseconds since 1970
    record Stat(long size, long modified) {}

    /// @param folders absolute
    /// @param known the entries of the index, those that failed among them, by path; those that are found are taken out
    /// @param items the images in the folders
    static IndexChanges find(Collection<String> folders, Map<String, IndexEntry> known, Iterator<ImageItem> items) {
        IndexChanges changes = new IndexChanges(new ArrayList<>(), new HashMap<>(), new ArrayList<>(), new ArrayList<>());
        while (items.hasNext()) {
            ImageItem item = items.next();
            if (item.path() == null) {
                changes.unreadable.add(item);
                continue;
            }
            if (!isAscii(item.name()) && !isText(item.path())) {
                changes.unreadable.add(ImageItem.failed(item.name(), item.name()
                        + ": expected a name in this system's encoding, got one with other bytes, which an index cannot keep; rename it"));
                continue;
            }
            changes.look(item, item.path(), known.remove(item.name()));
        }
        List<String> unread = changes.unreadable.stream().map(ImageItem::name).filter(name -> Files.isDirectory(Path.of(name))).toList();
        for (String path : known.keySet()) {
            if (isIn(path, folders) && !isIn(path, unread)) {
                changes.gone.add(path);
            }
        }
        return changes;
    }

    /// Finds out whether a file has to be read.
    private void look(ImageItem item, Path path, @Nullable IndexEntry known) {
        try {
            BasicFileAttributes attributes =
                    item.attributes() != null ? item.attributes() : Files.readAttributes(path, BasicFileAttributes.class);
            Stat stat = new Stat(attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
            if (known == null || known.size() != stat.size || known.modified() != stat.modified) {
                stats.put(item.name(), stat);
                work.add(item);
            }
        } catch (IOException e) {
            unreadable.add(ImageItem.failed(item.name(), item.message(e)));
        }
    }

    /// Whether a name is all that its bytes say. Two that are not may look the same, and an index keeps what they look like.
    private static boolean isText(Path path) {
        try {
            return Path.of(path.toString()).equals(path);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /// Nearly every name is: asking the file system's encoding is a good part of looking at a hundred thousand.
    private static boolean isAscii(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    boolean isEmpty() {
        return work.isEmpty() && gone.isEmpty();
    }

    Stat stat(ImageItem item) {
        return Objects.requireNonNull(stats.get(item.name()));
    }

    static boolean isIn(String path, Collection<String> folders) {
        return folders.stream().anyMatch(folder -> Path.of(path).startsWith(Path.of(folder)));
    }
}
