package io.github.clip4j.bench;

import io.github.clip4j.core.ops.FmaPeak;
import io.github.clip4j.core.parallel.Workers;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/// Counts operations beside JMH's calls a second: `gflops` is their rate, `ofPeak` their rate over the peak that this JVM measured before.
///
/// Operations are nominal: what the formula needs, whatever a kernel does for them. An addition, a multiplication, a division and a root
/// are one each, a fused multiply-add two, an exponential twenty: what its polynomial and the scaling take.
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Rate {
    static final int EXP = 20;

    /// 10⁹ operations; JMH divides by the time.
    public double gflops;

    /// Seconds that the operations would take at the peak; divided by the time, the share of the peak.
    public double ofPeak;

    private double peak;

    /// Measures the peak of as many threads as the benchmark uses: its parameter `threads`, or one.
    @Setup(Level.Trial)
    public void measurePeak(BenchmarkParams parameters) {
        String threads = parameters.getParam("threads");
        String rung = parameters.getParam("rung");
        boolean alone = threads == null || (rung != null && !rung.equals(GemmLadder.Rung.PARALLEL.name()));
        try (Workers workers = new Workers(alone ? 1 : Integer.parseInt(threads))) {
            peak = FmaPeak.measure(workers);
        }
    }

    /// Forgets what an earlier iteration counted.
    @Setup(Level.Iteration)
    public void reset() {
        gflops = 0;
        ofPeak = 0;
    }

    void add(double operations) {
        gflops += operations * 1e-9;
        ofPeak += operations * 1e-9 / peak;
    }
}
