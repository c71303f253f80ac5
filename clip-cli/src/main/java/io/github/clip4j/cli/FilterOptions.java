package io.github.clip4j.cli;

import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.SearchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
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

    /// The options of a search with the filters that were given.
    SearchOptions apply(SearchOptions options) throws IOException {
        if (folder == null && after == null && before == null) {
            return options;
        }
        Path in = folder == null ? null : FileNames.path(folder).toAbsolutePath().normalize();
        long from = after == null ? Long.MIN_VALUE : nanos("--after", after);
        long to = before == null ? Long.MAX_VALUE : nanos("--before", before);
        Predicate<IndexEntry> filter = entry -> entry.modified() >= from && entry.modified() < to
                && (in == null || Path.of(entry.path()).startsWith(in));
        return options.withFilter(filter);
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
