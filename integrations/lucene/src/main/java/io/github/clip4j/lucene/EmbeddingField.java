package io.github.clip4j.lucene;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/// A field of Lucene documents that holds the embeddings of one model. Immutable and thread-safe.
///
/// Lucene compares its vectors by their dot products, which are cosines because an [Embedding] has length 1. The field has no way in for
/// other vectors. The model is written with the field, into every segment: [#in], [#require] and [#writer] refuse an index of another one.
/// A document of [#document] says it again, in a term: that two models were mixed, by a writer that was not opened by [#writer], is noticed
/// there even after segments were merged.
public final class EmbeddingField {
    /// The most components that a vector of Lucene's codecs may have. Models beyond it are few: SigLIP's so400m has 1,152,
    /// ViT-bigG/14 1,280.
    public static final int MAX_DIMENSION = KnnVectorsFormat.DEFAULT_MAX_DIMENSIONS;

    /// The field of a copied entry's path: stored, and indexed as one term.
    public static final String PATH = "path";

    /// The field of a copied entry's time of change, in nanoseconds since 1970: stored, and indexed for ranges and sorting.
    public static final String MODIFIED = "modified";

    private final String name;
    private final IndexModel model;
    private final FieldType type;
    private final StringField modelTerm; // of every document

    private EmbeddingField(String name, IndexModel model) {
        this.name = Objects.requireNonNull(name, "name is null");
        this.model = Objects.requireNonNull(model, "model is null");
        if (model.dimension() > MAX_DIMENSION) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, "field %s: expected a model of at most %,d components, which is "
                    + "Lucene's limit, got %s with %,d; search exactly with clip-search's EmbeddingIndex, which has no limit",
                    name, MAX_DIMENSION, model.name(), model.dimension()));
        }
        this.type = new FieldType();
        type.setVectorAttributes(model.dimension(), VectorEncoding.FLOAT32, VectorSimilarityFunction.DOT_PRODUCT);
        ModelAttributes.put(model, type);
        type.freeze();
        this.modelTerm = ModelTerm.of(name, model);
    }

    /// {@return a field for the embeddings of a model}
    ///
    /// @param name of the field in Lucene's documents
    /// @param model as `IndexModel.of(clip, source)` describes it
    /// @throws IllegalArgumentException when the model has more than [#MAX_DIMENSION] components
    public static EmbeddingField of(String name, IndexModel model) {
        return new EmbeddingField(name, model);
    }

    /// {@return the field of an index, with the model that is written in it}
    ///
    /// @param reader of the index
    /// @param name of the field
    /// @throws IllegalArgumentException when the index has no such field, no segment of it says its model, or segments are of two models
    public static EmbeddingField in(IndexReader reader, String name) {
        Objects.requireNonNull(name, "name is null");
        for (LeafReaderContext leaf : reader.leaves()) {
            @Nullable FieldInfo info = leaf.reader().getFieldInfos().fieldInfo(name);
            if (info != null) {
                EmbeddingField field = new EmbeddingField(name, modelOf(info));
                field.require(reader);
                return field;
            }
        }
        throw new IllegalArgumentException("field %s: expected embeddings under this name, got an index of %d documents without it"
                .formatted(name, reader.numDocs()));
    }

    private static IndexModel modelOf(FieldInfo info) {
        Optional<IndexModel> model = ModelAttributes.of(info);
        if (info.getVectorSimilarityFunction() != VectorSimilarityFunction.DOT_PRODUCT || model.isEmpty()) {
            throw new IllegalArgumentException(("field %s: expected dot products of embeddings, with their model, as EmbeddingField writes "
                    + "them; got %d components of another program; index the images again under another name")
                    .formatted(info.name, info.getVectorDimension()));
        }
        return model.get();
    }

    /// {@return the name of the field in Lucene's documents}
    public String name() {
        return name;
    }

    /// {@return the model of the embeddings}
    public IndexModel model() {
        return model;
    }

    /// Checks that an index has embeddings of this model alone under the name of the field, or nothing.
    ///
    /// @param reader of the index
    /// @throws IllegalArgumentException when it has others
    /// @throws UncheckedIOException when the index cannot be read
    public void require(IndexReader reader) {
        for (LeafReaderContext leaf : reader.leaves()) {
            @Nullable FieldInfo info = leaf.reader().getFieldInfos().fieldInfo(name);
            if (info != null) {
                modelOf(info).require(model);
                try {
                    ModelTerm.requireAlone(leaf.reader(), modelTerm, model);
                } catch (IOException e) {
                    throw new UncheckedIOException(e.getMessage(), e);
                }
            }
        }
    }

    /// Opens a writer of an index, new or not, that has embeddings of this model alone. The directory and the writer are the caller's, who
    /// closes them.
    ///
    /// @param directory of the index
    /// @param config of the writer
    /// @return the writer
    /// @throws IllegalArgumentException when the index has embeddings of another model under the name of the field; it stays as it was
    /// @throws IOException when the index cannot be opened, or another writer has it
    public IndexWriter writer(Directory directory, IndexWriterConfig config) throws IOException {
        IndexWriter writer = new IndexWriter(directory, config);
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
            require(reader);
        } catch (IOException | RuntimeException e) {
            writer.rollback();
            throw e;
        }
        return writer;
    }

    /// {@return a document with an embedding, for Lucene's `IndexWriter`}
    ///
    /// @param embedding of the model
    /// @param others fields of the document, such as a `StringField` of the file's path
    /// @throws IllegalArgumentException when the embedding has another number of components
    public Document document(Embedding embedding, IndexableField... others) {
        Document document = new Document();
        document.add(field(embedding));
        document.add(modelTerm);
        for (IndexableField other : others) {
            document.add(Objects.requireNonNull(other, "a field is null"));
        }
        return document;
    }

    /// {@return the field of a document} [#document] adds the term that says the model, too.
    ///
    /// @param embedding of the model
    /// @throws IllegalArgumentException when the embedding has another number of components
    public KnnFloatVectorField field(Embedding embedding) {
        return new KnnFloatVectorField(name, checked(embedding), type);
    }

    /// {@return a query for the documents whose embeddings have the greatest cosines with another one}
    ///
    /// @param embedding of the model
    /// @param k how many documents are found, and how thoroughly Lucene looks for them: of 100 it finds the best 10 more surely than of 10
    /// @throws IllegalArgumentException when the embedding has another number of components, or k is not positive
    public KnnFloatVectorQuery query(Embedding embedding, int k) {
        return query(embedding, k, null);
    }

    /// {@return a query for those of the documents that a filter leaves whose embeddings have the greatest cosines with another one}
    ///
    /// @param embedding of the model
    /// @param k how many documents are found, and how thoroughly Lucene looks for them
    /// @param filter which documents; null for all
    /// @throws IllegalArgumentException when the embedding has another number of components, or k is not positive
    public KnnFloatVectorQuery query(Embedding embedding, int k, @Nullable Query filter) {
        return new KnnFloatVectorQuery(name, checked(embedding), k, filter);
    }

    private float[] checked(Embedding embedding) {
        if (embedding.dimension() != model.dimension()) {
            throw new IllegalArgumentException(
                    "field %s: expected an embedding of %d components, got %d; was it made by the model of the field, %s?"
                            .formatted(name, model.dimension(), embedding.dimension(), model.name()));
        }
        return embedding.toArray();
    }

    /// {@return the cosine that belongs to Lucene's score of a query} The score is (1 + cosine) / 2 in float32, and so is the dot product:
    /// the cosine is good to about six digits. A codec that quantises vectors scores what it has kept.
    ///
    /// @param score of a [KnnFloatVectorQuery] alone, without a boost
    public static double cosine(float score) {
        return 2.0 * score - 1;
    }

    /// Copies an index of clip-search into an index of Lucene: a document an entry, with the embedding, [#PATH], [#MODIFIED], and the
    /// stored fields `size`, `hash`, `width` and `height`. A document with the same path is replaced, and others stay. The caller commits.
    ///
    /// @param index what is copied
    /// @param writer of Lucene's index
    /// @throws IllegalArgumentException when the index is of another model; nothing is written then
    /// @throws IOException when a document cannot be written
    public void copy(EmbeddingIndex index, IndexWriter writer) throws IOException {
        Objects.requireNonNull(writer, "writer is null");
        model.require(index.model());
        for (int i = 0; i < index.size(); i++) {
            IndexEntry entry = index.entries().get(i);
            writer.updateDocument(new Term(PATH, entry.path()), document(index.embedding(i),
                    new StringField(PATH, entry.path(), Field.Store.YES),
                    new LongField(MODIFIED, entry.modified(), Field.Store.YES),
                    new StoredField("size", entry.size()),
                    new StoredField("hash", entry.hash()),
                    new StoredField("width", entry.width()),
                    new StoredField("height", entry.height())));
        }
    }

    @Override
    public String toString() {
        return "EmbeddingField[%s, %s, %d components]".formatted(name, model.name(), model.dimension());
    }
}
