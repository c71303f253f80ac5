package io.github.clip4j.search;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What is committed in an index, with every checksum checked. Files are read, not mapped: a map of a file that another process cuts short
/// ends in an error of the JVM, and on a disk that is read once a map is not faster.
final class Contents {
    /// Another process may compact the index while it is read; the new segments are then found under a new manifest.
    private static final int ATTEMPTS = 20;

    private static final int CHUNK = 1 << 20;

    /// Where an entry's vector is.
    ///
    /// @param row within the segment, or −1
    record Slot(IndexEntry entry, int segment, int row) {}

    private final Path folder;
    private final Manifest manifest;
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final List<int[]> checksums = new ArrayList<>(); // of each segment's rows, where a record names them
    private @Nullable VectorRows vectors;
    private final boolean keepsVectors;
    private final boolean salvages;
    private boolean damaged;

    private Contents(Path folder, Manifest manifest, boolean keepsVectors, boolean salvages) {
        this.folder = folder;
        this.manifest = manifest;
        this.keepsVectors = keepsVectors;
        this.salvages = salvages;
    }

    /// Reads an index.
    ///
    /// @param keepsVectors whether the vectors are kept in memory; otherwise they are checked only
    /// @param salvages whether entries whose bytes are damaged are left out; otherwise they are an error
    static Contents read(Path folder, boolean keepsVectors, boolean salvages) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Contents contents = new Contents(folder, Manifest.read(folder), keepsVectors, salvages);
            try {
                contents.readSegments();
                return contents;
            } catch (NoSuchFileException e) {
                if (attempt == ATTEMPTS || contents.manifest.segments().equals(Manifest.read(folder).segments())) {
                    if (!salvages) {
                        throw contents.damaged(e.getMessage() + " is not there");
                    }
                    throw e;
                }
            }
        }
    }

    Manifest manifest() {
        return manifest;
    }

    /// The entries by their paths, in the order in which they were written first.
    Map<String, Slot> slots() {
        return slots;
    }

    /// The vectors of the entries that have one, in the order of the entries.
    ///
    /// @throws NullPointerException when they were not kept
    VectorRows vectors() {
        return Objects.requireNonNull(vectors);
    }

    /// Whether something was left out because it was damaged.
    boolean isDamaged() {
        return damaged;
    }

    private IOException damaged(String what) {
        return new IOException("%s: the index is damaged: %s; clip index embeds again what is lost".formatted(folder, what));
    }

    private void readSegments() throws IOException {
        for (int i = 0; i < manifest.segments().size(); i++) {
            checksums.add(new int[manifest.segments().get(i).vectors()]);
            try {
                readRecords(i, manifest.segments().get(i));
            } catch (NoSuchFileException e) {
                damaged = true;
                if (!salvages) {
                    throw e;
                }
            }
        }
        List<@Nullable Target[]> targets = targets();
        for (int i = 0; i < manifest.segments().size(); i++) {
            readVectors(i, manifest.segments().get(i), targets.get(i));
        }
    }

    /// Whose vector a row of a segment is, and where it is kept.
    private record Target(String path, int row) {}

    private List<@Nullable Target[]> targets() {
        List<@Nullable Target[]> targets = new ArrayList<>();
        manifest.segments().forEach(part -> targets.add(new Target[part.vectors()]));
        int count = 0;
        for (Map.Entry<String, Slot> entry : slots.entrySet()) {
            Slot slot = entry.getValue();
            if (slot.row() >= 0) {
                targets.get(slot.segment())[slot.row()] = new Target(entry.getKey(), count++);
            }
        }
        if (keepsVectors) {
            vectors = new VectorRows(count, manifest.model().dimension());
        }
        return targets;
    }

    private void readRecords(int number, Manifest.Part part) throws IOException {
        Path file = folder.resolve(part.name() + Segment.RECORDS);
        try (Segment.Reader records = new Segment.Reader(file, part.recordBytes())) {
            for (Segment.Change change = records.next(); change != null; change = records.next()) {
                apply(number, change);
            }
            if (records.position() < part.recordBytes()) {
                damaged = true;
                if (!salvages) {
                    throw damaged("%s: expected %,d bytes of records, got %,d that are valid"
                            .formatted(file.getFileName(), part.recordBytes(), records.position()));
                }
            }
        }
    }

    private void apply(int number, Segment.Change change) {
        slots.remove(change.path()); // so that the order is that of the last change
        IndexEntry entry = change.entry();
        int[] rows = checksums.get(number);
        if (entry != null && change.row() < rows.length) {
            slots.put(change.path(), new Slot(entry, number, change.row()));
            if (change.row() >= 0) {
                rows[change.row()] = change.vectorChecksum();
            }
        }
    }

    private void readVectors(int number, Manifest.Part part, @Nullable Target[] targets) throws IOException {
        int rowBytes = manifest.model().dimension() * Float.BYTES;
        int[] expected = checksums.get(number);
        Path file = folder.resolve(part.name() + Segment.VECTORS);
        ByteBuffer bytes = ByteBuffer.allocate(Math.max(1, CHUNK / rowBytes) * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel in = open(file)) {
            for (int row = 0; row < part.vectors(); row += bytes.capacity() / rowBytes) {
                int count = Math.min(bytes.capacity() / rowBytes, part.vectors() - row);
                bytes.clear().limit(count * rowBytes);
                while (in != null && bytes.hasRemaining() && in.read(bytes) >= 0) {
                    // until all is read
                }
                int whole = bytes.position() / rowBytes;
                for (int i = 0; i < count; i++) {
                    Target target = targets[row + i];
                    if (target == null) {
                        continue;
                    }
                    if (i >= whole || Segment.checksum(bytes.array(), i * rowBytes, rowBytes) != expected[row + i]) {
                        lose(target.path, file, row + i);
                    } else if (vectors != null) {
                        vectors.put(target.row, bytes.slice(i * rowBytes, rowBytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
                    }
                }
            }
        }
    }

    /// A file of vectors; null when it is not there and what is there is kept.
    private @Nullable FileChannel open(Path file) throws IOException {
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            if (!salvages) {
                throw e;
            }
            return null;
        }
    }

    private void lose(String path, Path file, int row) throws IOException {
        if (!salvages) {
            throw damaged("%s: the vector in row %,d, of %s, is not as it was written".formatted(file.getFileName(), row, path));
        }
        damaged = true;
        slots.remove(path);
    }
}
