package io.github.clip4j.spark;

import java.io.Serializable;

/// A row with an embedding. A bean, because Spark then makes a `float[]` of an `array<float>` at once; in a `Row` every component would be
/// an object.
public final class EmbeddedRow implements Serializable {
    private static final long serialVersionUID = 1;

    private String name = "";
    private float[] embedding = {};

    /// A row to be filled by Spark.
    public EmbeddedRow() {}

    /// {@return what the row is called in results}
    public String getName() {
        return name;
    }

    /// Sets what the row is called in results.
    public void setName(String name) {
        this.name = name;
    }

    /// {@return the components, not a copy}
    public float[] getEmbedding() {
        return embedding;
    }

    /// Sets the components.
    public void setEmbedding(float[] embedding) {
        this.embedding = embedding;
    }
}
