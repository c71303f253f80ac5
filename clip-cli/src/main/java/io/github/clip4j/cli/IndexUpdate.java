package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Brings an index up to date with folders: only what is new or has changed is read.
///
/// A file is known by its size and its time; when one of them differs, by the hash of its content, which costs no forward pass when it is
/// in the index already, under whatever name.
final class IndexUpdate {
    private static final int BATCH = 16;
    private static final long COMMIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int HASH_BYTES = 16;

    private final ReadOptions reading;
    private final int threads;
    private final Clip clip;
    private final ClipPreprocess preprocess;
    private final IndexWriter writer;
    private final Tally tally;
    private final IndexProgress progress;

    private final Set<String> hashes = ConcurrentHashMap.newKeySet(); // of contents that have an embedding
    private final Map<String, Integer> copies = new HashMap<>(); // new paths of known contents, by hash
    private final JsonArray failed;
    private final List<Batched> batch = new ArrayList<>();
    private @Nullable Runnable check;
    private long committed = System.nanoTime();
    private int added;
    private int changed;
    private int moved;
    private int removed;
    private int done; // of what there was to do

    /// A file that was read.
    ///
    /// @param pixels null when the content's embedding is known
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Prepared(String hash, int width, int height, float @Nullable [] pixels) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Batched(IndexEntry entry, float[] pixels) {}

    IndexUpdate(
            Clip clip, IndexWriter writer, ReadOptions reading, int threads, Tally tally, JsonArray failed, IndexProgress progress) {
        this.clip = clip;
        this.preprocess = clip.preprocess();
        this.writer = writer;
        this.reading = reading;
        this.threads = threads;
        this.tally = tally;
        this.failed = failed;
        this.progress = progress;
    }

    /// All entries of an index, by path.
    static Map<String, IndexEntry> known(IndexWriter writer) {
        Map<String, IndexEntry> known = new HashMap<>();
        writer.paths().forEach(path -> writer.entry(path).ifPresent(entry -> known.put(path, entry)));
        return known;
    }

    /// Has something checked before the first image is embedded, if one is.
    IndexUpdate checking(Runnable first) {
        check = first;
        return this;
    }

    /// Does it.
    ///
    /// @param folders absolute
    /// @param changes what has to be done; an entry that another process has written meanwhile is written again
    void run(Collection<String> folders, IndexChanges changes) throws IOException {
        for (String path : writer.paths()) {
            IndexEntry entry = writer.entry(path).orElseThrow();
            if (entry.error().isEmpty()) {
                hashes.add(entry.hash());
            }
        }
        changes.unreadable().forEach(item -> fail(item.name(), Objects.requireNonNull(item.error())));
        done = changes.work().size() + changes.gone().size();
        progress.begin(changes.work().size());
        try (ReadAhead<Prepared> ahead = new ReadAhead<>(changes.work().iterator(), threads, BATCH + 2 * threads, this::prepare)) {
            while (ahead.hasNext()) {
                ReadAhead.Result<Prepared> read = ahead.next();
                take(read, changes.stat(read.item()));
                progress.advance();
            }
        }
        embedBatch();
        changes.gone().forEach(this::removeGone);
        writer.commit();
        progress.end();
        reportFailures(folders);
    }

    private void fail(String path, String error) {
        failed.add(failure(path, error));
        tally.failed(error);
    }

    static JsonObject failure(String path, String error) {
        JsonObject failure = new JsonObject();
        failure.addProperty("path", path);
        failure.addProperty("error", error);
        return failure;
    }

    private Prepared prepare(ImageItem item) throws IOException {
        String hash = hash(Objects.requireNonNull(item.path()));
        if (hashes.contains(hash)) {
            return new Prepared(hash, 0, 0, null);
        }
        Image image = reading.read(item);
        return new Prepared(hash, image.width(), image.height(), preprocess.apply(image).toArray());
    }

