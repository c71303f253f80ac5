package io.github.clip4j.lucene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.IndexModel;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingFieldTest {
    private static final int DIMENSION = 32;
    private static final IndexModel MODEL = Rows.model("one", DIMENSION);

    private final EmbeddingField field = EmbeddingField.of("image", MODEL);
    private final Directory directory = new ByteBuffersDirectory();

    private void write(EmbeddingField to, Directory target, int from, int end) throws IOException {
        try (IndexWriter writer = to.writer(target, new IndexWriterConfig())) {
            for (int row = from; row < end; row++) {
                writer.addDocument(to.document(Rows.row(to.model().dimension(), row),
                        new StringField("path", Rows.path(row), Field.Store.YES)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 1023, 1024})
    void holdsEveryDimensionUpToTheLimit(int dimension) throws IOException {
        EmbeddingField wide = EmbeddingField.of("image", Rows.model("wide", dimension));
        write(wide, directory, 0, 3);
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            ScoreDoc best = new IndexSearcher(reader).search(wide.query(Rows.row(dimension, 2), 1), 1).scoreDocs[0];
            assertThat(EmbeddingField.cosine(best.score)).isCloseTo(1, within(cosineError(dimension)));
            assertThat(EmbeddingField.in(reader, "image").model()).isEqualTo(wide.model());
        }
    }

    /// Of a dot product in float32, whatever the order of its sum, d roundings of a sum of at most 1, and of the score, one rounding of
    /// numbers up to 1, twice that after the score is doubled. A length may differ from 1 by d/2 + 3 roundings.
    private static double cosineError(int dimension) {
        return (2 * dimension + 8) * 0x1p-24;
    }

    @Test
    void refusesAModelBeyondTheLimitOfLuceneBeforeAnythingIsWritten() throws IOException {
        IndexModel wide = Rows.model("wide", 1025);
        assertThatThrownBy(() -> write(EmbeddingField.of("image", wide), directory, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("field image: expected a model of at most 1,024 components, which is Lucene's limit, got wide with 1,025; "
                        + "search exactly with clip-search's EmbeddingIndex, which has no limit");
        assertThat(directory.listAll()).isEmpty();
    }

    @Test
    void theLimitIsTheOneOfLucenesCodec() throws IOException {
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            Document atLimit = new Document();
            atLimit.add(new KnnFloatVectorField("a", new float[EmbeddingField.MAX_DIMENSION], VectorSimilarityFunction.EUCLIDEAN));
            writer.addDocument(atLimit);
            Document beyond = new Document();
            beyond.add(new KnnFloatVectorField("b", new float[EmbeddingField.MAX_DIMENSION + 1], VectorSimilarityFunction.EUCLIDEAN));
            assertThatThrownBy(() -> writer.addDocument(beyond)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1024");
        }
    }

    @Test
    void storesTheBitsOfEmbeddings() throws IOException {
        write(field, directory, 0, 200);
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            FloatVectorValues values = reader.leaves().getFirst().reader().getFloatVectorValues("image");
            assertThat(values.size()).isEqualTo(200);
            for (int row = 0; row < 200; row++) {
                assertThat(Embedding.ofUnit(values.vectorValue(row))).as("row %d", row).isEqualTo(Rows.row(DIMENSION, row));
            }
        }
    }

    @Test
    void hasNoWayInForAVectorOfAnotherLengthThanOne() {
        for (Class<?> type : List.of(EmbeddingField.class, ClipSearcher.class)) {
            for (Method method : type.getMethods()) {
                assertThat(method.getParameterTypes()).as(method.toString()).doesNotContain(float[].class);
            }
        }
        float[] twice = new float[DIMENSION];
        twice[0] = 2;
        assertThatThrownBy(() -> field.field(Embedding.ofUnit(twice))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected the length 1");
    }

    @Test
    void refusesEmbeddingsAndQueriesOfAnotherDimension() {
        String message = "field image: expected an embedding of 32 components, got 33; was it made by the model of the field, one?";
        Embedding other = Rows.row(33, 0);
        assertThatThrownBy(() -> field.document(other)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
        assertThatThrownBy(() -> field.query(other, 10)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void refusesToWriteIntoAnIndexOfAnotherModelAndLeavesItAsItWas() throws IOException {
        write(field, directory, 0, 3);
        EmbeddingField other = EmbeddingField.of("image", Rows.model("two", DIMENSION));
        List<String> before = List.of(directory.listAll());
        assertThatThrownBy(() -> write(other, directory, 3, 6)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the index is of the model one with the profile hf, and its embeddings cannot be compared with those of two "
                        + "with the profile hf, which differs in weights, profile or size; use the model of the index, or make another "
                        + "index");
        assertThat(directory.listAll()).containsExactlyElementsOf(before);
        write(EmbeddingField.of("other", other.model()), directory, 3, 6); // under another name it may; and the lock is free
        write(field, directory, 6, 9);
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            assertThat(reader.numDocs()).isEqualTo(9);
            assertThat(EmbeddingField.in(reader, "image").model()).isEqualTo(MODEL);
            assertThat(EmbeddingField.in(reader, "other").model()).isEqualTo(other.model());
        }
    }

    @Test
    void refusesAnotherProfileOfTheSameModel() throws IOException {
        write(field, directory, 0, 3);
        IndexModel immich = new IndexModel(MODEL.name(), "", "immich", MODEL.image(), MODEL.text());
        assertThatThrownBy(() -> write(EmbeddingField.of("image", immich), directory, 3, 4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("those of one with the profile immich");
    }

    @Test
    void theModelIsSeenBeforeACommitAndKeptThroughMerges() throws IOException {
        try (IndexWriter writer = field.writer(directory, new IndexWriterConfig())) {
            for (int row = 0; row < 6; row++) {
                writer.addDocument(field.document(Rows.row(DIMENSION, row)));
                writer.flush(); // a segment each
                writer.addDocument(new Document());
                writer.flush(); // and segments without the field
            }
            try (DirectoryReader reader = DirectoryReader.open(writer)) {
                assertThat(reader.leaves().size()).isGreaterThan(1);
                assertThat(EmbeddingField.in(reader, "image").model()).isEqualTo(MODEL);
            }
            writer.forceMerge(1);
            writer.setLiveCommitData(List.of()); // another program's
        }
        assertThat(modelIn(directory)).isEqualTo(MODEL);
    }

    @Test
    void theModelGoesWithTheDocumentsIntoAnotherIndex() throws IOException {
        write(field, directory, 0, 3);
        try (Directory target = new ByteBuffersDirectory();
                IndexWriter writer = new IndexWriter(target, new IndexWriterConfig())) {
            writer.addIndexes(directory);
            writer.commit();
            assertThat(modelIn(target)).isEqualTo(MODEL);
        }
    }

    private static IndexModel modelIn(Directory directory) throws IOException {
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            return EmbeddingField.in(reader, "image").model();
        }
    }

    @Test
    void findsTheOneSegmentThatIsOfAnotherModel() throws IOException {
        write(field, directory, 0, 3);
        try (Directory other = new ByteBuffersDirectory();
                IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            write(EmbeddingField.of("image", Rows.model("two", DIMENSION)), other, 3, 6);
            writer.addIndexes(other);
            writer.commit();
            try (DirectoryReader reader = DirectoryReader.open(writer)) {
                assertThat(reader.leaves()).hasSize(2);
                assertThatThrownBy(() -> EmbeddingField.in(reader, "image")).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("the model two");
            }
        }
    }

    /// A writer of Lucene's own asks nobody. Documents of two models become one segment, whose attributes name one of them.
    @Test
    void noticesTwoModelsThatAWriterOfLuceneHasMixed() throws IOException {
        EmbeddingField two = EmbeddingField.of("image", Rows.model("two", DIMENSION));
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            writer.addDocument(field.document(Rows.row(DIMENSION, 0)));
            writer.addDocument(two.document(Rows.row(DIMENSION, 1), new StringField("path", "b", Field.Store.NO)));
            writer.addDocument(field.document(Rows.row(DIMENSION, 2)));
            writer.forceMerge(1);
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            assertThat(reader.leaves()).hasSize(1);
            assertThatThrownBy(() -> field.require(reader)).hasMessageContaining("model two");
            assertThatThrownBy(() -> two.require(reader)).hasMessageContaining("model one");
            assertThatThrownBy(() -> EmbeddingField.in(reader, "image")).hasMessageContaining("cannot be compared");
        }
        // without the one document the index is of one model again
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            writer.deleteDocuments(new Term("path", "b"));
            writer.commit();
            writer.addDocument(field.document(Rows.row(DIMENSION, 3)));
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            field.require(reader);
        }
    }

    @Test
    void refusesAFieldThatAnotherProgramWrote() throws IOException {
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            Document document = new Document();
            document.add(new KnnFloatVectorField("dot", Rows.row(DIMENSION, 0).toArray(), VectorSimilarityFunction.DOT_PRODUCT));
            FieldType cosine = new FieldType();
            cosine.setVectorAttributes(DIMENSION, VectorEncoding.FLOAT32, VectorSimilarityFunction.COSINE);
            ModelAttributes.put(MODEL, cosine);
            document.add(new KnnFloatVectorField("cosine", Rows.row(DIMENSION, 0).toArray(), cosine));
            FieldType half = new FieldType();
            half.setVectorAttributes(DIMENSION, VectorEncoding.FLOAT32, VectorSimilarityFunction.DOT_PRODUCT);
            half.putAttribute("clip4j.name", "one");
            document.add(new KnnFloatVectorField("half", Rows.row(DIMENSION, 0).toArray(), half));
            document.add(new StringField("text", "a", Field.Store.YES));
            writer.addDocument(document);
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            for (String name : List.of("dot", "cosine")) {
                assertThatThrownBy(() -> EmbeddingField.in(reader, name)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("field " + name + ": expected dot products of embeddings, with their model, as EmbeddingField writes "
                                + "them; got 32 components of another program; index the images again under another name");
            }
            assertThatThrownBy(() -> EmbeddingField.in(reader, "half")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("field half: expected the attribute clip4j.source beside clip4j.name, got none; was the index written by "
                            + "another version of clip-lucene?");
            assertThatThrownBy(() -> EmbeddingField.in(reader, "text")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> EmbeddingField.in(reader, "absent")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("field absent: expected embeddings under this name, got an index of 1 documents without it");
        }
    }

    @Test
    void anotherFormOfTheFieldCannotJoinIt() throws IOException {
        write(field, directory, 0, 3);
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            Document document = new Document();
            document.add(new KnnFloatVectorField("image", Rows.row(DIMENSION, 0).toArray(), VectorSimilarityFunction.EUCLIDEAN));
            assertThatThrownBy(() -> writer.addDocument(document)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aCosineIsTheScoreOnAnotherScale() throws IOException {
        write(field, directory, 0, 300);
        Embedding query = Rows.random(DIMENSION, 5);
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            int negative = 0;
            for (LeafReaderContext leaf : reader.leaves()) {
                FloatVectorValues values = leaf.reader().getFloatVectorValues("image");
                for (ScoreDoc hit : new IndexSearcher(leaf.reader()).search(field.query(query, 300), 300).scoreDocs) {
                    double exact = Embedding.ofUnit(values.vectorValue(hit.doc)).dot(query);
                    assertThat(EmbeddingField.cosine(hit.score)).isCloseTo(exact, within(cosineError(DIMENSION)));
                    negative += exact < 0 ? 1 : 0;
                }
            }
            assertThat(negative).isPositive();
        }
    }
}
