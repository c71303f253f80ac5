package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Row sums in the order that the package promises: 16 logical lanes, a fixed tree, then the tail.
final class SumVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private SumVector() {}

    /// Σ x[i]
    static float sum(float[] x, int xOff, int d) {
        int main = d - d % Lanes.LOGICAL;
        FloatVector lanes0 = lanes(x, xOff, main);
        FloatVector lanes1 = Lanes.COUNT < 16 ? lanes(x, xOff + Lanes.COUNT, main) : lanes0;
        FloatVector lanes2 = Lanes.COUNT < 8 ? lanes(x, xOff + 2 * Lanes.COUNT, main) : lanes0;
        FloatVector lanes3 = Lanes.COUNT < 8 ? lanes(x, xOff + 3 * Lanes.COUNT, main) : lanes0;
        float sum = Lanes.sum(lanes0, lanes1, lanes2, lanes3);
        for (int i = main; i < d; i++) {
            sum += x[xOff + i];
        }
        return sum;
    }

    /// Σ (x[i] − mean)²
    static float squaredDeviations(float[] x, int xOff, int d, float mean) {
        int main = d - d % Lanes.LOGICAL;
        FloatVector lanes0 = squareLanes(x, xOff, main, mean);
        FloatVector lanes1 = Lanes.COUNT < 16 ? squareLanes(x, xOff + Lanes.COUNT, main, mean) : lanes0;
        FloatVector lanes2 = Lanes.COUNT < 8 ? squareLanes(x, xOff + 2 * Lanes.COUNT, main, mean) : lanes0;
        FloatVector lanes3 = Lanes.COUNT < 8 ? squareLanes(x, xOff + 3 * Lanes.COUNT, main, mean) : lanes0;
        float sum = Lanes.sum(lanes0, lanes1, lanes2, lanes3);
        for (int i = main; i < d; i++) {
            float deviation = x[xOff + i] - mean;
            sum = Math.fma(deviation, deviation, sum);
        }
        return sum;
    }

    /// The COUNT logical lanes whose first element is at `xOff`: every 16th element of each.
    private static FloatVector lanes(float[] x, int xOff, int main) {
        FloatVector acc = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            acc = acc.add(FloatVector.fromArray(SPECIES, x, xOff + i));
        }
        return acc;
    }

    private static FloatVector squareLanes(float[] x, int xOff, int main, float mean) {
        FloatVector acc = FloatVector.zero(SPECIES);
        for (int i = 0; i < main; i += Lanes.LOGICAL) {
            FloatVector deviation = FloatVector.fromArray(SPECIES, x, xOff + i).sub(mean);
            acc = deviation.fma(deviation, acc);
        }
        return acc;
    }
}
