package io.github.clip4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Waits until something may have changed in folders, or in those below them.
///
/// What has changed is not said: whoever waits looks for it. So an event that the system drops, or that comes twice, does no harm. Some
/// systems send no events, for folders of a network for instance, so the wait ends after a while in any case.
final class FolderWatch implements Closeable {
    /// A program that writes a file, or copies many, is given time to end.
    private static final long QUIET_MILLIS = 500;
    private static final long LONGEST_MILLIS = 10_000;

    private final WatchService service;
    private final Collection<String> folders;
    private final Set<String> excluded;
    private final Map<WatchKey, Path> watched = new HashMap<>();
    private @Nullable String incomplete;

    /// Begins to watch.
    ///
    /// @param excluded the names of folders that are left out
    FolderWatch(Collection<String> folders, Set<String> excluded) throws IOException {
        this.folders = folders;
        this.excluded = excluded;
        this.service = Path.of("").toAbsolutePath().getFileSystem().newWatchService();
        registerAll();
    }

    private void registerAll() {
        folders.forEach(folder -> register(Path.of(folder)));
    }

    /// A folder with those below it, links followed. One that is watched already stays so.
    private void register(Path folder) {
        try {
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path below, BasicFileAttributes attributes) throws IOException {
                    if (!below.equals(folder) && (Files.isHidden(below) || excluded.contains(String.valueOf(below.getFileName())))) {
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    watched.put(below.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY,
                            StandardWatchEventKinds.ENTRY_DELETE), below);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE; // gone already, or not for us to read: an update says so
                }
            });
        } catch (IOException e) { // a limit of the system on the number of folders, for instance
            incomplete = ClipCommand.message(e);
        }
    }

    /// {@return why some folders are looked at now and then only; null when all are watched}
    @Nullable String incomplete() {
        return incomplete;
    }

    /// Waits for a change, and then until it is quiet for a moment.
    ///
    /// @param most the time after which it returns in any case
    /// @throws InterruptedException when the thread is interrupted
    void await(long most, TimeUnit unit) throws InterruptedException {
        WatchKey key = service.poll(most, unit);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_MILLIS);
        while (key != null) {
            take(key);
            key = System.nanoTime() < end ? service.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS) : null;
        }
    }

    private void take(WatchKey key) {
        Path folder = watched.get(key);
        for (WatchEvent<?> event : key.pollEvents()) {
            if (event.kind().equals(StandardWatchEventKinds.OVERFLOW)) {
                registerAll(); // new folders may be among what was dropped
            } else if (folder != null && event.context() instanceof Path name
                    && event.kind().equals(StandardWatchEventKinds.ENTRY_CREATE) && isWatched(folder.resolve(name))) {
                register(folder.resolve(name));
            }
        }
        if (!key.reset()) {
            watched.remove(key); // the folder is gone
        }
    }

    private boolean isWatched(Path path) {
        try {
            return Files.isDirectory(path) && !Files.isHidden(path) && !excluded.contains(String.valueOf(path.getFileName()));
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        service.close();
    }
}
