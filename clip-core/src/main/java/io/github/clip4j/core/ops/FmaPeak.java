package io.github.clip4j.core.ops;

import io.github.clip4j.core.kernel.FmaPeakVector;
import io.github.clip4j.core.kernel.VectorSupport;
import io.github.clip4j.core.parallel.Workers;
import java.util.Arrays;

/// The rate of fused multiply-adds that this machine reaches with operands in registers: what a share of the peak is a share of. Measured
/// in the same JVM as what is compared with it, never taken from a data sheet.
public final class FmaPeak {
    private static final int ROUNDS = 7;
    private static final long ROUND_NANOS = 100_000_000;

    private FmaPeak() {}

    /// The best of several rounds of a tenth of a second, in GFLOP/s, over all threads; NaN when the scalar kernels are used.
    public static double measure(Workers workers) {
        if (!VectorSupport.ENABLED) {
            return Double.NaN;
        }
        long iterations = calibrate();
        double best = 0;
        float[] sink = new float[workers.threads()];
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            workers.run(worker -> sink[worker] = FmaPeakVector.run(iterations, 0.5f + worker));
            long nanos = System.nanoTime() - start;
            best = Math.max(best, (double) workers.threads() * iterations * FmaPeakVector.flopsPerIteration() / nanos);
        }
        if (Arrays.stream(asDoubles(sink)).sum() == 0) {
            throw new AssertionError("chains of positive terms cannot end in zero");
        }
        return best;
    }

    /// Warms the loop up, and returns the iterations of a round.
    private static long calibrate() {
        long iterations = 1000;
        float sink = 0;
        while (true) {
            long start = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                sink += FmaPeakVector.run(iterations, 0.5f);
            }
            long nanos = Math.max(1, System.nanoTime() - start);
            if (nanos > 2 * ROUND_NANOS && sink != 0) {
                return Math.max(1, iterations * 20 * ROUND_NANOS / nanos);
            }
            iterations *= 2;
        }
    }

    private static double[] asDoubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }
}
