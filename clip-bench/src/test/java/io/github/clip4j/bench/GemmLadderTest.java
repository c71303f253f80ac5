package io.github.clip4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GemmLadderTest {
    /// A sum of k products in float32, in any order, is within k·2⁻²⁴·Σ|a·b| of the true one (Higham, Accuracy and Stability of Numerical
    /// Algorithms, §3.1, to first order); 2⁻²² leaves room for the second.
    @ParameterizedTest
    @EnumSource(GemmLadder.Rung.class)
    void everyRungMultiplies(GemmLadder.Rung rung) {
        int[][] shapes = {{1, 1, 1}, {50, 96, 64}, {13, 37, 300}, {65, 130, 520}};
        for (int[] shape : shapes) {
            int m = shape[0];
            int n = shape[1];
            int k = shape[2];
            Random random = new Random(m);
            float[] a = Extents.random(m * k, random);
            float[] w = Extents.random(n * k, random);
            try (GemmLadder ladder = new GemmLadder(m, n, k, a, w, 2)) {
                ladder.multiply(rung); // a second time must not add to the first
                float[] c = ladder.multiply(rung);
                for (int i = 0; i < m; i++) {
                    for (int j = 0; j < n; j++) {
                        double expected = 0;
                        double magnitude = 0;
                        for (int p = 0; p < k; p++) {
                            double product = (double) a[i * k + p] * w[j * k + p];
                            expected += product;
                            magnitude += Math.abs(product);
                        }
                        assertThat(Math.abs(c[i * n + j] - expected))
                                .as("%s, %d×%d×%d, element [%d, %d]", rung, m, n, k, i, j)
                                .isLessThanOrEqualTo(k * 0x1p-22 * magnitude);
                    }
                }
            }
        }
    }
}
