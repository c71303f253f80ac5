package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.SearchHit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `clip duplicates`
@Command(
        name = "duplicates",
        description = "Lists images of an index that are nearly the same, in groups.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Two images belong to a group when their cosine is at least --min, or when others connect them. The first of a group has the",
            "most pixels; the cosines are with it. The index is taken as it is: clip index brings it up to date. Nothing is deleted.",
            "",
            "Examples:",
            "  clip duplicates",
            "  clip duplicates --index photos.index --min 0.95 --json"
        })
final class DuplicatesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private IndexOptions.Place index = new IndexOptions.Place();

    @Option(names = "--min", paramLabel = "C", description =
            "the cosine from which two images are nearly the same: 0.98 unless given; 1 for equal embeddings alone")
    private double min = 0.98;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (!(min >= -1 && min <= 1)) {
            throw new ParameterException(spec.commandLine(), "--min: expected a cosine of -1 to 1, got " + min);
        }
        Path folder = index.existing();
        // equal embeddings have a cosine of 1 to within the rounding of their lengths
        List<List<SearchHit>> groups = EmbeddingIndex.open(folder).duplicates(Math.min(min, 1 - 1e-6));
        Streams streams = Streams.of(spec);
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("index", folder.toString());
            document.addProperty("min", min);
            JsonArray array = new JsonArray();
            for (List<SearchHit> group : groups) {
                JsonArray hits = new JsonArray();
                group.forEach(hit -> hits.add(SearchCommand.toJson(hit)));
                array.add(hits);
            }
            document.add("groups", array);
            streams.out().println(Output.json(document));
        } else {
            for (List<SearchHit> group : groups) {
                streams.out().println(group.size() + " images");
                for (SearchHit hit : group) {
                    streams.out().println(String.format(
                            Locale.ROOT, "%7.4f  %d × %d  %s", hit.cosine(), hit.entry().width(), hit.entry().height(),
                            Output.printable(hit.entry().path())));
                }
            }
        }
        streams.requireOpen();
        return ClipCommand.DONE;
    }
}
