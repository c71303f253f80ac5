package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.SearchHit;
import io.github.clip4j.search.SearchOptions;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
    private static final int THUMBNAIL = 160;
    private static final int THUMBNAIL_LINES = 8;

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

    @Option(names = {"-0", "--null"}, description = "print paths only, each with a zero byte after it, as xargs -0 reads them")
    private boolean zero;

    @Option(names = "--truncate", description = "cut words that are too long; without it they are refused")
    private boolean truncate;

    @Option(names = "--html", paramLabel = "F.html", description =
            "write the results as a page with small copies of the images, which needs nothing else")
    private @Nullable String html;

    @Option(names = "--thumbnails", paramLabel = "WAY", description =
            "show the images in the terminal: kitty, iterm or sixel, or none; the one that the terminal names unless given")
    private String thumbnails = "auto";

    @Option(names = "--no-indexing", description = "search the index as it is, without looking for changes")
    private boolean asItIs;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top: expected at least 1, got " + top);
        }
        if (min != Double.NEGATIVE_INFINITY && !(min >= -1 && min <= 1)) {
            throw new ParameterException(spec.commandLine(), "--min: expected a cosine of -1 to 1, got " + min);
        }
        if (Stream.of(json, paths, zero).filter(given -> given).count() > 1) {
            throw new ParameterException(spec.commandLine(), "expected one of --json, --paths and --null, got several");
        }
        TerminalImages terminal = terminal();
        Path page = html == null ? null : Targets.of(spec, "--html", html, queries);
        text.requireReadable("QUERY", queries);
        reading.check();
        filters.check(text);
        SearchQuery query = query();
        Path folder = index.existing();
        IndexModel indexed = EmbeddingIndex.modelOf(folder);
        model.orElse(indexed);
        SearchedIndex searched = new SearchedIndex(folder, asItIs, reading, index.excluded(), spec);
        try (Clip clip = model.load(truncate)) {
            indexed.requireTexts(clip);
            if (query.hasImages()) {
                indexed.requireImages(clip);
            }
            Embedding embedding = query.embed(clip, reading);
            EmbeddingIndex now = searched.get(clip, indexed, model.threads());
            SearchOptions options = SearchOptions.top(top).withMin(min).withExact(); // one search is over before signs are made
            List<SearchHit> hits = now.search(embedding, filters.apply(options, now, clip));
            if (page != null) {
                byte[] document = new SearchPage(reading).of(title(), hits);
                OutputFile.write(page, out -> out.write(document));
            }
            print(hits, terminal);
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

    private String title() {
        return String.join(" + ", queries);
    }

    /// How the terminal shows images; null when it shows none, or when somebody else reads what is printed.
    private @Nullable TerminalImages terminal() {
        if (thumbnails.equals("none") || json || paths || zero) {
            return null;
        }
        if (thumbnails.equals("auto")) {
            return Streams.of(spec).isTerminal() ? TerminalImages.of(System.getenv()) : null;
        }
        for (TerminalImages way : TerminalImages.values()) {
            if (way.name().toLowerCase(Locale.ROOT).equals(thumbnails)) {
                return way;
            }
        }
        throw new ParameterException(
                spec.commandLine(), "--thumbnails: expected auto, kitty, iterm, sixel or none, got '" + thumbnails + "'");
    }

    /// An image above its line. One that cannot be read any more has its line alone.
    private String thumbnail(SearchHit hit, TerminalImages terminal) {
        String path = hit.entry().path();
        try {
            return terminal.show(Thumbnail.of(reading.read(ImageItem.file(path, Path.of(path))), THUMBNAIL), THUMBNAIL_LINES);
        } catch (IOException | IllegalArgumentException e) {
            return "";
        }
    }

    private void print(List<SearchHit> hits, @Nullable TerminalImages terminal) throws IOException {
        Streams streams = Streams.of(spec);
        if (json) {
            JsonArray results = new JsonArray();
            for (SearchHit hit : hits) {
                results.add(toJson(hit));
            }
            JsonObject document = new JsonObject();
            document.addProperty("query", title());
            document.add("results", results);
            streams.out().println(Output.json(document));
        } else {
            for (SearchHit hit : hits) {
                streams.out().print(terminal == null ? "" : thumbnail(hit, terminal));
                String path = hit.entry().path();
                streams.out().print(zero ? path + '\0' : paths ? path + System.lineSeparator()
                        : String.format(Locale.ROOT, "%6.3f  %s%n", hit.cosine(), Output.printable(path)));
            }
        }
        streams.requireOpen();
    }
}
