package io.github.clip4j.checkpoint;

import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// The tensors of two sources as one, such as those of an encoder and of the layer after it, which sentence-transformers keeps apart.
final class JoinedWeights implements WeightSource {
    private final WeightSource first;
    private final WeightSource second;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();

    /// @param second closed when the two cannot be joined
    /// @throws WeightFormatException when both have a tensor of one name
    JoinedWeights(WeightSource first, WeightSource second) throws IOException {
        this.first = first;
        this.second = second;
        tensors.putAll(first.tensors());
        for (TensorInfo info : second.tensors().values()) {
            if (tensors.put(info.name(), info) != null) {
                second.close();
                throw new WeightFormatException("%s and %s: expected one tensor %s, got two"
                        .formatted(first.location(), second.location(), info.name()));
            }
        }
    }

    @Override
    public String location() {
        return first.location();
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    private WeightSource holder(String name) {
        return second.tensors().containsKey(name) ? second : first;
    }

    @Override
    public float[] read(String name) throws IOException {
        return holder(name).read(name);
    }

    @Override
    public float[] read(String name, int start, int count, float[] buffer) throws IOException {
        return holder(name).read(name, start, count, buffer);
    }

    @Override
    public void close() throws IOException {
        try (second) {
            first.close();
        }
    }
}
