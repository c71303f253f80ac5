package io.github.clip4j.search;

/// An entry that a search found.
///
/// @param entry what the index knows of the file
/// @param cosine with the query, −1 to 1, summed in double
public record SearchHit(IndexEntry entry, double cosine) {}
