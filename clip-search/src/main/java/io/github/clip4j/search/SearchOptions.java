package io.github.clip4j.search;

import java.util.Objects;
import java.util.function.Predicate;

/// What a search returns. Immutable.
///
/// ```java
/// SearchOptions.top(20).withMin(0.25).withFilter(entry -> entry.path().startsWith("/photos/2024/"))
/// ```
public final class SearchOptions {
    private final int top;
    private final double min;
    private final Predicate<IndexEntry> filter;
    private final boolean exact;

    private SearchOptions(int top, double min, Predicate<IndexEntry> filter, boolean exact) {
        this.top = top;
        this.min = min;
        this.filter = filter;
        this.exact = exact;
    }

    /// {@return options for the best entries, whatever their cosines}
    ///
    /// @param top how many, at least 1
    /// @throws IllegalArgumentException for another number
    public static SearchOptions top(int top) {
        if (top < 1) {
            throw new IllegalArgumentException("top: expected at least 1, got " + top);
        }
        return new SearchOptions(top, Double.NEGATIVE_INFINITY, entry -> true, false);
    }

    /// {@return options for entries with at least this cosine only}
    ///
    /// @param newMin −1 to 1
    /// @throws IllegalArgumentException when it is no number
    public SearchOptions withMin(double newMin) {
        if (Double.isNaN(newMin)) {
            throw new IllegalArgumentException("min: expected a cosine, got NaN");
        }
        return new SearchOptions(top, newMin, filter, exact);
    }

    /// {@return options for entries that a condition holds for: on their paths, times, sizes} The search is exact then.
    ///
    /// @param newFilter may be asked by several threads, and not of all entries
    public SearchOptions withFilter(Predicate<IndexEntry> newFilter) {
        return new SearchOptions(top, min, Objects.requireNonNull(newFilter, "filter is null"), true);
    }

    /// {@return options for a search that compares every entry, also in a large index}
    public SearchOptions withExact() {
        return new SearchOptions(top, min, filter, true);
    }

    int top() {
        return top;
    }

    double min() {
        return min;
    }

    Predicate<IndexEntry> filter() {
        return filter;
    }

    boolean exact() {
        return exact;
    }

    @Override
    public String toString() {
        return "SearchOptions[top=%d, min=%s, exact=%s]".formatted(top, min, exact);
    }
}
