package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Same contract and the same bits as [LayerNormScalar].
public final class LayerNormVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private LayerNormVector() {}

    public static void normalize(float[] x, int xOff, float[] gain, float[] bias, double epsilon, float[] y, int yOff, int d) {
        float mean = SumVector.sum(x, xOff, d) / d;
        float variance = SumVector.squaredDeviations(x, xOff, d, mean) / d;
        float scale = (float) (1 / Math.sqrt(variance + epsilon));
        int i = 0;
        for (; i <= d - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector normed = FloatVector.fromArray(SPECIES, x, xOff + i).sub(mean).mul(scale);
            FloatVector g = FloatVector.fromArray(SPECIES, gain, i);
            normed.fma(g, FloatVector.fromArray(SPECIES, bias, i)).intoArray(y, yOff + i);
        }
        for (; i < d; i++) {
            y[yOff + i] = Math.fma((x[xOff + i] - mean) * scale, gain[i], bias[i]);
        }
    }
}
