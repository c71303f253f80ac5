package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.SearchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which images of an index are searched.
final class FilterOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--in", paramLabel = "FOLDER", description = "search the images in this folder and below it only")
    private @Nullable String folder;

    @Option(names = "--after", paramLabel = "DATE", description = "search files that were last changed on this day or later: 2026-05-31")
    private @Nullable String after;

    @Option(names = "--before", paramLabel = "DATE", description = "search files that were last changed before this day")
    private @Nullable String before;

    @Option(names = "--is", paramLabel = "L", description =
            "search images that this label fits better than any of --not, such as --is \"a photo\" --not \"a screenshot\"; repeatable")
    private List<String> is = new ArrayList<>();

    @Option(names = "--not", paramLabel = "L", description = "leave out images that this label fits better than any of --is; repeatable")
    private List<String> not = new ArrayList<>();

    private @Nullable Path under;
    private @Nullable Predicate<IndexEntry> files; // null when all are searched

    /// Checks the options before anything is done.
    void check(TextOptions text) throws IOException {
        if (is.isEmpty() != not.isEmpty()) { // how well a label fits says little by itself
            throw new ParameterException(
                    spec.commandLine(), "labels: expected both --is and --not, because one is compared with the other, got one of them");
        }
        text.requireReadable("--is", is);
        text.requireReadable("--not", not);
        Labels.require(spec, "--is and --not", labels());
        if (folder != null || after != null || before != null) {
            Path in = folder == null ? null : FileNames.path(folder).toAbsolutePath().normalize();
            under = in;
            long from = after == null ? Long.MIN_VALUE : nanos("--after", after);
            long to = before == null ? Long.MAX_VALUE : nanos("--before", before);
            files = entry -> entry.modified() >= from && entry.modified() < to && (in == null || Path.of(entry.path()).startsWith(in));
        }
    }

    /// The options of a search of an index with the filters that were given.
    ///
    /// @throws IOException when the folder that is searched is not there, and the index has nothing of it
    SearchOptions apply(SearchOptions options, EmbeddingIndex index, Clip clip) throws IOException {
        Path in = under;
        if (in != null && !Files.isDirectory(in) && index.entries().stream().noneMatch(entry -> Path.of(entry.path()).startsWith(in))) {
            throw new IOException("--in: expected a folder of the index, got '" + folder + "', of which it has no image");
        }
        Predicate<IndexEntry> filter = files;
        if (!is.isEmpty()) {
            Set<String> fitting = fitting(index, clip);
            Predicate<IndexEntry> fits = entry -> fitting.contains(entry.path());
            filter = filter == null ? fits : filter.and(fits);
        }
        return filter == null ? options : options.withFilter(filter);
    }

    /// The paths of images for which the best of all labels is one of `--is`.
    private Set<String> fitting(EmbeddingIndex index, Clip clip) {
        ZeroShotClassifier classifier = clip.classifier(labels(), PromptTemplates.labelOnly());
        Set<String> fitting = new HashSet<>();
        for (int i = 0; i < index.size(); i++) {
            if (is.contains(classifier.classify(index.embedding(i)).best().label())) {
                fitting.add(index.entries().get(i).path());
            }
        }
        return fitting;
    }

    private List<String> labels() {
        return Stream.concat(is.stream(), not.stream()).toList();
    }

    /// The beginning of a day where the user lives.
    private long nanos(String option, String date) {
        try {
            return TimeUnit.SECONDS.toNanos(LocalDate.parse(date).atStartOfDay(ZoneId.systemDefault()).toEpochSecond());
        } catch (DateTimeParseException e) {
            throw new ParameterException(spec.commandLine(), "%s: expected a date such as 2026-05-31, got '%s'".formatted(option, date), e);
        }
    }
}
