package io.github.clip4j.core.kernel.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TransposeTest {
    @Test
    void bothMoveEveryFloatAndTouchNothingElse() {
        for (int rows = 0; rows <= 13; rows++) {
            for (int k : new int[] {0, 1, 3, 4, 5, 16, 127, 128, 131, 261}) {
                check(rows, k, TransposeScalar::transpose);
                check(rows, k, TransposeVector::transpose);
            }
        }
    }

    private static void check(int rows, int k, Transpose transpose) {
        int lda = k + 3;
        int ldt = rows + 2;
        float[] a = new float[5 + rows * lda];
        for (int i = 0; i < a.length; i++) {
            a[i] = i;
        }
        float[] expected = new float[7 + k * ldt];
        Arrays.fill(expected, -1);
        float[] actual = expected.clone();
        for (int i = 0; i < rows; i++) {
            for (int p = 0; p < k; p++) {
                expected[7 + p * ldt + i] = a[5 + i * lda + p];
            }
        }
        transpose.run(a, 5, lda, rows, k, actual, 7, ldt);
        assertThat(actual).as("%d rows of %d", rows, k).isEqualTo(expected);
    }

    private interface Transpose {
        void run(float[] a, int aOff, int lda, int rows, int k, float[] to, int toOff, int ldt);
    }
}
