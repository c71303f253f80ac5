package io.github.clip4j.bench;

import io.github.clip4j.core.kernel.KernelForm;
import io.github.clip4j.core.kernel.gemm.FusedAttention;
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

/// Attention of one head of 64 over one sequence, in the three forms of [RowKernelBenchmark].
@NullUnmarked // JMH sets the fields, in prepare()
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(5)
public class AttentionBenchmark {
    private static final int HEAD = 64;
    private static final float SCALE = 0.125f; // 1/√64

    @Param({"PLAIN", "SCALAR", "VECTOR"})
    public RowKernelBenchmark.Form form = RowKernelBenchmark.Form.VECTOR;

    /// The tokens of a text and of an image of ViT-B/32, ViT-B/16 and ViT-L/14.
    @Param({"50", "77", "197", "257"})
    public int n;

    private final KernelForm scalar = KernelForm.scalarAtFirst(Long.MAX_VALUE);
    private float[] q;
    private float[] kv;
    private float[] o;
    private float[] scores;
    private float[] scratch;

    @Setup(Level.Trial)
    public void prepare() {
        Random random = new Random(1);
        q = Extents.random(n * HEAD, random);
        kv = Extents.random(2 * n * HEAD, random);
        o = new float[n * HEAD];
        scores = new float[n];
        scratch = new float[FusedAttention.scratchSize(n, HEAD)];
    }

    /// Two products of n·n·64, and softmax's exponential and 5 operations for each of n·n scores.
    @Benchmark
    public float[] attend(Rate rate) {
        rate.add(n * (4.0 * n * HEAD + (Rate.EXP + 5.0) * n));
        switch (form) {
            case PLAIN -> plain();
            case SCALAR -> fused(scalar);
            case VECTOR -> fused(KernelForm.VECTOR);
        }
        return o;
    }

    private void plain() {
        for (int i = 0; i < n; i++) {
            score(i);
            PlainLoops.softmax(scores, n, SCALE);
            for (int p = 0; p < HEAD; p++) {
                float sum = 0;
                for (int j = 0; j < n; j++) {
                    sum += scores[j] * kv[(n + j) * HEAD + p];
                }
                o[i * HEAD + p] = sum;
            }
        }
    }

    private void fused(KernelForm kernels) {
        FusedAttention.attend(kernels, q, 0, HEAD, kv, 0, n * HEAD, HEAD, n, HEAD, SCALE, false, 0, n, o, 0, HEAD, scratch);
    }

    private void score(int i) {
        for (int j = 0; j < n; j++) {
            float dot = 0;
            for (int p = 0; p < HEAD; p++) {
                dot += q[i * HEAD + p] * kv[j * HEAD + p];
            }
            scores[j] = dot;
        }
    }
}
