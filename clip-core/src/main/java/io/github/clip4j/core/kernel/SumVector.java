package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Same contract and the same bits as [SumScalar].
///
/// The logical lanes are 1, 2 or 4 vectors, each width with a method of its own: accumulators stay local variables, and no vector is
/// returned by a method that C2 might not inline.
final class SumVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private SumVector() {}

    /// Σ `x[i]`
    static float sum(float[] x, int xOff, int d) {
        int main = d - d % Lanes.LOGICAL;
        float sum = Lanes.COUNT == 16 ? sum16(x, xOff, main) : Lanes.COUNT == 8 ? sum8(x, xOff, main) : sum4(x, xOff, main);
        for (int i = main; i < d; i++) {
            sum += x[xOff + i];
        }
        return sum;
    }

    /// Σ `(x[i] − mean)²`
    static float squaredDeviations(float[] x, int xOff, int d, float mean) {
        int main = d - d % Lanes.LOGICAL;
        float sum = Lanes.COUNT == 16
                ? squares16(x, xOff, main, mean)
                : Lanes.COUNT == 8 ? squares8(x, xOff, main, mean) : squares4(x, xOff, main, mean);
        for (int i = main; i < d; i++) {
            float deviation = x[xOff + i] - mean;
            sum = Math.fma(deviation, deviation, sum);
        }
        return sum;
    }

    private static float sum16(float[] x, int xOff, int main) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc0 = acc0.add(FloatVector.fromArray(SPECIES, x, xOff + i));
        }
        return Lanes.sum(acc0);
    }

    private static float sum8(float[] x, int xOff, int main) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc0 = acc0.add(FloatVector.fromArray(SPECIES, x, xOff + i));
            acc1 = acc1.add(FloatVector.fromArray(SPECIES, x, xOff + i + Lanes.COUNT));
        }
        return Lanes.sum(acc0.add(acc1));
    }

    private static float sum4(float[] x, int xOff, int main) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        FloatVector acc2 = FloatVector.zero(SPECIES);
        FloatVector acc3 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc0 = acc0.add(FloatVector.fromArray(SPECIES, x, xOff + i));
            acc1 = acc1.add(FloatVector.fromArray(SPECIES, x, xOff + i + Lanes.COUNT));
            acc2 = acc2.add(FloatVector.fromArray(SPECIES, x, xOff + i + 2 * Lanes.COUNT));
            acc3 = acc3.add(FloatVector.fromArray(SPECIES, x, xOff + i + 3 * Lanes.COUNT));
        }
        return Lanes.sum(acc0.add(acc2).add(acc1.add(acc3)));
    }

    private static float squares16(float[] x, int xOff, int main, float mean) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            FloatVector d0 = FloatVector.fromArray(SPECIES, x, xOff + i).sub(mean);
            acc0 = d0.fma(d0, acc0);
        }
        return Lanes.sum(acc0);
    }

    private static float squares8(float[] x, int xOff, int main, float mean) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            FloatVector d0 = FloatVector.fromArray(SPECIES, x, xOff + i).sub(mean);
            acc0 = d0.fma(d0, acc0);
            FloatVector d1 = FloatVector.fromArray(SPECIES, x, xOff + i + Lanes.COUNT).sub(mean);
            acc1 = d1.fma(d1, acc1);
        }
        return Lanes.sum(acc0.add(acc1));
    }

    private static float squares4(float[] x, int xOff, int main, float mean) {
        FloatVector acc0 = FloatVector.zero(SPECIES);
        FloatVector acc1 = FloatVector.zero(SPECIES);
        FloatVector acc2 = FloatVector.zero(SPECIES);
        FloatVector acc3 = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            FloatVector d0 = FloatVector.fromArray(SPECIES, x, xOff + i).sub(mean);
            acc0 = d0.fma(d0, acc0);
            FloatVector d1 = FloatVector.fromArray(SPECIES, x, xOff + i + Lanes.COUNT).sub(mean);
            acc1 = d1.fma(d1, acc1);
            FloatVector d2 = FloatVector.fromArray(SPECIES, x, xOff + i + 2 * Lanes.COUNT).sub(mean);
            acc2 = d2.fma(d2, acc2);
            FloatVector d3 = FloatVector.fromArray(SPECIES, x, xOff + i + 3 * Lanes.COUNT).sub(mean);
            acc3 = d3.fma(d3, acc3);
        }
        return Lanes.sum(acc0.add(acc2).add(acc1.add(acc3)));
    }
}
