package io.github.clip4j;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/// An image or a text as a point of CLIP's common space: a vector of length 1. Immutable: arrays go in and out as copies.
///
/// ```java
/// Embedding.normalized(vector)   // x / ‖x‖ of any vector
/// Embedding.ofUnit(stored)       // a stored embedding again, bit for bit; refused when its length is not 1
/// ```
///
/// Jackson 2, Jackson 3 and Gson write an embedding as `{"values":[0.01,…]}` and read it again with the same bits, on the class path and on
/// the module path, because it is a record: they call [#values()] and the constructor, which checks what they read. Java's own
/// serialisation goes the same way. Two embeddings are equal when their bits are.
///
/// @param values the components; copied
@SuppressWarnings("ArrayRecordComponent") // equality is that of the components, and the array is never handed out
public record Embedding(float[] values) implements Serializable {
    /// Half a unit in the last place of a float32 number in [1, 2): the largest relative error of one rounding.
    private static final double ROUNDING = 0x1p-24;

    /// The same as [#ofUnit].
    ///
    /// @throws IllegalArgumentException when the length is not 1
    public Embedding {
        Objects.requireNonNull(values, "values is null");
        values = values.clone();
        double length = Math.sqrt(squares(values));
        double bound = unitBound(values.length);
        if (!(Math.abs(length - 1) <= bound)) { // NaN fails too
            throw new IllegalArgumentException(
                    "embedding of %d components: expected the length 1 ± %.1e, got %s; Embedding.normalized divides a vector by its length"
                            .formatted(values.length, bound, length));
        }
    }

    /// How far the length of a vector that was normalised in float32 can be from 1, whatever the order of its sum: d squares and their sum
    /// have a relative error of at most d roundings, and the square root halves that. The root, the division and the terms of second order
    /// add less than one rounding each.
    private static double unitBound(int dimension) {
        return (dimension / 2.0 + 3) * ROUNDING;
    }

    private static double squares(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return squares;
    }

    /// {@return the direction of `values`: x / ‖x‖₂, with the norm summed in double}
    ///
    /// @throws IllegalArgumentException when the values have no direction: all zero, or not all finite
    public static Embedding normalized(float[] values) {
        Objects.requireNonNull(values, "values is null");
        double norm = Math.sqrt(squares(values));
        if (!(norm > 0) || Double.isInfinite(norm)) {
            throw new IllegalArgumentException("embedding: expected finite values, not all zero, got the norm " + norm);
        }
        float[] unit = new float[values.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (values[i] / norm);
        }
        return new Embedding(unit);
    }

    /// {@return an embedding that was stored, such as a row of a database, with its bits as they are}
    ///
    /// @param values of length 1, to within what normalising d components in float32 can lose: (d/2 + 3) · 2⁻²⁴, 1.5e-5 for 512 components
    /// @throws IllegalArgumentException when the length is not 1: [#normalized] divides a vector by its length
    public static Embedding ofUnit(float[] values) {
        return new Embedding(values);
    }

    /// {@return the embedding that [#toBytes()] wrote, with the same bits}
    ///
    /// @param bytes little-endian float32, four bytes a component
    /// @throws IllegalArgumentException when the number of bytes is not a multiple of four, or the length of the vector is not 1
    public static Embedding ofBytes(byte[] bytes) {
        Objects.requireNonNull(bytes, "bytes is null");
        if (bytes.length % Float.BYTES != 0) {
            throw new IllegalArgumentException("embedding: expected four bytes for each component, got %d bytes".formatted(bytes.length));
        }
        float[] values = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return new Embedding(values);
    }

    /// {@return the number of components}
    public int dimension() {
        return values.length;
    }

    /// {@return the cosine of the angle between two embeddings, from −1 to 1, summed in double}
    ///
    /// @param other from the same model
    /// @throws IllegalArgumentException when the other one has another number of components
    public double dot(Embedding other) {
        Objects.requireNonNull(other, "other is null");
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

    /// {@return the cosines of every embedding of one list with every one of another, `[rows.size()][columns.size()]`}
    ///
    /// @param rows the embeddings of the result's rows
    /// @param columns the embeddings of the result's columns
    /// @throws IllegalArgumentException when they have different numbers of components
    public static double[][] similarity(List<Embedding> rows, List<Embedding> columns) {
        Inputs.requireNoNulls(rows, "rows");
        Inputs.requireNoNulls(columns, "columns");
        double[][] cosines = new double[rows.size()][columns.size()];
        for (int i = 0; i < cosines.length; i++) {
            for (int j = 0; j < cosines[i].length; j++) {
                cosines[i][j] = rows.get(i).dot(columns.get(j));
            }
        }
        return cosines;
    }

    /// {@return the components, as a copy}
    @Override
    public float[] values() {
        return values.clone();
    }

    /// {@return the components, as a copy; the same as [#values()]}
    public float[] toArray() {
        return values.clone();
    }

    /// {@return the components as little-endian float32, four bytes each: the form of NumPy's `<f4`, and of the vectors of SQLite's,
    /// Redis's and other databases} [#ofBytes] reads it.
    public byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    /// {@return the components as an unmodifiable list}
    public List<Float> toList() {
        List<Float> list = new ArrayList<>(values.length);
        for (float value : values) {
            list.add(value);
        }
        return Collections.unmodifiableList(list);
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
