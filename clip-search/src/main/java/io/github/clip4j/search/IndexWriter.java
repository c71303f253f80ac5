package io.github.clip4j.search;

import io.github.clip4j.Embedding;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Changes an index. One process has a writer at a time; another is told so at once. Readers keep what they have read, and see a commit
/// when they open the index again.
///
/// What [#commit()] has returned from is on disk: a process that is killed, a full disk or a loss of power costs what came after it, and
/// nothing else. Not for use by several threads at once.
public final class IndexWriter implements Closeable {
    private static final String LOCK = "lock";
    private static final long SEGMENT_BYTES = 1L << 30;

    /// Dead rows are written over when there are more of them than living ones, and so many.
    private static final int DEAD_ROWS = 1000;

    /// An entry, and where its vector is.
    ///
    /// @param row within the segment, or −1
    /// @param waiting the vector itself while it is not committed
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Slot(IndexEntry entry, int segment, int row, float @Nullable [] waiting) {}

    private final Path folder;
    private final FileChannel lockFile;
    private final IndexModel model;
    private final Set<String> roots;
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Map<String, String> byHash = new HashMap<>();
    private final List<Manifest.Part> parts;
    private Segment.Writer segment;
    private final boolean damaged;
    private boolean rootsChanged;
    private boolean failed;

    private IndexWriter(Path folder, FileChannel lockFile, Contents contents) throws IOException {
        this.folder = folder;
        this.lockFile = lockFile;
        this.model = contents.manifest().model();
        this.roots = new TreeSet<>(contents.manifest().roots());
        this.parts = new ArrayList<>(contents.manifest().segments());
        this.damaged = contents.isDamaged();
        contents.slots().forEach((path, slot) -> slots.put(path, new Slot(slot.entry(), slot.segment(), slot.row(), null)));
        slots.values().forEach(this::rememberHash);
        removeOrphans();
        this.segment = openLast();
    }

    /// Opens an index to change it, or makes a new one.
    ///
    /// What is damaged is left out ([#wasDamaged()]), so that it can be embedded again.
    ///
    /// @param folder of the index; made when it does not exist
    /// @param model whose embeddings are put in
    /// @return the writer, which the caller closes
    /// @throws IOException when another process has a writer, the files cannot be read, or the folder holds something else
    /// @throws IllegalArgumentException when the index is of another model
    public static IndexWriter open(Path folder, IndexModel model) throws IOException {
        Objects.requireNonNull(model, "model is null");
        if (Files.exists(folder) && !Manifest.exists(folder) && !isEmpty(folder)) {
            throw new IOException(folder + ": expected an index or an empty folder, got a folder with other files");
        }
        Files.createDirectories(folder);
        FileChannel lockFile = lock(folder);
        try {
            if (!Manifest.exists(folder)) {
                new Manifest(model, Set.of(), List.of()).publish(folder);
            }
            Contents contents = Contents.read(folder, false, true);
            contents.manifest().model().require(model);
            IndexWriter writer = new IndexWriter(folder, lockFile, contents);
            if (contents.isDamaged() || writer.isMostlyDead()) {
                writer.compact();
            }
            return writer;
        } catch (IOException | RuntimeException | Error e) {
            lockFile.close();
            throw e;
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.allMatch(file -> file.endsWith(LOCK) || file.toString().endsWith(Manifest.TEMPORARY));
        }
    }

