package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.SearchHit;
import io.github.clip4j.search.SearchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip search`
@Command(
        name = "search",
        description = "Finds images of an index by words, by an image, or by sums of them.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "What is new or has changed in the folders of the index is indexed first. A + or - between spaces adds or subtracts a term,",
            "and a number with a colon weighs it. A term that is the name of a file is an image. See docs/search.md.",
            "",
            "Examples:",
            "  clip search \"a dog on a beach\"",
            "  clip search \"beach + 2:sunset - people\" --top 20",
            "  clip search photos/mine.jpg --paths | head -3"
        })
final class SearchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Mixin
    private TextOptions text = new TextOptions();

    @Mixin
    private IndexOptions index = new IndexOptions();

    @Mixin
    private FilterOptions filters = new FilterOptions();

    @Parameters(paramLabel = "QUERY", arity = "1..*", description = "words, image files, or sums of them; several are added")
    private List<String> queries = new ArrayList<>();

    @Option(names = "--top", paramLabel = "N", description = "the number of images that are shown; 10 unless given")
    private int top = 10;

    @Option(names = "--min", paramLabel = "C", description = "show images with a cosine of at least C only, such as 0.25")
    private double min = Double.NEGATIVE_INFINITY;

    @Option(names = "--paths", description = "print paths only, one a line, for other programs")
    private boolean paths;

    @Option(names = "--no-indexing", description = "search the index as it is, without looking for changes")
    private boolean asItIs;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top: expected at least 1, got " + top);
        }
        if (Double.isNaN(min)) {
            throw new ParameterException(spec.commandLine(), "--min: expected a cosine of -1 to 1, got NaN");
        }
        if (json && paths) {
            throw new ParameterException(spec.commandLine(), "expected either --json or --paths, got both");
        }
        text.requireReadable("QUERY", queries);
        reading.check();
        SearchQuery query = query();
        SearchOptions options = filters.apply(SearchOptions.top(top).withMin(min).withExact()); // one search is over before signs are made
        Path folder = index.existing();
        IndexModel indexed = EmbeddingIndex.modelOf(folder);
        model.orElse(indexed.source(), indexed.profile());
        SearchedIndex searched = new SearchedIndex(folder, asItIs, reading, index.excluded(), spec);
        try (Clip clip = model.load()) {
            indexed.requireTexts(clip);
            if (query.hasImages()) {
                indexed.requireImages(clip);
            }
            Embedding embedding = query.embed(clip, reading);
            print(searched.get(clip, indexed, model.threads()).search(embedding, options));
        }
        return ClipCommand.DONE;
    }

    private SearchQuery query() {
        try {
            return SearchQuery.parse(queries);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    static JsonObject toJson(SearchHit hit) {
        JsonObject result = new JsonObject();
        result.addProperty("path", hit.entry().path());
        result.addProperty("cosine", hit.cosine());
        return result;
    }

    private void print(List<SearchHit> hits) throws IOException {
        Streams streams = Streams.of(spec);
        if (json) {
            JsonArray results = new JsonArray();
            for (SearchHit hit : hits) {
                results.add(toJson(hit));
            }
            JsonObject document = new JsonObject();
            document.addProperty("query", String.join(" + ", queries));
            document.add("results", results);
            streams.out().println(Output.json(document));
        } else {
            for (SearchHit hit : hits) {
                streams.out().println(paths ? hit.entry().path()
                        : String.format(Locale.ROOT, "%6.3f  %s", hit.cosine(), Output.printable(hit.entry().path())));
            }
        }
        streams.requireOpen();
    }
}
