package io.github.clip4j.search;

import io.github.clip4j.Embedding;
import java.util.List;
import java.util.Objects;

/// Images that are similar to each other.
///
/// @param centre the mean direction of their embeddings, of length 1
/// @param members at least one, with their cosines with the centre, the most typical first
public record Cluster(Embedding centre, List<SearchHit> members) {
    /// Copies the list.
    ///
    /// @throws IllegalArgumentException when there are no members
    public Cluster {
        Objects.requireNonNull(centre, "centre is null");
        members = List.copyOf(members);
        if (members.isEmpty()) {
            throw new IllegalArgumentException("members: expected at least one, got none");
        }
    }
}
