package io.github.clip4j.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Reads memory once and does as little as possible with it: what a search cannot be faster than.
final class StreamVector {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private StreamVector() {}

    /// The sum of an array whose length is a multiple of four vectors, in any order.
    static float sum(float[] x, int from, int to) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        FloatVector acc2 = FloatVector.zero(SPECIES);
        FloatVector acc3 = FloatVector.zero(SPECIES);
        for (int i = from; i < to; i += 4 * LANES) {
            acc0 = acc0.add(FloatVector.fromArray(SPECIES, x, i));
            acc1 = acc1.add(FloatVector.fromArray(SPECIES, x, i + LANES));
            acc2 = acc2.add(FloatVector.fromArray(SPECIES, x, i + 2 * LANES));
            acc3 = acc3.add(FloatVector.fromArray(SPECIES, x, i + 3 * LANES));
        }
        return acc0.add(acc1).add(acc2.add(acc3)).reduceLanes(jdk.incubator.vector.VectorOperators.ADD);
    }
}
