package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Same contract and the same bits as [ExpScalar].
final class ExpVector {
    private ExpVector() {}

    static FloatVector exp(FloatVector x) {
        VectorMask<Float> underflow = x.lt(ExpScalar.LOWEST);
        FloatVector log2e = FloatVector.broadcast(Lanes.SPECIES, ExpScalar.LOG2_E);
        FloatVector shifted = x.fma(log2e, FloatVector.broadcast(Lanes.SPECIES, ExpScalar.ROUND));
        FloatVector n = shifted.sub(ExpScalar.ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(Lanes.SPECIES, -ExpScalar.LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(Lanes.SPECIES, -ExpScalar.LN2_LOW), r);
        FloatVector q = FloatVector.broadcast(Lanes.SPECIES, ExpScalar.Q5);
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, ExpScalar.Q4));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, ExpScalar.Q3));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, ExpScalar.Q2));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, ExpScalar.Q1));
        q = q.fma(r, FloatVector.broadcast(Lanes.SPECIES, ExpScalar.Q0));
        FloatVector y = q.fma(r.mul(r), r).add(1f);
        // 2ⁿ·y: n sits in the low bits of `shifted`; moved into the exponent field it is added to y's exponent.
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector scaled = y.reinterpretAsInts().add(exponent).reinterpretAsFloats();
        return scaled.blend(0f, underflow);
    }
}
