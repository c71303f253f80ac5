package io.github.clip4j.core.kernel;

import static io.github.clip4j.core.kernel.Fma.fma;

/// e^x for x ≤ 0, at most 1 ULP from the true value where the result is a normal number, exactly 0 below.
///
/// With n = round(x / ln 2) and r = x − n·ln 2, |r| ≤ ln 2 / 2: e^x = 2ⁿ·e^r, and e^r = 1 + r + r²·q(r). The coefficients of q come from
/// `weights-tools/python/fit_polynomials.py` (Chebyshev interpolation in 40 digits, then rounded; error of the fit 1.4e-9). Softmax and
/// all three GELUs need only x ≤ 0, so positive arguments are not handled.
///
/// C2 makes vectors of these loops. For that they are short, have no branches, and do not read the bits of a float: C2 of JDK 25 would do
/// that one number at a time. A condition is a factor of 0 or 1, and 2ⁿ is a product of powers that an `int` can hold. Both are exact.
final class ExpScalar {
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

    /// The least exponent of a normal float.
    private static final int LEAST = -126;

    private ExpScalar() {}

    /// x[i] ← e^x[i] for i < n.
    ///
    /// @param exponents scratch of at least n
    static void exp(float[] x, int[] exponents, int n) {
        exponents(x, exponents, n);
        mantissas(x, exponents, n);
        scale(x, exponents, n);
    }

    /// Each exponent is round(x / ln 2) + 126, or −1 where the result is 0. There x becomes LOWEST, so that nothing overflows.
    private static void exponents(float[] x, int[] exponents, int n) {
        for (int i = 0; i < n; i++) {
            float bounded = Math.max(x[i], LOWEST);
            // 1 from LOWEST on, 0 below: the next float below is 2⁻¹⁷ away, which the factor makes −2¹³
            float normal = Math.min(1f, Math.max(0f, (x[i] - LOWEST) * 0x1p30f + 1f));
            float rounded = fma(bounded, LOG2_E, ROUND) - ROUND;
            exponents[i] = (int) ((rounded - (LEAST - 1)) * normal - 1f);
            x[i] = bounded;
        }
    }

    private static void mantissas(float[] x, int[] exponents, int n) {
        for (int i = 0; i < n; i++) {
            float m = exponents[i] + LEAST;
            float r = fma(m, -LN2_LOW, fma(m, -LN2_HIGH, x[i]));
            float q = fma(fma(fma(Q5, r, Q4), r, Q3), r, Q2);
            q = fma(fma(q, r, Q1), r, Q0);
            x[i] = fma(q, r * r, r) + 1f;
        }
    }

    /// 2ᵏ⁻¹²⁶ is (2^(k div 4))⁴ · 2^(k mod 4) · 2⁻¹²⁶: two loops, because C2 makes no vectors of so long a one. In the first factor 1 << 31
    /// is negative; its square is not.
    private static void scale(float[] x, int[] exponents, int n) {
        for (int i = 0; i < n; i++) {
            float root = 1 << (Math.max(exponents[i], 0) >> 2);
            float square = root * root;
            x[i] *= square * square;
        }
        for (int i = 0; i < n; i++) {
            float rest = 1 << (exponents[i] & 3);
            x[i] *= rest * (Math.min(exponents[i] + 1, 1) * 0x1p-126f);
        }
    }
}
