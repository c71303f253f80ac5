package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import io.github.clip4j.Clip;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/// The index of a search, which is brought up to date first. It is read, and its folders are looked through, while the model is loaded;
/// only what has changed costs more.
final class SearchedIndex {
    private final Path folder;
    private final boolean asItIs;
    private final ReadOptions reading;
    private final Set<String> excluded;
    private final CommandSpec spec;
    private final Tally tally;
    private final CompletableFuture<Listed> listed;
    private final CompletableFuture<Looked> looked;

    /// The images that are in the folders of the index.
    private record Listed(List<String> folders, List<ImageItem> images) {}

    /// @param changes null when nobody looked for them
    private record Looked(EmbeddingIndex index, @Nullable IndexChanges changes) {}

    /// Begins to read.
    ///
    /// @param asItIs whether nothing is looked for
    SearchedIndex(Path folder, boolean asItIs, ReadOptions reading, Set<String> excluded, CommandSpec spec) {
        this.folder = folder;
        this.asItIs = asItIs;
        this.reading = reading;
        this.excluded = excluded;
        this.spec = spec;
        this.tally = new Tally(spec, "new images");
        Executor threads = task -> Thread.ofPlatform().daemon().name("clip4j-index").start(task);
        this.listed = CompletableFuture.supplyAsync(asItIs ? () -> new Listed(List.of(), List.of()) : this::list, threads);
        this.looked = CompletableFuture.supplyAsync(this::look, threads);
    }

    private Listed list() {
        try {
            List<String> there = there(EmbeddingIndex.rootsOf(folder));
            List<ImageItem> images = new ArrayList<>();
            reading.items(there, excluded, tally).forEachRemaining(images::add);
            return new Listed(there, images);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Looked look() {
        try {
            EmbeddingIndex index = EmbeddingIndex.open(folder);
            if (asItIs) {
                return new Looked(index, null);
            }
            Map<String, IndexEntry> known = HashMap.newHashMap(index.size() + index.failures().size());
            index.entries().forEach(entry -> known.put(entry.path(), entry));
            index.failures().forEach(entry -> known.put(entry.path(), entry));
            return new Looked(index, changes(known));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private IndexChanges changes(Map<String, IndexEntry> known) {
        Listed all = listed.join();
        return IndexChanges.find(all.folders, known, all.images.iterator());
    }

    private List<String> there(Collection<String> roots) {
        List<String> there = new ArrayList<>();
        for (String root : roots) {
            if (Files.isDirectory(Path.of(root))) {
                there.add(root);
            } else {
                warn(root + ": the folder is not there now; its images are left in the index");
            }
        }
        return there;
    }

    private void warn(String message) {
        spec.commandLine().getErr().println("clip: " + Output.printable(message));
    }

    /// The index. A search goes on with what there is when it cannot be brought up to date.
    ///
    /// @param indexed the model of the index, which `clip` is
    EmbeddingIndex get(Clip clip, IndexModel indexed, int threads) throws IOException {
        Looked now;
        try {
            now = looked.join();
        } catch (CompletionException e) { // damaged: a writer leaves out what is, and embeds it again
            if (!asItIs) {
                update(clip, indexed, threads, null);
            }
            return EmbeddingIndex.open(folder);
        }
        IndexChanges changes = now.changes;
        if (changes == null) {
            return now.index;
        }
        if (changes.isEmpty()) {
            changes.unreadable().forEach(item -> tally.failed(String.valueOf(item.error())));
            return now.index;
        }
        update(clip, indexed, threads, changes);
        return EmbeddingIndex.open(folder);
    }

    private void update(Clip clip, IndexModel indexed, int threads, @Nullable IndexChanges found) {
        try (IndexWriter writer = IndexWriter.open(folder, indexed)) {
            IndexChanges changes = found != null ? found : changes(IndexUpdate.known(writer));
            new IndexUpdate(clip, writer, reading, threads, tally, new JsonArray(), new IndexProgress())
                    .checking(() -> indexed.requireImages(clip))
                    .run(listed.join().folders, changes);
        } catch (IOException e) {
            warn("the index is searched as it is: " + ClipCommand.message(e));
        }
    }
}
