package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Same contract and the same bits as [DotScalar]. As in [SumVector], each width has a method of its own.
///
/// One chain a row is enough: the processor begins the next rows while it waits, and memory is slower than both.
public final class DotVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private DotVector() {}

    public static void dots(float[] rows, int rowsOff, int count, int d, float[] q, float[] out, int outOff) {
        int main = d - d % Lanes.LOGICAL;
        for (int r = 0; r < count; r++) {
            int at = rowsOff + r * d;
            float sum = Lanes.COUNT == 16 ? dot16(rows, at, main, q) : Lanes.COUNT == 8 ? dot8(rows, at, main, q) : dot4(rows, at, main, q);
            for (int i = main; i < d; i++) {
                sum = Math.fma(rows[at + i], q[i], sum);
            }
            out[outOff + r] = sum;
        }
    }

    private static float dot16(float[] x, int xOff, int main, float[] q) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc0 = FloatVector.fromArray(SPECIES, x, xOff + i).fma(FloatVector.fromArray(SPECIES, q, i), acc0);
        }
        return Lanes.sum(acc0);
    }

    private static float dot8(float[] x, int xOff, int main, float[] q) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc0 = FloatVector.fromArray(SPECIES, x, xOff + i).fma(FloatVector.fromArray(SPECIES, q, i), acc0);
            int j = i + Lanes.COUNT;
            acc1 = FloatVector.fromArray(SPECIES, x, xOff + j).fma(FloatVector.fromArray(SPECIES, q, j), acc1);
        }
        return Lanes.sum(acc0.add(acc1));
    }

    private static float dot4(float[] x, int xOff, int main, float[] q) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        FloatVector acc2 = FloatVector.zero(SPECIES);
        FloatVector acc3 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc0 = FloatVector.fromArray(SPECIES, x, xOff + i).fma(FloatVector.fromArray(SPECIES, q, i), acc0);
            int j = i + Lanes.COUNT;
            acc1 = FloatVector.fromArray(SPECIES, x, xOff + j).fma(FloatVector.fromArray(SPECIES, q, j), acc1);
            int k = j + Lanes.COUNT;
            acc2 = FloatVector.fromArray(SPECIES, x, xOff + k).fma(FloatVector.fromArray(SPECIES, q, k), acc2);
            int l = k + Lanes.COUNT;
            acc3 = FloatVector.fromArray(SPECIES, x, xOff + l).fma(FloatVector.fromArray(SPECIES, q, l), acc3);
        }
        return Lanes.sum(acc0.add(acc2).add(acc1.add(acc3)));
    }
}
