package io.github.clip4j.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.gemm.Gemm;
import io.github.clip4j.core.ops.ByteRows;
import io.github.clip4j.core.ops.LayerNorm;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.SelfAttention;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The promise of the package: the same bits for vectors of 128, 256 and 512 bits, for the scalar kernels, and for any number of threads.
/// Each is a JVM of its own.
class VectorWidthTest {
    private static final String[] WITH_MODULE = {"--add-modules", "jdk.incubator.vector"};

    /// The bits of this JVM, which has vectors of its own preferred width.
    private static String expected() {
        return bits(KernelForm.VECTOR);
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void everyWidthGivesTheSameBits(int width) throws IOException, InterruptedException {
        assumeThat(width).as("the widths that this processor has").isLessThanOrEqualTo(greatestWidth());
        for (String start : new String[] {"vector", "scalar"}) {
            String out = run(start, "-XX:MaxVectorSize=" + width / 8, WITH_MODULE);
            assertThat(out).contains("vector, %d bit".formatted(width)).contains("form: " + start);
            assertThat(bitsOf(out)).as("%d bit, %s", width, start).isEqualTo(expected());
            assertThat(logLines(out)).isZero();
        }
    }

    @Test
    void withoutTheModuleTheScalarKernelsGiveTheSameBits() throws IOException, InterruptedException {
        String out = run("vector", "-XX:+UseSerialGC");
        assertThat(out).contains("clip4j runs on its scalar kernels, with the same bits at about a third of the speed: the module "
                + "jdk.incubator.vector is not there; start java with --add-modules jdk.incubator.vector");
        assertThat(out).contains("form: scalar");
        assertThat(bitsOf(out)).isEqualTo(expected());
        assertThat(logLines(out)).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:TieredStopAtLevel=1", "-Xint"})
    void withoutC2TheScalarKernelsGiveTheSameBits(String flag) throws IOException, InterruptedException {
        String out = run("vector", flag, WITH_MODULE);
        assertThat(out).contains("clip4j runs on its scalar kernels, with the same bits, many times slower: the virtual machine (")
                .contains("runs without the C2 compiler of HotSpot").contains("form: scalar");
        assertThat(bitsOf(out)).isEqualTo(expected());
        assertThat(logLines(out)).isOne();
    }

    private static long logLines(String out) {
        return out.lines().filter(line -> line.contains("clip4j runs on")).count();
    }

    private static String bitsOf(String out) {
        return out.lines().filter(line -> line.startsWith("bits ")).findFirst().orElseThrow();
    }

    /// In bits. Without AVX-512 a JVM makes less of `-XX:MaxVectorSize=64` than was asked for.
    private static int greatestWidth() {
        if (!System.getProperty("os.arch", "").equals("amd64")) {
            return Lanes.COUNT * Float.SIZE;
        }
        HotSpotDiagnosticMXBean flags = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        int avx = Integer.parseInt(flags.getVMOption("UseAVX").getValue());
        return avx == 3 ? 512 : avx > 0 ? 256 : 128;
    }

    private static String run(String start, String flag, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), flag));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), VectorWidthTest.class.getName(), start));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    public static void main(String[] args) {
        System.out.println(VectorSupport.describe());
        KernelForm form = args[0].equals("scalar") ? KernelForm.scalarAtFirst(Long.MAX_VALUE) : KernelForm.VECTOR;
        System.out.println(bits(form));
        System.out.println("form: " + (form.isVector() ? "vector" : "scalar"));
    }

    private static String bits(KernelForm form) {
        StringBuilder bits = new StringBuilder("bits ");
        for (int threads : new int[] {1, 2, 3}) {
            try (Workers workers = new Workers(threads, form)) {
                bits.append(hash(product(workers))).append(' ');
            }
        }
        Workers alone = new Workers(1, form);
        return bits.append(hash(rows(alone))).append(' ').append(hash(attention(alone))).append(' ')
                .append(Arrays.hashCode(byteRows())).toString();
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

    private static float[] rows(Workers workers) {
        int d = 773; // with a tail
        Tensor x = Tensor.of(new Gen(4).floats(3 * d), Shape.of(3, d));
        new LayerNorm(workers).normalize(x, new Gen(5).floats(d), new Gen(6).floats(d), 1e-5, x);
        Gemm.activate(KernelForm.VECTOR, Gemm.Epilogue.QUICK_GELU, x.array(), 0, x.array().length);
        Gemm.activate(KernelForm.VECTOR, Gemm.Epilogue.GELU_TANH, x.array(), 0, x.array().length);
        return x.toArray();
    }

    private static float[] attention(Workers workers) {
        int n = 37;
        int headDim = 20;
        Tensor qkv = Tensor.of(new Gen(7).floats(n * 3 * 2 * headDim), Shape.of(n, 3 * 2 * headDim));
        Tensor o = Tensor.zeros(n, 2 * headDim);
        new SelfAttention(n, headDim, workers).attend(qkv, new int[] {0, n}, new int[1][0], 2, true, o);
        return o.toArray();
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
