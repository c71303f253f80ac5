package io.github.clip4j.core.kernel;

import static io.github.clip4j.core.kernel.Fma.fma;

/// Products of rows with one vector, each row a chain of 16 logical lanes as in [SumScalar]: what a search reads most memory for.
public final class DotScalar {
    private DotScalar() {}

    /// `out[r] = Σ rows[r][i]·q[i]`
    ///
    /// @param rows `[count, d]` from `rowsOff` on
    /// @param q `[d]`
    /// @param out `[count]` from `outOff` on
    public static void dots(float[] rows, int rowsOff, int count, int d, float[] q, float[] out, int outOff) {
        for (int r = 0; r < count; r++) {
            out[outOff + r] = dot(rows, rowsOff + r * d, d, q);
        }
    }

    private static float dot(float[] x, int xOff, int d, float[] q) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        float s8 = 0;
        float s9 = 0;
        float s10 = 0;
        float s11 = 0;
        float s12 = 0;
        float s13 = 0;
        float s14 = 0;
        float s15 = 0;
        int main = d - d % 16;
        for (int i = 0; i < main; i += 16) {
            int at = xOff + i;
            s0 = fma(x[at], q[i], s0);
            s1 = fma(x[at + 1], q[i + 1], s1);
            s2 = fma(x[at + 2], q[i + 2], s2);
            s3 = fma(x[at + 3], q[i + 3], s3);
            s4 = fma(x[at + 4], q[i + 4], s4);
            s5 = fma(x[at + 5], q[i + 5], s5);
            s6 = fma(x[at + 6], q[i + 6], s6);
            s7 = fma(x[at + 7], q[i + 7], s7);
            s8 = fma(x[at + 8], q[i + 8], s8);
            s9 = fma(x[at + 9], q[i + 9], s9);
            s10 = fma(x[at + 10], q[i + 10], s10);
            s11 = fma(x[at + 11], q[i + 11], s11);
            s12 = fma(x[at + 12], q[i + 12], s12);
            s13 = fma(x[at + 13], q[i + 13], s13);
            s14 = fma(x[at + 14], q[i + 14], s14);
            s15 = fma(x[at + 15], q[i + 15], s15);
        }
        float sum = SumScalar.eight(s0 + s8, s1 + s9, s2 + s10, s3 + s11, s4 + s12, s5 + s13, s6 + s14, s7 + s15);
        for (int i = main; i < d; i++) {
            sum = fma(x[xOff + i], q[i], sum);
        }
        return sum;
    }
}
