package io.github.clip4j.bench;

import io.github.clip4j.core.kernel.ActivationScalar;
import io.github.clip4j.core.kernel.ActivationVector;
import io.github.clip4j.core.kernel.LayerNormScalar;
import io.github.clip4j.core.kernel.LayerNormVector;
import io.github.clip4j.core.kernel.SoftmaxScalar;
import io.github.clip4j.core.kernel.SoftmaxVector;
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
import org.openjdk.jmh.annotations.Warmup;

/// The kernels over one row, in three forms: the loop one would write first, in float; the scalar sibling, written so that the compiler can
/// make vectors of it; the Vector API kernel. The last two have the same bits.
///
/// The row is copied from a fresh one in every call, since softmax and the activations work in place; all forms pay for it.
@NullUnmarked // JMH sets the fields, in prepare()
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(5)
public class RowKernelBenchmark {
    /// How a kernel is written.
    public enum Form {
        PLAIN,
        SCALAR,
        VECTOR
    }

    private static final double EPSILON = 1e-5;
    private static final float SCALE = 0.125f; // 1/√64

    @Param({"PLAIN", "SCALAR", "VECTOR"})
    public Form form = Form.VECTOR;

    /// 64: an image's 50 scores, padded. 208: 197 padded. 768 and 3072: a row of ViT-B and of its MLP.
    @Param({"64", "208", "768", "3072"})
    public int d;

    private float[] fresh;
    private float[] x;
    private float[] gain;
    private float[] bias;

    @Setup(Level.Trial)
    public void prepare() {
        Random random = new Random(1);
        fresh = Extents.random(d, random);
        x = new float[d];
        gain = Extents.random(d, random);
        bias = Extents.random(d, random);
    }

    /// 8 operations a value: 1 for the mean, 3 for the variance, 4 for the result.
    @Benchmark
    public float[] layerNorm(Rate rate) {
        rate.add(8.0 * d);
        switch (form) {
            case SCALAR -> LayerNormScalar.normalize(fresh, 0, gain, bias, EPSILON, x, 0, d);
            case PLAIN -> PlainLoops.layerNorm(fresh, gain, bias, (float) EPSILON, x, d);
            case VECTOR -> LayerNormVector.normalize(fresh, 0, gain, bias, EPSILON, x, 0, d);
        }
        return x;
    }

    /// An exponential and 5 operations a value: maximum, difference, scale, sum, quotient.
    @Benchmark
    public float[] softmax(Rate rate) {
        rate.add((Rate.EXP + 5.0) * d);
        System.arraycopy(fresh, 0, x, 0, d);
        switch (form) {
            case SCALAR -> SoftmaxScalar.softmax(x, 0, d, d, SCALE);
            case PLAIN -> PlainLoops.softmax(x, d, SCALE);
            case VECTOR -> SoftmaxVector.softmax(x, 0, d, d, SCALE);
        }
        return x;
    }

    /// An exponential and 3 operations a value.
    @Benchmark
    public float[] quickGelu(Rate rate) {
        rate.add((Rate.EXP + 3.0) * d);
        System.arraycopy(fresh, 0, x, 0, d);
        switch (form) {
            case SCALAR -> ActivationScalar.quickGelu(x, 0, d);
            case PLAIN -> PlainLoops.quickGelu(x, d);
            case VECTOR -> ActivationVector.quickGelu(x, 0, d);
        }
        return x;
    }
}
