package io.github.clip4j.bench;

import io.github.clip4j.core.kernel.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The fourth rung's kernel: one row of A against one panel of B.
final class OneRowVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private OneRowVector() {}

    /// sums[j] = Σₚ a[p]·b[p, j], for the two vectors of a panel.
    static void dot(int k, float[] a, int aOff, float[] b, int bOff, float[] sums) {
        FloatVector left = FloatVector.zero(SPECIES);
        FloatVector right = FloatVector.zero(SPECIES);
        for (int p = 0, j = bOff; p < k; p++, j += 2 * Lanes.COUNT) {
            FloatVector x = FloatVector.broadcast(SPECIES, a[aOff + p]);
            left = x.fma(FloatVector.fromArray(SPECIES, b, j), left);
            right = x.fma(FloatVector.fromArray(SPECIES, b, j + Lanes.COUNT), right);
        }
        left.intoArray(sums, 0);
        right.intoArray(sums, Lanes.COUNT);
    }
}
