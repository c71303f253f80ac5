package io.github.clip4j.core.kernel;

import jdk.incubator.vector.FloatVector;

/// What this processor can do at most: twelve chains of fused multiply-adds in registers. The chains do not depend on each other. A core
/// starts at most two fused multiply-adds a cycle, and each takes four cycles, so eight chains keep it busy. Twelve leave room for cores
/// that take five or six.
public final class FmaPeakVector {
    private static final int CHAINS = 12;

    private FmaPeakVector() {}

    /// The floating-point operations of one iteration; an fma is two.
    public static long flopsPerIteration() {
        return 2L * CHAINS * Lanes.COUNT;
    }

    /// Runs `iterations` iterations. The result must be used, or the compiler would leave the work out.
    public static float run(long iterations, float seed) {
        FloatVector a = FloatVector.broadcast(Lanes.SPECIES, seed);
        FloatVector b = FloatVector.broadcast(Lanes.SPECIES, 0.999f);
        FloatVector c0 = a;
        FloatVector c1 = a.add(1);
        FloatVector c2 = a.add(2);
        FloatVector c3 = a.add(3);
        FloatVector c4 = a.add(4);
        FloatVector c5 = a.add(5);
        FloatVector c6 = a.add(6);
        FloatVector c7 = a.add(7);
        FloatVector c8 = a.add(8);
        FloatVector c9 = a.add(9);
        FloatVector c10 = a.add(10);
        FloatVector c11 = a.add(11);
        for (long i = 0; i < iterations; i++) {
            c0 = c0.fma(b, a);
            c1 = c1.fma(b, a);
            c2 = c2.fma(b, a);
            c3 = c3.fma(b, a);
            c4 = c4.fma(b, a);
            c5 = c5.fma(b, a);
            c6 = c6.fma(b, a);
            c7 = c7.fma(b, a);
            c8 = c8.fma(b, a);
            c9 = c9.fma(b, a);
            c10 = c10.fma(b, a);
            c11 = c11.fma(b, a);
        }
        FloatVector sum = c0.add(c1).add(c2).add(c3).add(c4).add(c5).add(c6).add(c7).add(c8).add(c9).add(c10).add(c11);
        return sum.lane(0);
    }
}
