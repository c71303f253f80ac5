package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A checkpoint of any layout under the names and shapes of Hugging Face's, which are the ones that the model knows.
///
/// What the file calls otherwise is renamed; matrices that it stores transposed are turned; fused projections are taken apart. Names that
/// belong to no layout stay as they are, so that the model's check lists them.
final class CanonicalWeights implements WeightSource {
    private static final float[] NO_BUFFER = {};

    private final WeightSource source;
    private final Layout layout;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    private final Map<String, Part> parts = new HashMap<>();

    /// Where a tensor is in the source.
    ///
    /// @param name the source's tensor
    /// @param transposed whether it is stored `[in, out]`
    /// @param firstRow the first of its rows
    /// @param rest what follows; or null
    record Part(String name, boolean transposed, int firstRow, @Nullable Rest rest) {
        static Part whole(String name) {
            return new Part(name, false, 0, null);
        }
    }

    /// The end of a tensor that the source has in two.
    ///
    /// @param name the source's tensor
    /// @param after how many elements of the first one come before
    /// @param first the first element of this one
    record Rest(String name, int after, int first) {}

    CanonicalWeights(WeightSource source, Layout layout) {
        this.source = source;
        this.layout = layout;
    }

    /// Adds the tensor `canonical`, which has the shape `shape` and comes from `part`.
    void add(String canonical, Shape shape, Part part) throws WeightFormatException {
        TensorInfo original = Objects.requireNonNull(source.tensors().get(part.name));
        String file = canonical.equals(part.name) ? original.file() : "%s (there %s)".formatted(original.file(), part.name);
        if (tensors.put(canonical, new TensorInfo(canonical, original.dtype(), shape, file)) != null) {
            throw new WeightFormatException("%s: expected one tensor for %s, got two; one of them is %s"
                    .formatted(source.location(), canonical, part.name));
        }
        parts.put(canonical, part);
    }

    /// How the file names its tensors.
    Layout layout() {
        return layout;
    }

    @Override
    public String location() {
        return source.location();
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    @Override
    public float[] read(String name) throws IOException {
        return read(name, NO_BUFFER);
    }

    /// A third of a fused tensor is read alone: nothing is read twice, and nothing is kept.
    @Override
    public float[] read(String name, float[] buffer) throws IOException {
        TensorInfo info = TensorInfo.require(this, name);
        Part part = Objects.requireNonNull(parts.get(name));
        int count = info.shape().elements();
        if (part.transposed) {
            return transpose(source.read(part.name), info.shape().dim(1), info.shape().dim(0));
        }
        if (part.rest != null) {
            int kept = part.rest.after;
            float[] values = new float[count];
            System.arraycopy(source.read(part.name, 0, kept, NO_BUFFER), 0, values, 0, kept);
            System.arraycopy(source.read(part.rest.name, part.rest.first, count - kept, NO_BUFFER), 0, values, kept, count - kept);
            return values;
        }
        if (Objects.requireNonNull(source.tensors().get(part.name)).shape().elements() == count) {
            return source.read(part.name, buffer);
        }
        return source.read(part.name, firstElement(part, info), count, buffer);
    }

    /// A part of a tensor that the source has in one piece is read alone, too: a table of tokens may be larger than all else.
    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        TensorInfo info = TensorInfo.require(this, name);
        Part part = Objects.requireNonNull(parts.get(name));
        if (part.transposed || part.rest != null) {
            return WeightSource.super.read(name, first, count, buffer);
        }
        Objects.checkFromIndexSize(first, count, info.shape().elements());
        return source.read(part.name, firstElement(part, info) + first, count, buffer);
    }

    private static int firstElement(Part part, TensorInfo info) {
        return info.shape().dim(0) == 0 ? 0 : part.firstRow * (info.shape().elements() / info.shape().dim(0));
    }

    private static float[] transpose(float[] values, int rows, int columns) {
        float[] out = new float[values.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                out[j * rows + i] = values[i * columns + j];
            }
        }
        return out;
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
