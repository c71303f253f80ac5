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
    private final CompletableFuture<Looked> early;

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
        this.early = CompletableFuture.supplyAsync(this::look);
    }

    private Looked look() {
        try {
            EmbeddingIndex index = EmbeddingIndex.open(folder);
            if (asItIs) {
                return new Looked(index, null);
            }
            Map<String, IndexEntry> known = new HashMap<>();
            index.entries().forEach(entry -> known.put(entry.path(), entry));
            index.failures().forEach(entry -> known.put(entry.path(), entry));
            return new Looked(index, changes(index.roots(), known));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private IndexChanges changes(Collection<String> roots, Map<String, IndexEntry> known) {
        List<String> there = there(roots);
        return IndexChanges.find(there, known, reading.items(there, excluded, tally));
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
        Looked looked;
        try {
            looked = early.join();
        } catch (CompletionException e) { // damaged: a writer leaves out what is, and embeds it again
            if (!asItIs) {
                update(clip, indexed, threads, null);
            }
            return EmbeddingIndex.open(folder);
        }
        IndexChanges changes = looked.changes;
        if (changes == null) {
            return looked.index;
        }
        if (changes.isEmpty()) {
            changes.unreadable().forEach(item -> tally.failed(String.valueOf(item.error())));
            return looked.index;
        }
        update(clip, indexed, threads, changes);
        return EmbeddingIndex.open(folder);
    }

    private void update(Clip clip, IndexModel indexed, int threads, @Nullable IndexChanges found) {
        try (IndexWriter writer = IndexWriter.open(folder, indexed)) {
            IndexChanges changes = found != null ? found : changes(writer.roots(), IndexUpdate.known(writer));
            new IndexUpdate(clip, writer, reading, threads, tally, new JsonArray(), new IndexProgress())
                    .checking(() -> indexed.requireImages(clip))
                    .run(writer.roots(), changes);
        } catch (IOException e) {
            warn("the index is searched as it is: " + ClipCommand.message(e));
        }
    }
}
