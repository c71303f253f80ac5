package io.github.clip4j.core.ops;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.testkit.Gen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionWeightsTest {
    private static final int N = 7;
    private static final int HEADS = 3;
    private static final int HEAD_DIM = 8;
    private static final int D = HEADS * HEAD_DIM;

    private static Tensor qkv() {
        Tensor qkv = Tensor.matrix(N, 3 * D, 3 * D + 5);
        System.arraycopy(new Gen(1).floats(qkv.array().length), 0, qkv.array(), 0, qkv.array().length);
        return qkv;
    }

    /// Two forms of one sum: these weights times the values against the fused kernel. With |q·k| below 30/√8 a score of the kernel is off
    /// by at most (8 + 2)·u·Σ|q·k|/√8 < 10·u·15 and so are exponents, relative; its exp by some units in the last place, the mean of 7
    /// values below 4 by 9 roundings of 4: in all less than (2·150 + 8 + 9)·2⁻²⁴·4 = 8·10⁻⁵. A weight of another position is off by 10⁻¹.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void weightsTimesValuesAreTheAttention(boolean causal) {
        Tensor qkv = qkv();
        Tensor o = Tensor.zeros(N, D);
        new SelfAttention(N, HEAD_DIM, Workers.SERIAL).attend(qkv, new int[] {0, N}, new int[][] {{}}, HEADS, causal, o);
        float[] weights = AttentionWeights.of(qkv, HEADS, causal, Workers.SERIAL).toArray();
        float[] expected = new float[N * D];
        for (int i = 0; i < N; i++) {
            for (int c = 0; c < D; c++) {
                double sum = 0;
                for (int j = 0; j < N; j++) {
                    sum += (double) weights[(c / HEAD_DIM * N + i) * N + j] * qkv.array()[qkv.rowOffset(j) + 2 * D + c];
                }
                expected[i * D + c] = (float) sum;
            }
        }
        assertWithin(o.toArray(), expected, 8e-5, "attention");
    }

    @Test
    void laterPositionsHaveNoWeightInACausalAttention() {
        float[] weights = AttentionWeights.of(qkv(), HEADS, true, Workers.SERIAL).toArray();
        for (int k = 0; k < weights.length; k++) {
            if (k % N > k / N % N) {
                assertThat(weights[k]).as("weight %d", k).isZero();
            } else {
                assertThat(weights[k]).as("weight %d", k).isPositive();
            }
        }
    }

    @Test
    void threadsChangeNoBit() {
        try (Workers four = new Workers(4)) {
            assertSameBits(
                    AttentionWeights.of(qkv(), HEADS, false, four).toArray(),
                    AttentionWeights.of(qkv(), HEADS, false, Workers.SERIAL).toArray(),
                    "four threads for three heads");
        }
    }

    @Test
    void greatScoresDoNotOverflow() {
        Tensor qkv = Tensor.of(new float[] {1e18f, 1e18f, 0, 1e18f, 5e17f, 0}, Shape.of(2, 3));
        assertThat(AttentionWeights.of(qkv, 1, false, Workers.SERIAL).toArray()).containsExactly(1, 0, 1, 0);
    }

    @Test
    void headsThatDoNotDivideTheWidthAreRefused() {
        assertThatThrownBy(() -> AttentionWeights.of(Tensor.zeros(2, 12), 3, false, Workers.SERIAL))
                .hasMessage("attention with 3 heads: expected qkv [n, 3·d] with d a multiple of the heads, got [2, 12]");
    }
}
