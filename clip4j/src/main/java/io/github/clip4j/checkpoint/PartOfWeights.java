package io.github.clip4j.checkpoint;

import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/// Some tensors of a source, under other names. Closing it closes the source.
final class PartOfWeights implements WeightSource {
    private static final float[] NO_BUFFER = {};

    private final WeightSource source;
    private final SortedMap<String, String> originals;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();

    /// @param originals the source's name of each tensor, by the name that it has here
    PartOfWeights(WeightSource source, SortedMap<String, String> originals) {
        this.source = source;
        this.originals = originals;
        originals.forEach((name, original) -> {
            TensorInfo info = Objects.requireNonNull(source.tensors().get(original));
            tensors.put(name, new TensorInfo(name, info.dtype(), info.shape(), info.file()));
        });
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

    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        TensorInfo.require(this, name);
        return source.read(Objects.requireNonNull(originals.get(name)), first, count, buffer);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
