package io.github.clip4j.lucene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.SearchHit;
import io.github.clip4j.search.SearchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene104.Lucene104HnswScalarQuantizedVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An index of clip-search in Lucene: what was known is there, and what the exact search finds is found.
class CopyTest {
    private static final int DIMENSION = 64;
    private static final int ROWS = 4000;
    private static final int QUERIES = 40;
    private static final int TOP = 10;
    private static final IndexModel MODEL = Rows.model("one", DIMENSION);

    /// As in EmbeddingFieldTest.
    private static final double COSINE_ERROR = (2 * DIMENSION + 8) * 0x1p-24;

    @TempDir
    Path folder;

    private final EmbeddingField images = EmbeddingField.of("image", MODEL);
    private final Directory directory = new ByteBuffersDirectory();

    private void copy(EmbeddingIndex index) throws IOException {
        try (IndexWriter writer = images.writer(directory, new IndexWriterConfig())) {
            images.copy(index, writer);
        }
    }

    @Test
    void findsWhatTheExactSearchFinds() throws IOException {
        EmbeddingIndex index = Rows.index(folder, MODEL, ROWS);
        copy(index);
        assertThat(found(index, SearchOptions.top(TOP), null))
                .as("of the %d best that %d queries have", TOP * QUERIES, QUERIES).isGreaterThanOrEqualTo(TOP * QUERIES * 99 / 100);
    }

    @Test
    void findsWhatTheExactSearchFindsAmongWhatAFilterLeaves() throws IOException {
        EmbeddingIndex index = Rows.index(folder, MODEL, ROWS);
        copy(index);
        // few: Lucene compares them all
        assertThat(found(index, SearchOptions.top(TOP).withFilter(entry -> entry.modified() >= ROWS - 80),
                LongField.newRangeQuery(EmbeddingField.MODIFIED, ROWS - 80, Long.MAX_VALUE))).isEqualTo(TOP * QUERIES);
        // half: it goes through its graph
        assertThat(found(index, SearchOptions.top(TOP).withFilter(entry -> entry.modified() < ROWS / 2),
                LongField.newRangeQuery(EmbeddingField.MODIFIED, 0, ROWS / 2 - 1))).isGreaterThanOrEqualTo(TOP * QUERIES * 99 / 100);
    }

    /// How many of the exact answers Lucene finds, as the best ten of a hundred. Their cosines must be the exact ones.
    private int found(EmbeddingIndex index, SearchOptions options, @Nullable Query filter) throws IOException {
        int found = 0;
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            IndexSearcher searcher = new IndexSearcher(reader);
            StoredFields stored = searcher.storedFields();
            for (int i = 0; i < QUERIES; i++) {
                Embedding query = Rows.row(DIMENSION, ROWS + i);
                List<SearchHit> exact = index.search(query, options);
                Set<String> expected = new HashSet<>();
                exact.forEach(hit -> expected.add(hit.entry().path()));
                ScoreDoc[] hits = searcher.search(images.query(query, 100, filter), TOP).scoreDocs;
                assertThat(hits).hasSize(TOP);
                for (ScoreDoc hit : hits) {
                    String path = stored.document(hit.doc).get(EmbeddingField.PATH);
                    if (expected.contains(path)) {
                        found++;
                    }
                }
                assertThat(EmbeddingField.cosine(hits[0].score)).isCloseTo(exact.getFirst().cosine(), within(COSINE_ERROR));
            }
        }
        return found;
    }

    @Test
    void copiesWhatIsKnownOfFiles() throws IOException {
        copy(Rows.index(folder, MODEL, 3));
        Document copied = documents(new TermQuery(new Term(EmbeddingField.PATH, Rows.path(2)))).getFirst();
        assertThat(copied.getFields()).extracting(field -> field.name() + "=" + field.stringValue()).containsExactlyInAnyOrder(
                "path=" + Rows.path(2), "modified=2", "size=102", "hash=hash 2", "width=640", "height=480");
    }

    @Test
    void aSecondCopyReplacesDocumentsOfTheSamePathAndLeavesOthers() throws IOException {
        try (IndexWriter writer = images.writer(directory, new IndexWriterConfig())) {
            writer.addDocument(images.document(Rows.row(DIMENSION, 77), new StringField("path", "other.jpg", Field.Store.YES)));
        }
        EmbeddingIndex index = Rows.index(folder, MODEL, 20);
        copy(index);
        copy(index);
        List<Document> all = documents(images.query(Rows.row(DIMENSION, 77), 100));
        assertThat(all).hasSize(21);
        assertThat(all.getFirst().get("path")).isEqualTo("other.jpg");
    }

    @Test
    void refusesToCopyAnIndexOfAnotherModelAndWritesNothing() throws IOException {
        EmbeddingIndex index = Rows.index(folder, Rows.model("two", DIMENSION), 3);
        try (IndexWriter writer = images.writer(directory, new IndexWriterConfig())) {
            writer.commit();
            assertThatThrownBy(() -> images.copy(index, writer)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("those of two with the profile hf");
            assertThat(writer.hasUncommittedChanges()).isFalse();
        }
    }

    @Test
    void quantisedVectorsAreFoundToo() throws IOException {
        EmbeddingIndex index = Rows.index(folder, MODEL, ROWS);
        var config = new IndexWriterConfig().setCodec(new Lucene104Codec() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return new Lucene104HnswScalarQuantizedVectorsFormat();
            }
        });
        try (IndexWriter writer = images.writer(directory, config)) {
            images.copy(index, writer);
        }
        Embedding query = index.embedding(17);
        KnnFloatVectorQuery found = images.query(query, 100);
        assertThat(documents(found).getFirst().get(EmbeddingField.PATH)).isEqualTo(index.entries().get(17).path());
    }

    private List<Document> documents(Query query) throws IOException {
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            IndexSearcher searcher = new IndexSearcher(reader);
            StoredFields stored = searcher.storedFields();
            List<Document> documents = new ArrayList<>();
            for (ScoreDoc hit : searcher.search(query, 100).scoreDocs) {
                documents.add(stored.document(hit.doc));
            }
            return documents;
        }
    }
}
