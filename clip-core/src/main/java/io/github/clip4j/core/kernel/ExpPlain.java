package io.github.clip4j.core.kernel;

/// Same contract and the same bits as [ExpVector], one number at a time.
final class ExpPlain {
    private ExpPlain() {}

    static float exp(float x) {
        if (x < ExpVector.LOWEST) {
            return 0;
        }
        float shifted = Math.fma(x, ExpVector.LOG2_E, ExpVector.ROUND);
        float n = shifted - ExpVector.ROUND;
        float r = Math.fma(n, -ExpVector.LN2_HIGH, x);
        r = Math.fma(n, -ExpVector.LN2_LOW, r);
        float q = ExpVector.Q5;
        q = Math.fma(q, r, ExpVector.Q4);
        q = Math.fma(q, r, ExpVector.Q3);
        q = Math.fma(q, r, ExpVector.Q2);
        q = Math.fma(q, r, ExpVector.Q1);
        q = Math.fma(q, r, ExpVector.Q0);
        float y = Math.fma(q, r * r, r) + 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(y) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