    static String hash(Path file) throws IOException {
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest(), 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private void take(ReadAhead.Result<Prepared> read, IndexChanges.Stat stat) throws IOException {
        String path = read.item().name();
        Prepared prepared = read.value();
        boolean known = writer.entry(path).isPresent();
        if (prepared == null) {
            String error = String.valueOf(read.error());
            tally.failed(error);
            writer.putFailed(IndexEntry.failed(path, stat.size(), stat.modified(), "", error));
            commitNowAndThen();
            return;
        }
        tally.done();
        if (prepared.pixels == null) {
            IndexEntry same = writer.entryOfHash(prepared.hash).orElse(null);
            if (same == null) { // its only file has changed meanwhile
                hashes.remove(prepared.hash);
                retry(read.item(), stat, known);
                return;
            }
            boolean touched = known && writer.entry(path).orElseThrow().hash().equals(prepared.hash);
            writer.putSame(
                    IndexEntry.of(path, stat.size(), stat.modified(), prepared.hash, same.width(), same.height()), same.path());
            if (!touched) {
                count(known);
                if (!known) {
                    copies.merge(prepared.hash, 1, Integer::sum);
                }
            }
            commitNowAndThen();
            return;
        }
        put(path, stat, prepared, prepared.pixels, known);
    }

    private void retry(ImageItem item, IndexChanges.Stat stat, boolean known) throws IOException {
        try {
            Prepared prepared = prepare(item);
            put(item.name(), stat, prepared, Objects.requireNonNull(prepared.pixels), known);
        } catch (IOException | IllegalArgumentException e) {
            String error = item.message(e);
            tally.failed(error);
            writer.putFailed(IndexEntry.failed(item.name(), stat.size(), stat.modified(), "", error));
        }
    }

    private void put(String path, IndexChanges.Stat stat, Prepared prepared, float[] pixels, boolean known) throws IOException {
        count(known);
        batch.add(new Batched(
                IndexEntry.of(path, stat.size(), stat.modified(), prepared.hash, prepared.width, prepared.height), pixels));
        if (batch.size() == BATCH) {
            embedBatch();
            commitNowAndThen();
        }
    }

    private void count(boolean known) {
        if (known) {
            changed++;
        } else {
            added++;
        }
    }

    private void embedBatch() {
        if (batch.isEmpty()) {
            return;
        }
        if (check != null) {
            check.run();
            check = null;
        }
        List<Embedding> embeddings = clip.embedPixels(batch.stream().map(Batched::pixels).toList());
        for (int i = 0; i < embeddings.size(); i++) {
            writer.put(batch.get(i).entry, embeddings.get(i));
            hashes.add(batch.get(i).entry.hash());
        }
        batch.clear();
    }

    private void commitNowAndThen() throws IOException {
        if (writer.isFull() || System.nanoTime() - committed > COMMIT_NANOS) {
            writer.commit();
            committed = System.nanoTime();
        }
    }

    /// An entry whose file is gone. A content that was found again under a new path has moved.
    private void removeGone(String path) {
        String hash = writer.entry(path).map(IndexEntry::hash).orElse("");
        writer.remove(path);
        if (copies.getOrDefault(hash, 0) > 0) {
            copies.merge(hash, -1, Integer::sum);
            added--;
            moved++;
        } else {
            removed++;
        }
    }

    /// Names all files that have no embedding, those that failed before among them.
    private void reportFailures(Collection<String> folders) {
        for (String path : writer.paths()) {
            IndexEntry entry = writer.entry(path).orElseThrow();
            if (entry.error().isPresent() && IndexChanges.isIn(path, folders)) {
                failed.add(failure(path, entry.error().get()));
            }
        }
    }

    /// Whether it has done something.
    boolean hasChanged() {
        return done > 0;
    }

    boolean hasFailures() {
        return !failed.isEmpty();
    }

    /// The numbers of `clip index --json`.
    void addTo(JsonObject document) {
        document.addProperty("total", writer.size());
        document.addProperty("added", added);
        document.addProperty("changed", changed);
        document.addProperty("moved", moved);
        document.addProperty("removed", removed);
        document.add("failed", failed);
    }

    String summary() {
        return String.format(Locale.ROOT, "%,d images: %,d added, %,d changed, %,d moved, %,d removed, %,d failed",
                writer.size(), added, changed, moved, removed, failed.size());
    }
}
