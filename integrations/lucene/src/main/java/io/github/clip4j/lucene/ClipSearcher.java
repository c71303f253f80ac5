package io.github.clip4j.lucene;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.Image;
import io.github.clip4j.search.IndexModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.jspecify.annotations.Nullable;

/// Searches a field of embeddings by words and by images. The model is compared once with the one that is written in the index.
///
/// Immutable and thread-safe. The model and the reader stay the caller's, who closes them.
public final class ClipSearcher {
    /// The documents that Lucene collects for one search, when fewer are asked for: with as many as are asked for alone, it misses one in
    /// ten of the best ten (docs/performance.md).
    private static final int CANDIDATES = 100;

    private final Clip clip;
    private final EmbeddingField field;
    private final IndexSearcher searcher;
    private final @Nullable Query filter;

    private ClipSearcher(Clip clip, EmbeddingField field, IndexSearcher searcher, @Nullable Query filter) {
        this.clip = clip;
        this.field = field;
        this.searcher = searcher;
        this.filter = filter;
    }

    /// {@return a searcher of an index} It embeds a short text, to compare the model with the one of the index.
    ///
    /// @param clip the model that embeds queries, with a text encoder
    /// @param reader of the index
    /// @param field the name of the field
    /// @throws IllegalArgumentException when the index has documents and no such field, or its embeddings are of another model
    public static ClipSearcher of(Clip clip, IndexReader reader, String field) {
        Objects.requireNonNull(clip, "clip is null");
        EmbeddingField found = reader.maxDoc() == 0 // new: nothing is found, and nothing is wrong
                ? EmbeddingField.of(field, IndexModel.of(clip, "")) : EmbeddingField.in(reader, field);
        found.model().requireTexts(clip);
        return new ClipSearcher(clip, found, new IndexSearcher(reader), null);
    }

    /// {@return a searcher that finds only documents for which a query holds, in place of any filter before}
    ///
    /// @param newFilter any query of Lucene, such as a `TermQuery` or a range
    public ClipSearcher withFilter(Query newFilter) {
        return new ClipSearcher(clip, field, searcher, Objects.requireNonNull(newFilter, "filter is null"));
    }

    /// {@return the field that is searched}
    public EmbeddingField field() {
        return field;
    }

    /// {@return the documents that fit words best, best first}
    ///
    /// @param words in any form that the model takes
    /// @param top how many at most, at least 1
    /// @throws IllegalArgumentException when the model takes no text of that length, or `top` is not positive
    /// @throws IOException when the index cannot be read
    public List<ClipHit> search(String words, int top) throws IOException {
        return search(clip.embedText(words), top);
    }

    /// {@return the documents whose images are most like an image, best first}
    ///
    /// @param image of any size
    /// @param top how many at most, at least 1
    /// @throws IllegalArgumentException when `top` is not positive
    /// @throws IOException when the index cannot be read
    public List<ClipHit> search(Image image, int top) throws IOException {
        return search(clip.embedImage(image), top);
    }

    /// {@return the documents whose embeddings have the greatest cosines with another one, best first}
    ///
    /// Lucene collects at least 100 documents for it: its search is approximate, and a wider one misses less.
    ///
    /// @param embedding of the model
    /// @param top how many at most, at least 1
    /// @throws IllegalArgumentException when the embedding has another number of components, or `top` is not positive
    /// @throws IOException when the index cannot be read
    public List<ClipHit> search(Embedding embedding, int top) throws IOException {
        if (top < 1) {
            throw new IllegalArgumentException("top: expected at least 1, got " + top);
        }
        int most = Math.clamp(searcher.getIndexReader().maxDoc(), 1, top); // Lucene takes memory for as many as are asked for
        StoredFields stored = searcher.storedFields();
        List<ClipHit> hits = new ArrayList<>();
        for (ScoreDoc hit : searcher.search(query(embedding, Math.max(most, CANDIDATES)), most).scoreDocs) {
            hits.add(new ClipHit(hit.doc, stored.document(hit.doc), EmbeddingField.cosine(hit.score)));
        }
        return List.copyOf(hits);
    }

    /// {@return Lucene's query for the documents that fit words best} It has the filter of this searcher.
    ///
    /// @param words in any form that the model takes
    /// @param k how many documents are found, and how thoroughly Lucene looks for them
    /// @throws IllegalArgumentException when the model takes no text of that length, or k is not positive
    public KnnFloatVectorQuery query(String words, int k) {
        return query(clip.embedText(words), k);
    }

    /// {@return Lucene's query for the documents whose images are most like an image} It has the filter of this searcher.
    ///
    /// @param image of any size
    /// @param k how many documents are found, and how thoroughly Lucene looks for them
    /// @throws IllegalArgumentException when k is not positive
    public KnnFloatVectorQuery query(Image image, int k) {
        return query(clip.embedImage(image), k);
    }

    /// {@return Lucene's query for the documents whose embeddings have the greatest cosines with another one} It has the filter of this
    /// searcher.
    ///
    /// @param embedding of the model
    /// @param k how many documents are found, and how thoroughly Lucene looks for them
    /// @throws IllegalArgumentException when the embedding has another number of components, or k is not positive
    public KnnFloatVectorQuery query(Embedding embedding, int k) {
        return field.query(embedding, k, filter);
    }
}
