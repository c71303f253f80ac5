package io.github.clip4j.bench;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
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

/// The product that the towers call, packing of A and bias included, over every shape of ViT-B/32, ViT-B/16 and their text tower.
@NullUnmarked // JMH sets the fields, in prepare()
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(5)
public class MatMulBenchmark {
    /// m × n × k. 50 tokens are an image of ViT-B/32, 400 are eight; 197 one of ViT-B/16; 77 the longest text. The layers: queries, keys
    /// and values; attention's output; the MLP's two; the patch embedding.
    @Param({
        "50x2304x768", "50x768x768", "50x3072x768", "50x768x3072", "49x768x3072",
        "400x2304x768", "400x768x768", "400x3072x768", "400x768x3072", "392x768x3072",
        "197x2304x768", "197x768x768", "197x3072x768", "197x768x3072", "77x1536x512", "77x512x512", "77x2048x512", "77x512x2048",
        "616x1536x512", "616x512x512",
        "616x2048x512", "616x512x2048"
    })
    public String shape = "";

    @Param({"1", "2"})
    public int threads;

    private Workers workers;
    private Tensor x;
    private Tensor y;
    private WeightMatrix weight;
    private MatMul matMul;
    private double operations;

    @Setup(Level.Trial)
    public void prepare() {
        Extents extents = Extents.parse(shape);
        Random random = new Random(1);
        workers = new Workers(threads);
        x = Tensor.of(Extents.random(extents.m() * extents.k(), random), Shape.of(extents.m(), extents.k()));
        y = Tensor.of(new float[extents.m() * extents.n()], Shape.of(extents.m(), extents.n()));
        weight = new WeightMatrix(extents.n(), extents.k());
        weight.setRows(0, extents.n(), Extents.random(extents.n() * extents.k(), random));
        matMul = new MatMul(MatMul.scratchSize(extents.m(), extents.k(), extents.n()), workers);
        operations = extents.operations();
    }

    @Benchmark
    public Tensor linear(Rate rate) {
        rate.add(operations);
        matMul.linear(x, weight, y);
        return y;
    }

    @TearDown(Level.Trial)
    public void close() {
        workers.close();
    }
}
