package io.github.clip4j.lucene;

import java.util.Objects;
import org.apache.lucene.document.Document;

/// A document that a search found.
///
/// @param id the number of the document in the reader that was searched, and in no other
/// @param document the stored fields
/// @param cosine with the query, −1 to 1, as [EmbeddingField#cosine(float)] gives it
public record ClipHit(int id, Document document, double cosine) {
    /// Checks that nothing is null.
    public ClipHit {
        Objects.requireNonNull(document, "document is null");
    }
}
