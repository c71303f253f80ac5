package io.github.clip4j.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.core.kernel.gemm.FusedAttention;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.kernel.gemm.Gemm;
import io.github.clip4j.core.ops.ByteRows;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.LayerNorm;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// The promise of the package: the same bits for vectors of 128, 256 and 512 bits, for the plain loops of a cold start, and for any number of threads. Each is a
/// JVM of its own.
class VectorWidthTest {
    @Test
    void allWidthsStartsAndThreadsGiveTheSameBits() throws IOException, InterruptedException {
        List<String> outputs = new ArrayList<>();
        for (int bytes : new int[] {16, 32, 64}) {
            String flag = "-XX:MaxVectorSize=" + bytes;
            for (String start : new String[] {"warm", "cold"}) {
                String out = run(flag, start);
                assertThat(out).contains("vector, ").contains(start + " to the end");
                outputs.add(out.substring(out.indexOf("bits ")));
            }
        }
        assertThat(outputs).hasSize(6).containsOnly(outputs.getFirst());
    }

    private static String run(String flag, String start) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules", "jdk.incubator.vector", flag, "-cp",
                        System.getProperty("java.class.path"), VectorWidthTest.class.getName(), start)
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    public static void main(String[] args) {
        System.out.println(VectorSupport.describe());
        if (args[0].equals("cold")) {
            ColdStart.begin();
        }
        StringBuilder bits = new StringBuilder("bits ");
        for (int threads : new int[] {1, 2, 3}) {
            try (Workers workers = new Workers(threads)) {
                bits.append(hash(product(workers))).append(' ');
            }
        }
        bits.append(hash(rows())).append(' ').append(hash(attention())).append(' ').append(Arrays.hashCode(byteRows()));
        System.out.println((ColdStart.isCold() ? "cold" : "warm") + " to the end");
        System.out.println(bits);
    }

    private static float[] product(Workers workers) {
        int m = 53;
        int n = 83;
        int k = 1100; // several segments and chunks
        WeightMatrix w = new WeightMatrix(n, k);
        w.setRows(0, n, new Gen(1).floats(n * k));
        w.setBias(0, new Gen(2).floats(n));
        Tensor x = Tensor.of(new Gen(3).floats(m * k), Shape.of(m, k));
        Tensor y = Tensor.zeros(m, n);
        MatMul matMul = new MatMul(MatMul.scratchSize(m, k, n), workers);
        matMul.linear(x, w, Activation.GELU, y);
        matMul.linearAdd(x, w, y);
        return y.toArray();
    }

    private static float[] rows() {
        int d = 773; // with a tail
        Tensor x = Tensor.of(new Gen(4).floats(3 * d), Shape.of(3, d));
        new LayerNorm(Workers.SERIAL).normalize(x, new Gen(5).floats(d), new Gen(6).floats(d), 1e-5, x);
        Gemm.activate(Gemm.Epilogue.QUICK_GELU, x.array(), 0, x.array().length);
        Gemm.activate(Gemm.Epilogue.GELU_TANH, x.array(), 0, x.array().length);
        return x.toArray();
    }

    private static float[] attention() {
        int n = 37;
        int headDim = 20;
        float[] qkv = new Gen(7).floats(n * 3 * headDim);
        float[] o = new float[n * headDim];
        FusedAttention.attend(
                qkv, 0, 3 * headDim, qkv, headDim, 2 * headDim, 3 * headDim, n, headDim, 0.2f, true, 0, n, o, 0, headDim,
                new float[FusedAttention.scratchSize(n, headDim)]);
        return o;
    }

    private static byte[] byteRows() {
        byte[] x = new byte[3 * 41];
        for (int i = 0; i < x.length; i++) {
            x[i] = (byte) (i * 37);
        }
        byte[] y = new byte[41];
        ByteRows.weightedSum(x, 0, 41, new int[] {1_000_000, 4_000_000, -700_000}, 0, 3, y, 0, 41);
        return y;
    }

    private static String hash(float[] values) {
        long hash = 1;
        for (float value : values) {
            hash = 31 * hash + Float.floatToRawIntBits(value);
        }
        return String.format(Locale.ROOT, "%016x", hash);
    }
}
