package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A checkpoint of any layout under the names and shapes of Hugging Face's, which are the ones that the model knows.
///
/// What the file calls otherwise is renamed; matrices that it stores transposed are turned; fused projections are taken apart. Names that belong to
/// no layout stay as they are, so that the model's check lists them.
public final class CanonicalWeights implements WeightSource {
    private final WeightSource source;
    private final CheckpointLayout layout;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    private final Map<String, Part> parts = new HashMap<>();
    private @Nullable Read last;

    /// Where a tensor is in the source.
    ///
    /// @param name the source's tensor
    /// @param transposed whether it is stored `[in, out]`
    /// @param firstRow the first of its rows
    /// @param rest a second tensor of the source, whose rows from the end of the first part on follow; or null
    record Part(String name, boolean transposed, int firstRow, @Nullable String rest) {
        static Part whole(String name) {
            return new Part(name, false, 0, null);
        }
    }

    /// The tensor read last: the three projections of a fused one are read one after the other.
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Read(String name, float[] values) {}

    CanonicalWeights(WeightSource source, CheckpointLayout layout) {
        this.source = source;
        this.layout = layout;
    }

    /// Adds the tensor `canonical`, which has the shape `shape` and comes from `part`.
    void add(String canonical, Shape shape, Part part) throws WeightFormatException {
        TensorInfo original = Objects.requireNonNull(source.tensors().get(part.name));
        String file = canonical.equals(part.name) ? original.file() : "%s (there %s)".formatted(original.file(), part.name);
        if (tensors.put(canonical, new TensorInfo(canonical, original.dtype(), shape, file)) != null) {
            throw new WeightFormatException("%s: two tensors stand for %s; one of them is %s".formatted(source.location(), canonical, part.name));
        }
        parts.put(canonical, part);
    }

    /// How the file names its tensors.
    public CheckpointLayout layout() {
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
    public float[] read(String name, float[] buffer) throws IOException {
        Part part = parts.get(name);
        TensorInfo info = tensors.get(name);
        if (part == null || info == null || part.transposed || part.rest != null
                || Objects.requireNonNull(source.tensors().get(part.name)).shape().elements() != info.shape().elements()) {
            return read(name);
        }
        TensorInfo.require(this, name);
        return source.read(part.name, buffer);
    }

    @Override
    public float[] read(String name) throws IOException {
        TensorInfo info = TensorInfo.require(this, name);
        Part part = Objects.requireNonNull(parts.get(name));
        int count = info.shape().elements();
        if (part.transposed) {
            return transpose(source.read(part.name), info.shape().dim(1), info.shape().dim(0));
        }
        if (part.rest != null) {
            float[] values = source.read(part.rest).clone();
            System.arraycopy(source.read(part.name), 0, values, 0, LayoutMapper.LONG_CLIP_KEPT_POSITIONS * info.shape().dim(1));
            return values;
        }
        TensorInfo original = Objects.requireNonNull(source.tensors().get(part.name));
        if (original.shape().elements() == count) {
            return source.read(part.name);
        }
        int width = count / info.shape().dim(0);
        return Arrays.copyOfRange(fused(part.name), part.firstRow * width, part.firstRow * width + count);
    }

    private synchronized float[] fused(String name) throws IOException {
        if (last == null || !last.name.equals(name)) {
            last = new Read(name, source.read(name));
        }
        return last.values;
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
