package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Same contract as [ActivationScalar]; absolute error at most 2⁻²²·|x|, measured over every exponent by the tests.
///
/// There is no vector instruction for erf, and the libraries behind the Vector API's own `EXP` and `TANH` differ from system to
/// system, so all three are built on [ExpVector].
public final class ActivationVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    static final float QUICK_SCALE = 1.702f;
    static final float SQRT_HALF = 0.70710678f;
    static final float TANH_SCALE = 1.59576912f; // 2·√(2/π): ½(1 + tanh u) = σ(2u)
    static final float TANH_CUBIC = 0.044715f;

    /// erf(z) = z·p(z²) on |z| ≤ 1; `weights-tools/python/fit_polynomials.py`, error of the fit 4.1e-8.
    static final float P5 = -5.6480599e-4f;

    static final float P4 = 4.9217618e-3f;
    static final float P3 = -2.6715055e-2f;
    static final float P2 = 1.1280317e-1f;
    static final float P1 = -3.7612343e-1f;
    static final float P0 = 1.1283791f;

    /// erfc(z) = e^(−z²)·t·s(t) with t = 1 / (1 + 0.4·z) on z ≥ 1; same source, error of the fit 1.8e-8.
    static final float T = 0.4f;

    static final float S6 = -1.1865149e-1f;
    static final float S5 = 2.5013915e-1f;
    static final float S4 = 1.0375185e-3f;
    static final float S3 = 2.1717878e-1f;
    static final float S2 = 1.9749974e-1f;
    static final float S1 = 2.2689769e-1f;
    static final float S0 = 2.2561385e-1f;

    private ActivationVector() {}

    public static void quickGelu(float[] x, int xOff, int d) {
        int i = 0;
        for (; i <= d - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i);
            v.mul(sigmoid(v.mul(QUICK_SCALE))).intoArray(x, xOff + i);
        }
        if (i < d) {
            VectorMask<Float> tail = SPECIES.indexInRange(i, d);
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i, tail);
            v.mul(sigmoid(v.mul(QUICK_SCALE))).intoArray(x, xOff + i, tail);
        }
    }

    public static void gelu(float[] x, int xOff, int d) {
        int i = 0;
        for (; i <= d - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i);
            v.mul(normalCdf(v)).intoArray(x, xOff + i);
        }
        if (i < d) {
            VectorMask<Float> tail = SPECIES.indexInRange(i, d);
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i, tail);
            v.mul(normalCdf(v)).intoArray(x, xOff + i, tail);
        }
    }

    public static void geluTanh(float[] x, int xOff, int d) {
        int i = 0;
        for (; i <= d - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i);
            v.mul(sigmoid(tanhArgument(v))).intoArray(x, xOff + i);
        }
        if (i < d) {
            VectorMask<Float> tail = SPECIES.indexInRange(i, d);
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i, tail);
            v.mul(sigmoid(tanhArgument(v))).intoArray(x, xOff + i, tail);
        }
    }

    /// 2·√(2/π)·(v + 0.044715·v³)
    private static FloatVector tanhArgument(FloatVector v) {
        return v.mul(v).mul(TANH_CUBIC).fma(v, v).mul(TANH_SCALE);
    }

    /// σ(z) = 1 / (1 + e^(−z)), and e^z / (1 + e^z) for negative z, so that nothing overflows and small values keep their digits.
    private static FloatVector sigmoid(FloatVector z) {
        FloatVector e = ExpVector.exp(z.abs().neg());
        FloatVector numerator = FloatVector.broadcast(SPECIES, 1f).blend(e, z.lt(0f));
        return numerator.div(e.add(1f));
    }

    /// Φ(x) = ½·(1 + erf(x/√2)) near 0; ½·erfc(|x|/√2), or 1 minus that for positive x, elsewhere.
    private static FloatVector normalCdf(FloatVector x) {
        FloatVector z = x.mul(SQRT_HALF);
        FloatVector zz = z.mul(z);
        FloatVector p = FloatVector.broadcast(SPECIES, P5);
        p = p.fma(zz, FloatVector.broadcast(SPECIES, P4));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, P3));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, P2));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, P1));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, P0));
        FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector near = p.mul(z).fma(half, half);

        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        FloatVector t = one.div(z.abs().fma(FloatVector.broadcast(SPECIES, T), one));
        FloatVector s = FloatVector.broadcast(SPECIES, S6);
        s = s.fma(t, FloatVector.broadcast(SPECIES, S5));
        s = s.fma(t, FloatVector.broadcast(SPECIES, S4));
        s = s.fma(t, FloatVector.broadcast(SPECIES, S3));
        s = s.fma(t, FloatVector.broadcast(SPECIES, S2));
        s = s.fma(t, FloatVector.broadcast(SPECIES, S1));
        s = s.fma(t, FloatVector.broadcast(SPECIES, S0));
        FloatVector lower = s.mul(t).mul(ExpVector.exp(zz.neg())).mul(0.5f);
        FloatVector far = lower.blend(one.sub(lower), x.lt(0f).not());
        return far.blend(near, zz.lt(1f));
    }
}
