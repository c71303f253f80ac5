package io.github.clip4j.parquet;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.IndexModel;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The model of the embeddings, in a file's key-value metadata, so that a file cannot be taken for one of another model.
final class ModelMetadata {
    private static final String NAME = "clip4j.name";
    private static final String SOURCE = "clip4j.source";
    private static final String PROFILE = "clip4j.profile";
    private static final String IMAGE = "clip4j.image";
    private static final String TEXT = "clip4j.text";

    private ModelMetadata() {}

    static Map<String, String> of(IndexModel model) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put(NAME, model.name());
        values.put(SOURCE, model.source());
        values.put(PROFILE, model.profile());
        values.put(IMAGE, Base64.getEncoder().encodeToString(model.image().toBytes()));
        values.put(TEXT, Base64.getEncoder().encodeToString(model.text().toBytes()));
        return values;
    }

    /// The model; empty when another program wrote the file.
    ///
    /// @throws IllegalArgumentException when it is there and cannot be read
    static Optional<IndexModel> read(Map<String, String> values) {
        if (!values.containsKey(NAME)) {
            return Optional.empty();
        }
        return Optional.of(new IndexModel(value(values, NAME), value(values, SOURCE), value(values, PROFILE),
                embedding(values, IMAGE), embedding(values, TEXT)));
    }

    private static String value(Map<String, String> values, String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("expected the metadata %s beside %s, got none".formatted(key, NAME));
        }
        return value;
    }

    private static Embedding embedding(Map<String, String> values, String key) {
        try {
            return Embedding.ofBytes(Base64.getDecoder().decode(value(values, key)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected an embedding in the metadata %s: %s".formatted(key, e.getMessage()), e);
        }
    }
}
