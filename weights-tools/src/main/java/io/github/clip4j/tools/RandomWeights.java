package io.github.clip4j.tools;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// Weights of any model's shapes, drawn at random, always the same: to measure speed without a checkpoint. Activations stay of the size
/// that trained models have, so that no arithmetic is slow or fast for its operands.
public final class RandomWeights implements WeightSource {
    /// What a SplittableRandom adds to its state for each number.
    private static final long GAMMA = 0x9e3779b97f4a7c15L;

    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();

    /// Draws nothing yet: each tensor is drawn when it is read.
    ///
    /// @param config of the model whose parameters these are
    public RandomWeights(ClipConfig config) {
        for (TensorSpec spec : ClipModel.parameters(config)) {
            tensors.put(spec.name(), new TensorInfo(spec.name(), DType.F32, spec.shape(), "random weights"));
        }
    }

    @Override
    public String location() {
        return "random weights";
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    /// Matrices have a deviation of d^-½, norms gains of one and biases of zero.
    @Override
    public float[] read(String name) {
        return read(name, 0, Objects.requireNonNull(tensors.get(name), name).shape().elements(), new float[0]);
    }

    @Override
    public float[] read(String name, int first, int count, float[] buffer) {
        TensorInfo info = Objects.requireNonNull(tensors.get(name), name);
        float[] values = buffer.length >= count ? buffer : new float[count];
        if (info.shape().rank() < 2) {
            Arrays.fill(values, 0, count, name.endsWith("bias") ? 0 : 1);
            return values;
        }
        SplittableRandom random = new SplittableRandom(name.hashCode() + first * GAMMA);
        float range = (float) Math.sqrt(12.0 / info.shape().dim(info.shape().rank() - 1));
        for (int i = 0; i < count; i++) {
            values[i] = (random.nextInt() * 0x1p-32f) * range; // uniform, within ± range/2
        }
        return values;
    }

    @Override
    public void close() {}
}