    private static FileChannel lock(Path folder) throws IOException {
        Path file = folder.resolve(LOCK);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
                return channel; // the lock ends with the channel, and with the process
            }
        } catch (OverlappingFileLockException e) {
            // a writer of this process; said below
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new IndexLockedException(folder, processIn(file));
    }

    /// The process that has the lock; empty where a locked file cannot be read.
    private static String processIn(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /// Files of a segment that was never committed, or that was compacted while a reader held it.
    private void removeOrphans() throws IOException {
        Set<String> known = new TreeSet<>();
        for (Manifest.Part part : parts) {
            known.add(part.name() + Segment.RECORDS);
            known.add(part.name() + Segment.VECTORS);
        }
        List<Path> orphans;
        try (Stream<Path> files = Files.list(folder)) {
            orphans = files.filter(file -> {
                String name = String.valueOf(file.getFileName());
                return (name.endsWith(Segment.RECORDS) || name.endsWith(Segment.VECTORS)) && !known.contains(name);
            }).toList();
        }
        for (Path orphan : orphans) {
            Files.deleteIfExists(orphan);
        }
    }

    private boolean isLastLarge() {
        Manifest.Part last = parts.getLast();
        return (long) last.vectors() * model.dimension() * Float.BYTES + last.recordBytes() > SEGMENT_BYTES;
    }

    /// The last segment, or a new one when there is none or the last is large.
    private Segment.Writer openLast() throws IOException {
        if (parts.isEmpty() || isLastLarge()) {
            parts.add(new Manifest.Part(nextName(), 0, 0));
        }
        return new Segment.Writer(folder, parts.getLast(), model.dimension());
    }

    private String nextName() {
        int last = parts.stream().mapToInt(part -> Integer.parseInt(part.name())).max().orElse(0);
        return String.format(Locale.ROOT, "%06d", last + 1);
    }

    private void rememberHash(Slot slot) {
        if (!slot.entry.hash().isEmpty() && slot.entry.error().isEmpty()) {
            byHash.putIfAbsent(slot.entry.hash(), slot.entry.path());
        }
    }

    /// {@return the model whose embeddings are put in} It is as the index names it, which the first writer has made.
    public IndexModel model() {
        return model;
    }

    /// {@return the folders whose files are indexed}
    public Set<String> roots() {
        return Set.copyOf(roots);
    }

    /// Adds folders to those whose files are indexed.
    ///
    /// @param more absolute paths
    public void addRoots(Collection<String> more) {
        rootsChanged |= roots.addAll(more);
    }

    /// {@return whether entries were left out because the files were damaged} Those files are to be embedded again.
    public boolean wasDamaged() {
        return damaged;
    }

    /// {@return the entry of a path}
    ///
    /// @param path the key
    public Optional<IndexEntry> entry(String path) {
        return Optional.ofNullable(slots.get(path)).map(slot -> slot.entry);
    }

    /// {@return an entry with this content that has an embedding}
    ///
    /// @param hash of the content
    public Optional<IndexEntry> entryOfHash(String hash) {
        String path = byHash.get(hash);
        Slot slot = path == null ? null : slots.get(path);
        return slot != null && slot.entry.hash().equals(hash) && slot.entry.error().isEmpty()
                ? Optional.of(slot.entry) : Optional.empty();
    }

    /// {@return the paths of all entries, as they are now}
    public List<String> paths() {
        return List.copyOf(slots.keySet());
    }

    /// {@return the number of entries that have an embedding}
    public int size() {
        return (int) slots.values().stream().filter(slot -> slot.entry.error().isEmpty()).count();
    }

    /// Puts an entry in, in the place of the one of its path.
    ///
    /// @param entry without an error
    /// @param embedding of its image
    /// @throws IllegalArgumentException for an entry with an error, or an embedding of another dimension
    public void put(IndexEntry entry, Embedding embedding) {
        if (entry.error().isPresent() || embedding.dimension() != model.dimension()) {
            throw new IllegalArgumentException("%s: expected an entry without an error and an embedding of %d components, got %s and %d"
                    .formatted(entry.path(), model.dimension(), entry.error(), embedding.dimension()));
        }
        put(entry, embedding.toArray());
    }

    /// Puts an entry in that has the embedding of another one, because their contents are equal.
    ///
    /// @param entry the new one
    /// @param path of the other one
    /// @throws IllegalArgumentException when the other one is not there or has no embedding
    /// @throws IOException when its embedding cannot be read
    public void putSame(IndexEntry entry, String path) throws IOException {
        put(entry, vector(path));
    }

    /// Puts an entry in that has no embedding, because its file could not be embedded.
    ///
    /// @param entry with an error
    /// @throws IllegalArgumentException for an entry without an error
    public void putFailed(IndexEntry entry) {
        if (entry.error().isEmpty()) {
            throw new IllegalArgumentException(entry.path() + ": expected an entry with an error");
        }
        put(entry, (float[]) null);
    }

    private void put(IndexEntry entry, float @Nullable [] vector) {
        requireUsable();
        int row = segment.put(entry, vector);
        slots.remove(entry.path());
        Slot slot = new Slot(entry, parts.size() - 1, row, vector);
        slots.put(entry.path(), slot);
        rememberHash(slot);
    }

    private float[] vector(String path) throws IOException {
        Slot slot = slots.get(path);
        if (slot == null || slot.row < 0) {
            throw new IllegalArgumentException(path + ": expected an entry with an embedding");
        }
        return vector(slot);
    }

    private float[] vector(Slot slot) throws IOException {
        return slot.waiting != null
                ? slot.waiting : Segment.vector(folder, parts.get(slot.segment).name(), slot.row, model.dimension());
    }

    /// Removes an entry, if it is there.
    ///
    /// @param path its key
    public void remove(String path) {
        requireUsable();
        if (slots.remove(path) != null) {
            segment.remove(path);
        }
    }

    private void requireUsable() {
        if (failed) {
            throw new IllegalStateException(folder + ": a change could not be written; close this writer and open another");
        }
    }

    /// {@return whether so much waits in memory that it should be committed}
    public boolean isFull() {
        return segment.isFull();
    }

    /// Brings all changes to the disk. When it returns, nothing can lose them; when it does not, the commit before it holds.
    ///
    /// @throws IOException when they cannot be written; the writer can only be closed then
    public void commit() throws IOException {
        requireUsable();
        if (!segment.isWaiting() && !rootsChanged) {
            return;
        }
        failed = true; // unless all of it succeeds
        try {
            parts.set(parts.size() - 1, segment.force());
            new Manifest(model, roots, parts).publish(folder);
        } catch (IOException e) {
            throw new IOException("%s: the changes since the last commit could not be written: %s; what was committed before is safe"
                    .formatted(folder, e.getMessage()), e);
        }
        rootsChanged = false;
        slots.replaceAll((path, slot) -> slot.waiting == null ? slot : new Slot(slot.entry, slot.segment, slot.row, null));
        if (isLastLarge()) {
            segment.close();
            segment = openLast();
        }
        failed = false;
    }

    private boolean isMostlyDead() {
        long rows = parts.stream().mapToLong(Manifest.Part::vectors).sum();
        long dead = rows - slots.values().stream().filter(slot -> slot.row >= 0).count();
        return dead > DEAD_ROWS && dead > rows / 2;
    }

    /// Writes all living entries to a new segment, which then is the only one.
    ///
    /// @throws IOException when it cannot be written; the index is as it was
    void compact() throws IOException {
        requireUsable();
        Manifest.Part fresh = new Manifest.Part(nextName(), 0, 0);
        failed = true;
        segment.close();
        Segment.Writer target = new Segment.Writer(folder, fresh, model.dimension());
        Manifest.Part written = fresh;
        Map<String, Slot> moved = new LinkedHashMap<>();
        for (Slot slot : slots.values()) {
            int row = target.put(slot.entry, slot.row < 0 ? null : vector(slot));
            moved.put(slot.entry.path(), new Slot(slot.entry, 0, row, null));
            if (target.isFull()) {
                written = target.force();
            }
        }
        written = target.isWaiting() ? target.force() : written;
        List<Manifest.Part> old = List.copyOf(parts);
        new Manifest(model, roots, List.of(written)).publish(folder);
        parts.clear();
        parts.add(written);
        segment = target;
        slots.clear();
        slots.putAll(moved);
        failed = false;
        for (Manifest.Part part : old) {
            try {
                Files.deleteIfExists(folder.resolve(part.name() + Segment.RECORDS));
                Files.deleteIfExists(folder.resolve(part.name() + Segment.VECTORS));
            } catch (IOException e) {
                // a system that keeps files which a reader has open: the next writer removes them
            }
        }
    }

    /// Ends the writer. What was not committed is dropped.
    @Override
    public void close() throws IOException {
        try (lockFile) {
            segment.close();
        }
    }
}
