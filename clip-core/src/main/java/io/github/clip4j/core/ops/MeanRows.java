package io.github.clip4j.core.ops;

import io.github.clip4j.core.Tensor;

/// The mean of neighbouring rows.
public final class MeanRows {
    private MeanRows() {}

    /// y[row] = (x[from] + … + x[to − 1]) / (to − from), each column summed in double, from the first row on.
    ///
    /// @param x `[m, d]`
    /// @param y rows of `d` numbers; row `row` is overwritten
    public static void mean(Tensor x, int from, int to, Tensor y, int row) {
        float[] values = x.array();
        float[] means = y.array();
        int out = y.rowOffset(row);
        for (int i = 0; i < x.width(); i++) {
            double sum = 0;
            for (int r = from; r < to; r++) {
                sum += values[x.rowOffset(r) + i];
            }
            means[out + i] = (float) (sum / (to - from));
        }
    }
}
