package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Same contract and the same bits as [SoftmaxScalar].
///
/// The row is padded with −∞ to whole groups of 16, whose exponentials are exactly 0: they change no sum.
public final class SoftmaxVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private SoftmaxVector() {}

    public static void softmax(float[] x, int xOff, int d, int capacity, float scale) {
        for (int i = d; i < capacity; i++) {
            x[xOff + i] = Float.NEGATIVE_INFINITY;
        }
        // −∞ and not the first vector: where short rows skip the loop, C2 would make an object of that vector
        FloatVector greatest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < capacity; i += Lanes.COUNT) {
            greatest = greatest.max(FloatVector.fromArray(SPECIES, x, xOff + i));
        }
        float max = greatest.reduceLanes(VectorOperators.MAX); // the order of a maximum does not matter
        for (int i = 0; i < capacity; i += Lanes.COUNT) {
            ExpVector.exp(FloatVector.fromArray(SPECIES, x, xOff + i).sub(max).mul(scale)).intoArray(x, xOff + i);
        }
        float inverse = 1 / SumVector.sum(x, xOff, capacity);
        for (int i = 0; i < capacity; i += Lanes.COUNT) {
            FloatVector.fromArray(SPECIES, x, xOff + i).mul(inverse).intoArray(x, xOff + i);
        }
    }
}
