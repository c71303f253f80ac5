package io.github.clip4j.search;

import java.util.Comparator;

/// An entry that a search found.
///
/// @param entry what the index knows of the file
/// @param cosine with the query, −1 to 1, summed in double
public record SearchHit(IndexEntry entry, double cosine) {
    /// Of equal cosines the path decides.
    static final Comparator<SearchHit> BEST_FIRST =
            Comparator.comparingDouble(SearchHit::cosine).reversed().thenComparing(hit -> hit.entry().path());
}
