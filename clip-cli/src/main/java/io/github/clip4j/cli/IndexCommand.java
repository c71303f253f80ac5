package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
            "  cd photos && clip search \"a beach\""
        })
final class IndexCommand implements Callable<Integer> {
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

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        reading.check();
        List<String> roots = roots();
        Path folder = index.folder();
        if (EmbeddingIndex.isIndex(folder)) {
            model.orElse(EmbeddingIndex.modelOf(folder).source());
        }
        String source = model.source();
        Tally tally = new Tally(spec, "images");
        try (Clip clip = model.load()) {
            IndexUpdate update;
            try (IndexWriter writer = IndexWriter.open(folder, IndexModel.of(clip, source))) {
                if (writer.wasDamaged()) {
                    spec.commandLine().getErr().println("clip: " + folder + ": the index was damaged; what is lost is embedded again");
                }
                writer.addRoots(roots);
                update = new IndexUpdate(
                        clip, writer, reading, model.threads(), index.excluded(), tally, new IndexProgress());
                update.run(roots);
            }
            print(clip, folder, update);
            int code = tally.end();
            return update.hasFailures() ? ClipCommand.FAILED : code;
        }
    }

    /// The folders, absolute: an index is used from other folders too.
    private List<String> roots() throws IOException {
        List<String> roots = new ArrayList<>();
        for (String name : folders) {
            Path path = FileNames.path(name).toAbsolutePath().normalize();
            if (!Files.isDirectory(path)) {
                throw new IOException(name + ": expected a folder, got " + (Files.exists(path) ? "a file" : "nothing of that name"));
            }
            roots.add(path.toString());
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
