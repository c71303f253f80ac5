package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.search.IndexLockedException;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip index`
@Command(
        name = "index",
        description = "Embeds all images of folders once, so that clip search finds them by words.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Run again, it reads only what is new or has changed. It can be interrupted at any time and goes on where it was. A file that",
            "cannot be read is remembered with the reason, and not tried again until it changes. See docs/search.md.",
            "",
            "Examples:",
            "  clip index photos",
            "  clip index photos scans --model openai/clip-vit-base-patch32 --index photos.index",
            "  clip index photos --watch",
            "  cd photos && clip search \"a beach\""
        })
final class IndexCommand implements Callable<Integer> {
    /// For systems that do not say that something has changed.
    private static final int LOOK_SECONDS = 60;
    private static final int RETRY_SECONDS = 2;

    private static final String WHAT = "new or changed images";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Mixin
    private IndexOptions index = new IndexOptions();

    @Parameters(paramLabel = "FOLDER", arity = "1..*", description =
            "folders with images, with all folders below them; hidden ones are left out")
    private List<String> folders = new ArrayList<>();

    @Option(names = "--watch", description =
            "go on, and index what changes in the folders a moment later, until the command is ended; --json prints a document each time")
    private boolean watch;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        reading.check();
        Tally tally = new Tally(spec, WHAT);
        JsonArray failed = new JsonArray();
        List<String> roots = roots(tally, failed);
        Path folder = index.folder();
        model.orElseOf(folder);
        String source = model.source();
        try (Clip clip = model.load();
                FolderWatch changes = watch ? new FolderWatch(roots, index.excluded()) : null) { // before anything is looked at
            IndexModel indexed = IndexModel.of(clip, source);
            IndexUpdate first = update(clip, folder, indexed, roots, failed, tally);
            print(clip, folder, first);
            int code = tally.end();
            if (changes != null) {
                watch(changes, clip, folder, indexed, roots);
            }
            return first.hasFailures() ? ClipCommand.FAILED : code;
        }
    }

    private IndexUpdate update(Clip clip, Path folder, IndexModel indexed, List<String> roots, JsonArray failed, Tally tally)
            throws IOException {
        try (IndexWriter writer = IndexWriter.open(folder, indexed)) {
            if (writer.wasDamaged()) {
                spec.commandLine().getErr().println("clip: " + folder + ": the index was damaged; what is lost is embedded again");
            }
            writer.addRoots(roots);
            IndexUpdate update = new IndexUpdate(clip, writer, reading, model.threads(), tally, failed, new IndexProgress());
            update.run(roots, IndexChanges.find(
                    roots, IndexUpdate.known(writer), reading.items(roots, index.excluded(), tally)));
            return update;
        }
    }

    /// Brings the index up to date whenever something changes, until the process or the thread is told to end.
    private void watch(FolderWatch changes, Clip clip, Path folder, IndexModel indexed, List<String> roots) throws IOException {
        if (changes.incomplete() != null) {
            warn("some folders are looked at every " + LOOK_SECONDS + " seconds only: " + changes.incomplete());
        }
        try {
            for (boolean locked = false; ; ) {
                changes.await(locked ? RETRY_SECONDS : LOOK_SECONDS, TimeUnit.SECONDS);
                try {
                    List<String> there = roots.stream().filter(root -> Files.isDirectory(Path.of(root))).toList(); // a disk may be away
                    IndexUpdate update = update(clip, folder, indexed, there, new JsonArray(), new Tally(spec, WHAT));
                    if (update.hasChanged()) {
                        print(clip, folder, update);
                    }
                    locked = false;
                } catch (IndexLockedException e) {
                    locked = true; // another command changes the index, and is soon done
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void warn(String message) {
        spec.commandLine().getErr().println("clip: " + Output.printable(message));
    }

    /// The folders, absolute: an index is used from other folders too. One that is not there fails, and the others are indexed.
    private List<String> roots(Tally tally, JsonArray failed) throws IOException {
        List<String> roots = new ArrayList<>();
        for (String name : folders) {
            Path path = FileNames.path(name).toAbsolutePath().normalize();
            if (Files.isDirectory(path)) {
                roots.add(path.toString());
                continue;
            }
            String error = name + ": expected a folder, got " + (Files.exists(path) ? "a file" : "nothing of that name");
            if (folders.size() == 1) {
                throw new IOException(error);
            }
            failed.add(IndexUpdate.failure(path.toString(), error));
            tally.failed(error);
        }
        if (roots.isEmpty()) {
            throw new IOException("expected at least one folder, got none");
        }
        return roots;
    }

    private void print(Clip clip, Path folder, IndexUpdate update) throws IOException {
        Streams streams = Streams.of(spec);
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("index", folder.toString());
            document.addProperty("model", clip.name());
            update.addTo(document);
            streams.out().println(Output.json(document));
        } else {
            streams.out().println(Output.printable(folder.toString()) + ": " + update.summary());
        }
        streams.requireOpen();
    }
}
