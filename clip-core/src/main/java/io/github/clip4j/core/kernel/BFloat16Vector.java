package io.github.clip4j.core.kernel;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Same contract as [BFloat16Scalar], of whose loop C2 makes no vectors.
public final class BFloat16Vector {
    private static final VectorSpecies<Short> SHORTS =
            Lanes.COUNT == 16 ? ShortVector.SPECIES_256 : Lanes.COUNT == 8 ? ShortVector.SPECIES_128 : ShortVector.SPECIES_64;
    private static final VectorSpecies<Integer> INTS =
            Lanes.COUNT == 16 ? IntVector.SPECIES_512 : Lanes.COUNT == 8 ? IntVector.SPECIES_256 : IntVector.SPECIES_128;

    private BFloat16Vector() {}

    /// `count` is a multiple of the vector's length.
    public static void widen(short[] x, int xOff, int count, float[] y) {
        for (int i = 0; i < count; i += Lanes.COUNT) {
            ShortVector bits = ShortVector.fromArray(SHORTS, x, xOff + i);
            IntVector wide = (IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
            wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(y, i);
        }
    }
}
