package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The vector shape of this machine, and sums whose order does not depend on it.
public final class Lanes {
    /// The number of partial sums that every row reduction keeps, whatever the vector width: one 512-bit register of them.
    static final int LOGICAL = 16;

    public static final VectorSpecies<Float> SPECIES = choose();

    /// The number of floats in one vector: 4, 8 or 16.
    public static final int COUNT = SPECIES.length();

    private static final VectorShuffle<Float> ROTATE_8 = VectorShuffle.iota(SPECIES, 8 % COUNT, 1, true);
    private static final VectorShuffle<Float> ROTATE_4 = VectorShuffle.iota(SPECIES, 4 % COUNT, 1, true);
    private static final VectorShuffle<Float> ROTATE_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> ROTATE_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    private Lanes() {}

    private static VectorSpecies<Float> choose() {
        VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
        if (preferred.length() > LOGICAL) {
            return FloatVector.SPECIES_512;
        }
        return preferred.length() < 4 ? FloatVector.SPECIES_128 : preferred;
    }

    /// The sum of a vector's lanes, by halves: lane i + lane i + COUNT/2, and so on. `reduceLanes(ADD)` would leave the order to the
    /// hardware.
    ///
    /// Narrower vectors than 16 lanes are the sums of several, halved the same way before, so that the 16 logical lanes are always added by
    /// the tree `i + (i+8)`, `i + (i+4)`, `i + (i+2)`, `i + (i+1)`.
    static float sum(FloatVector lanes) {
        FloatVector sum = lanes;
        if (COUNT == 16) {
            sum = sum.add(sum.rearrange(ROTATE_8));
        }
        if (COUNT >= 8) {
            sum = sum.add(sum.rearrange(ROTATE_4));
        }
        sum = sum.add(sum.rearrange(ROTATE_2));
        sum = sum.add(sum.rearrange(ROTATE_1));
        return sum.lane(0);
    }
}
