package io.github.clip4j;

import java.util.Arrays;

/// A picture or a text as a point of CLIP's common space: a vector of length 1. Immutable.
public final class Embedding {
    private final float[] values;

    private Embedding(float[] values) {
        this.values = values;
    }

    /// The direction of `values`: x / ‖x‖₂, with the norm summed in double.
    ///
    /// @throws IllegalArgumentException when the values have no direction: all zero, or not all finite
    public static Embedding normalized(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        double norm = Math.sqrt(squares);
        if (!(norm > 0) || Double.isInfinite(norm)) {
            throw new IllegalArgumentException("embedding: expected finite values, not all zero, got the norm " + norm);
        }
        float[] unit = new float[values.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (values[i] / norm);
        }
        return new Embedding(unit);
    }

    /// The number of components.
    public int dimension() {
        return values.length;
    }

    /// The cosine of the angle between two embeddings, from −1 to 1.
    public double dot(Embedding other) {
        if (other.values.length != values.length) {
            throw new IllegalArgumentException("dot product: expected %d components, got %d; are both from one model?"
                    .formatted(values.length, other.values.length));
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += (double) values[i] * other.values[i];
        }
        return sum;
    }

    /// The components, as a copy.
    public float[] toArray() {
        return values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Embedding embedding && Arrays.equals(values, embedding.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "Embedding[" + values.length + "]";
    }
}
