package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// e^x for x ≤ 0, at most 1 ULP from the true value where the result is a normal number, exactly 0 below.
///
/// With n = round(x / ln 2) and r = x − n·ln 2, |r| ≤ ln 2 / 2: e^x = 2ⁿ·e^r, and e^r = 1 + r + r²·q(r). The coefficients of q come from
/// `weights-tools/python/fit_polynomials.py` (Chebyshev interpolation in 40 digits, then rounded; error of the fit 1.4e-9). Softmax and
/// all three GELUs need only non-positive arguments, which is why positive ones are not served.
final class ExpVector {
    static final float LOG2_E = 1.44269504f;
    /// ln 2 in two parts: the first has 10 significant bits, so that n·LN2_HIGH is exact for |n| < 2¹⁴ (Cody and Waite).
    static final float LN2_HIGH = 0.693359375f;

    static final float LN2_LOW = -2.12194440e-4f;

    /// Adding 1.5·2²³ rounds to an integer, ties to even, and leaves it in the low bits of the sum.
    static final float ROUND = 12582912.0f;

    /// ln of the smallest normal float32, 2⁻¹²⁶, rounded up.
    static final float LOWEST = -87.33654f;

    static final float Q5 = 1.9891031e-4f;
    static final float Q4 = 1.3933686e-3f;
    static final float Q3 = 8.3333105e-3f;
    static final float Q2 = 4.1666463e-2f;
    static final float Q1 = 1.6666667e-1f;
    static final float Q0 = 0.5f;

    private ExpVector() {}

    static FloatVector exp(FloatVector x) {
        VectorMask<Float> underflow = x.lt(LOWEST);
        FloatVector shifted = x.fma(FloatVector.broadcast(Lanes.SPECIES, LOG2_E), FloatVector.broadcast(Lanes.SPECIES, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(Lanes.SPECIES, -LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(Lanes.SPECIES, -LN2_LOW), r);
        FloatVector q = FloatVector.broadcast(Lanes.SPECIES, Q5);
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, Q4));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, Q3));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, Q2));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, Q1));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, Q0));
        FloatVector y = q.fma(r.mul(r), r).add(1f);
        // 2ⁿ·y: n sits in the low bits of `shifted`; moved into the exponent field it is added to y's exponent.
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector scaled = y.reinterpretAsInts().add(exponent).reinterpretAsFloats();
        return scaled.blend(0f, underflow);
    }
}
