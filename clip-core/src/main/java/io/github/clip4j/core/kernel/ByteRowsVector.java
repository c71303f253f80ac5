package io.github.clip4j.core.kernel;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Same contract as [ByteRowsScalar], and the same bits: integer sums have no order. C2 does not make vectors of the loop that says so.
public final class ByteRowsVector {
    private static final VectorSpecies<Integer> INTS =
            Lanes.COUNT == 16 ? IntVector.SPECIES_512 : Lanes.COUNT == 8 ? IntVector.SPECIES_256 : IntVector.SPECIES_128;
    /// There is no vector of 4 bytes: at 128 bits one of 8 becomes two of integers.
    private static final VectorSpecies<Byte> BYTES = Lanes.COUNT == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
    private static final boolean TWO_PARTS = Lanes.COUNT == 4;

    private ByteRowsVector() {}

    public static void weightedSum(byte[] x, int xOff, int ldx, int[] weights, int wOff, int count, byte[] y, int yOff, int n) {
        int width = BYTES.length();
        if (n < width) {
            ByteRowsScalar.weightedSum(x, xOff, ldx, weights, wOff, count, y, yOff, n);
            return;
        }
        for (int i = 0; i < n; i += width) {
            int at = Math.min(i, n - width); // the last vector may repeat some of the one before
            column(x, xOff + at, ldx, weights, wOff, count, y, yOff + at);
        }
    }

    private static void column(byte[] x, int xOff, int ldx, int[] weights, int wOff, int count, byte[] y, int yOff) {
        IntVector low = IntVector.broadcast(INTS, 1 << (ByteRowsScalar.PRECISION_BITS - 1));
        IntVector high = low;
        for (int j = 0; j < count; j++) {
            ByteVector bytes = ByteVector.fromArray(BYTES, x, xOff + j * ldx);
            low = low.add(((IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)).mul(weights[wOff + j]));
            if (TWO_PARTS) {
                high = high.add(((IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 1)).mul(weights[wOff + j]));
            }
        }
        ByteVector clipped = (ByteVector) clip(low).convertShape(VectorOperators.I2B, BYTES, 0);
        if (TWO_PARTS) {
            clipped = clipped.or((ByteVector) clip(high).convertShape(VectorOperators.I2B, BYTES, -1)); // the upper half
        }
        clipped.intoArray(y, yOff);
    }

    private static IntVector clip(IntVector sums) {
        return sums.lanewise(VectorOperators.ASHR, ByteRowsScalar.PRECISION_BITS).max(0).min(255);
    }
}
