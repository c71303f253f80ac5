package io.github.clip4j.core.kernel.gemm;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Same contract, and the same bits, as [EpilogueScalar].
final class EpilogueVector {
    private static final VectorSpecies<Float> SPECIES = GemmTileVector.SPECIES;
    private static final int LANES = GemmTileVector.LANES;
    private static final int NR = GemmTileVector.NR;

    private EpilogueVector() {}

    static void finish(
            int rows, float[] tile, int tileOff, float[] bias, int biasOff, float[] c, int cOff, int ldc, int cols, boolean add) {
        if (cols < NR) {
            finishEdge(rows, tile, tileOff, bias, biasOff, c, cOff, ldc, cols, add);
            return;
        }
        FloatVector biasLeft = FloatVector.fromArray(SPECIES, bias, biasOff);
        FloatVector biasRight = FloatVector.fromArray(SPECIES, bias, biasOff + LANES);
        for (int i = 0; i < rows; i++) {
            int at = cOff + i * ldc;
            FloatVector left = FloatVector.fromArray(SPECIES, tile, tileOff + i * NR).add(biasLeft);
            FloatVector right = FloatVector.fromArray(SPECIES, tile, tileOff + i * NR + LANES).add(biasRight);
            if (add) {
                left = FloatVector.fromArray(SPECIES, c, at).add(left);
                right = FloatVector.fromArray(SPECIES, c, at + LANES).add(right);
            }
            left.intoArray(c, at);
            right.intoArray(c, at + LANES);
        }
    }

    /// The last panel, when C ends within it.
    private static void finishEdge(
            int rows, float[] tile, int tileOff, float[] bias, int biasOff, float[] c, int cOff, int ldc, int cols, boolean add) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j += LANES) {
                int at = cOff + i * ldc + j;
                VectorMask<Float> exists = SPECIES.indexInRange(j, cols);
                FloatVector y = FloatVector.fromArray(SPECIES, tile, tileOff + i * NR + j)
                        .add(FloatVector.fromArray(SPECIES, bias, biasOff + j));
                if (add) {
                    y = FloatVector.fromArray(SPECIES, c, at, exists).add(y);
                }
                y.intoArray(c, at, exists);
            }
        }
    }
}
