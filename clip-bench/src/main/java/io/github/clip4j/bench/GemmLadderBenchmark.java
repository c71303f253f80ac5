package io.github.clip4j.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The six rungs of [GemmLadder] over products of ViT-B/32. The shares of the two-thread rung are shares of two threads' peak.
@NullUnmarked // JMH sets the fields, in prepare()
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(5)
public class GemmLadderBenchmark {
    @Param({"NAIVE", "BLOCKED", "TURNED", "VECTOR", "TILED", "PARALLEL"})
    public GemmLadder.Rung rung = GemmLadder.Rung.NAIVE;

    /// m × n × k: the MLP's first layer for one image and for eight.
    @Param({"50x3072x768", "400x3072x768"})
    public String shape = "";

    @Param("2")
    public int threads;

    private GemmLadder ladder;
    private double operations;

    @Setup(Level.Trial)
    public void prepare() {
        Extents extents = Extents.parse(shape);
        Random random = new Random(1);
        ladder = new GemmLadder(
                extents.m(), extents.n(), extents.k(), Extents.random(extents.m() * extents.k(), random),
                Extents.random(extents.n() * extents.k(), random),
                threads);
        operations = extents.operations();
    }

    @Benchmark
    public float[] multiply(Rate rate) {
        rate.add(operations);
        return ladder.multiply(rung);
    }

    @TearDown(Level.Trial)
    public void close() {
        ladder.close();
    }
}
