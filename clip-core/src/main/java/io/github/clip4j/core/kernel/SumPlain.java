package io.github.clip4j.core.kernel;

/// Same contract and the same bits as [SumVector]: one logical lane after the other, added by the same tree.
final class SumPlain {
    private SumPlain() {}

    /// Σ `x[i]`
    static float sum(float[] x, int xOff, int d) {
        int main = d - d % Lanes.LOGICAL;
        float sum = sum(x, xOff, main, 0, 1);
        for (int i = main; i < d; i++) {
            sum += x[xOff + i];
        }
        return sum;
    }

    /// Σ `(x[i] − mean)²`
    static float squaredDeviations(float[] x, int xOff, int d, float mean) {
        int main = d - d % Lanes.LOGICAL;
        float sum = squares(x, xOff, main, mean, 0, 1);
        for (int i = main; i < d; i++) {
            float deviation = x[xOff + i] - mean;
            sum = Math.fma(deviation, deviation, sum);
        }
        return sum;
    }

    /// The sum of the lanes `lane`, `lane + step`, `lane + 2·step`, …: those of every second one of them, and of the others.
    private static float sum(float[] x, int xOff, int main, int lane, int step) {
        if (step < Lanes.LOGICAL) {
            return sum(x, xOff, main, lane, 2 * step) + sum(x, xOff, main, lane + step, 2 * step);
        }
        float sum = 0;
        for (int i = lane; i < main; i += Lanes.LOGICAL) {
            sum += x[xOff + i];
        }
        return sum;
    }

    private static float squares(float[] x, int xOff, int main, float mean, int lane, int step) {
        if (step < Lanes.LOGICAL) {
            return squares(x, xOff, main, mean, lane, 2 * step) + squares(x, xOff, main, mean, lane + step, 2 * step);
        }
        float sum = 0;
        for (int i = lane; i < main; i += Lanes.LOGICAL) {
            float deviation = x[xOff + i] - mean;
            sum = Math.fma(deviation, deviation, sum);
        }
        return sum;
    }
}
