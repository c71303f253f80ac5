package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Same contract and the same bits as [ActivationScalar].
public final class ActivationVector {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

    private ActivationVector() {}

    public static void quickGelu(float[] x, int xOff, int d) {
        int i = 0;
        for (; i <= d - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i);
            v.mul(sigmoid(v.mul(ActivationScalar.QUICK_SCALE))).intoArray(x, xOff + i);
        }
        if (i < d) {
            VectorMask<Float> tail = SPECIES.indexInRange(i, d);
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOff + i, tail);
            v.mul(sigmoid(v.mul(ActivationScalar.QUICK_SCALE))).intoArray(x, xOff + i, tail);
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

    public static void relu(float[] x, int xOff, int d) {
        int i = 0;
        for (; i <= d - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector.fromArray(SPECIES, x, xOff + i).max(0f).intoArray(x, xOff + i);
        }
        if (i < d) {
            VectorMask<Float> tail = SPECIES.indexInRange(i, d);
            FloatVector.fromArray(SPECIES, x, xOff + i, tail).max(0f).intoArray(x, xOff + i, tail);
        }
    }

    /// 2·√(2/π)·(v + 0.044715·v³)
    private static FloatVector tanhArgument(FloatVector v) {
        return v.mul(v).mul(ActivationScalar.TANH_CUBIC).fma(v, v).mul(ActivationScalar.TANH_SCALE);
    }

    /// σ(z) = 1 / (1 + e^(−z)), and e^z / (1 + e^z) for negative z, so that nothing overflows and small values keep their digits.
    private static FloatVector sigmoid(FloatVector z) {
        FloatVector e = ExpVector.exp(z.abs().neg());
        FloatVector numerator = FloatVector.broadcast(SPECIES, 1f).blend(e, z.lt(0f));
        return numerator.div(e.add(1f));
    }

    /// Φ(x) = ½·(1 + erf(x/√2)) near 0; ½·erfc(|x|/√2), or 1 minus that for positive x, elsewhere.
    private static FloatVector normalCdf(FloatVector x) {
        FloatVector z = x.mul(ActivationScalar.SQRT_HALF);
        FloatVector zz = z.mul(z);
        FloatVector p = FloatVector.broadcast(SPECIES, ActivationScalar.P5);
        p = p.fma(zz, FloatVector.broadcast(SPECIES, ActivationScalar.P4));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, ActivationScalar.P3));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, ActivationScalar.P2));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, ActivationScalar.P1));
        p = p.fma(zz, FloatVector.broadcast(SPECIES, ActivationScalar.P0));
        FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector near = p.mul(z).fma(half, half);

        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        FloatVector t = one.div(z.abs().fma(FloatVector.broadcast(SPECIES, ActivationScalar.T), one));
        FloatVector s = FloatVector.broadcast(SPECIES, ActivationScalar.S6);
        s = s.fma(t, FloatVector.broadcast(SPECIES, ActivationScalar.S5));
        s = s.fma(t, FloatVector.broadcast(SPECIES, ActivationScalar.S4));
        s = s.fma(t, FloatVector.broadcast(SPECIES, ActivationScalar.S3));
        s = s.fma(t, FloatVector.broadcast(SPECIES, ActivationScalar.S2));
        s = s.fma(t, FloatVector.broadcast(SPECIES, ActivationScalar.S1));
        s = s.fma(t, FloatVector.broadcast(SPECIES, ActivationScalar.S0));
        FloatVector lower = s.mul(t).mul(ExpVector.exp(zz.neg())).mul(0.5f);
        FloatVector far = lower.blend(one.sub(lower), x.lt(0f).not());
        return far.blend(near, zz.lt(1f));
    }
}
