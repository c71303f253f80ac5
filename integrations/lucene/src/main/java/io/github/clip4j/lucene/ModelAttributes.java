package io.github.clip4j.lucene;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.IndexModel;
import java.util.Base64;
import java.util.Optional;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.FieldInfo;
import org.jspecify.annotations.Nullable;

/// The model of a field, in the field's attributes.
///
/// Lucene writes the attributes into every segment that has the field. So a reader sees them together with the documents, committed or
/// not; they survive merges and `addIndexes`, and no other program replaces them, as it may replace the user data of a commit.
final class ModelAttributes {
    private static final String NAME = "clip4j.name";
    private static final String SOURCE = "clip4j.source";
    private static final String PROFILE = "clip4j.profile";
    private static final String IMAGE = "clip4j.image";
    private static final String TEXT = "clip4j.text";

    private ModelAttributes() {}

    static void put(IndexModel model, FieldType type) {
        type.putAttribute(NAME, model.name());
        type.putAttribute(SOURCE, model.source());
        type.putAttribute(PROFILE, model.profile());
        type.putAttribute(IMAGE, Base64.getEncoder().encodeToString(model.image().toBytes()));
        type.putAttribute(TEXT, Base64.getEncoder().encodeToString(model.text().toBytes()));
    }

    /// The model of a field of a segment; empty when the field was not written by an [EmbeddingField].
    ///
    /// @throws IllegalArgumentException when the attributes are there and cannot be read
    static Optional<IndexModel> of(FieldInfo field) {
        String name = field.getAttribute(NAME);
        if (name == null) {
            return Optional.empty();
        }
        return Optional.of(new IndexModel(
                name, value(field, SOURCE), value(field, PROFILE), embedding(field, IMAGE), embedding(field, TEXT)));
    }

    private static String value(FieldInfo field, String key) {
        @Nullable String value = field.getAttribute(key);
        if (value == null) {
            throw new IllegalArgumentException(
                    "field %s: expected the attribute %s beside %s, got none; was the index written by another version of clip-lucene?"
                            .formatted(field.name, key, NAME));
        }
        return value;
    }

    private static Embedding embedding(FieldInfo field, String key) {
        String value = value(field, key);
        try {
            return Embedding.ofBytes(Base64.getDecoder().decode(value));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("field %s: expected an embedding in the attribute %s: %s"
                    .formatted(field.name, key, e.getMessage()), e);
        }
    }
}
