package io.github.clip4j.model;

import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.ParameterNames;
import java.io.IOException;
import java.util.SortedMap;

/// Weights with the image encoder's position embeddings resampled for another size of images.
///
/// @param before positions before those of the patches
/// @param from patches along an edge of the images that the model was trained on
/// @param to patches along an edge now
/// @param width of the residual stream
record ResampledPositions(WeightSource source, PositionInterpolation rule, int before, int from, int to, int width)
        implements WeightSource {
    @Override
    public String location() {
        return source.location();
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return source.tensors();
    }

    @Override
    public float[] read(String name) throws IOException {
        float[] values = source.read(name);
        return name.equals(ParameterNames.VISION_POSITIONS) ? rule.resize(values, before, from, to, width) : values;
    }

    @Override
    public float[] read(String name, float[] buffer) throws IOException {
        return name.equals(ParameterNames.VISION_POSITIONS) ? read(name) : source.read(name, buffer);
    }

    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        return name.equals(ParameterNames.VISION_POSITIONS)
                ? WeightSource.super.read(name, first, count, buffer)
                : source.read(name, first, count, buffer);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
