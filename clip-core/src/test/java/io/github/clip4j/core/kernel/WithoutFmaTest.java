package io.github.clip4j.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// A processor without a fused multiply-add: a JVM of its own in which the scalar kernels round a product and a sum separately. The bits
/// differ. The bounds of docs/numerics.md hold all the same, but that of a matrix product, to which the rounding of its products is added.
///
/// u = 2⁻²⁴ is the unit roundoff of float32.
class WithoutFmaTest {
    private static final double U = Math.scalb(1.0, -24);
    private static final int M = 5;
    private static final int N = 70;
    private static final int K = 700; // several segments

    @Test
    void theScalarKernelsKeepTheirBoundsAndSaySo() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-UseFMA", "--add-modules",
                        "jdk.incubator.vector", "-cp",
                        System.getProperty("java.class.path"), WithoutFmaTest.class.getName())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        assertThat(out.lines().filter(line -> line.contains("clip4j runs on"))).singleElement().asString()
                .contains("scalar kernels, slower, and each multiply-add is rounded twice (docs/numerics.md gives the bound): "
                        + "this processor has no fused multiply-add, or -XX:-UseFMA is set");
        assertThat(shares(out)).isNotEmpty().allSatisfy(share -> assertThat(share).as(out).isBetween(1e-3, 1.0));

        float[] unfused = values(out);
        float[] fused = product();
        double[] bounds = magnitudes();
        assertThat(unfused).as("a product rounded twice has other bits").isNotEqualTo(fused);
        for (int i = 0; i < fused.length; i++) {
            // The fused sum is within (k + 2)·u·Σ|terms| of the exact one, the other within (k + 3)·u: the rounding of each product is one
            // more.
            double bound = (2.0 * K + 5) * U * bounds[i];
            assertThat((double) unfused[i]).as("element %d", i).isBetween(fused[i] - bound, fused[i] + bound);
        }
    }

    private static List<Double> shares(String out) {
        return out.lines().filter(line -> line.startsWith("share "))
                .map(line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))).toList();
    }

    private static float[] values(String out) {
        String[] words = out.lines().filter(line -> line.startsWith("product ")).findFirst().orElseThrow().substring(8).split(" ", -1);
        float[] values = new float[words.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(Integer.parseUnsignedInt(words[i], 16));
        }
        return values;
    }

    public static void main(String[] args) {
        StringBuilder words = new StringBuilder("product");
        for (float value : product()) {
            words.append(' ').append(Integer.toHexString(Float.floatToRawIntBits(value)));
        }
        System.out.println(words);
        share("exp, of 1 ULP", exp());
        share("quick GELU, of 2⁻²²·|x|", activation(ActivationScalar::quickGelu, Exact::quickGelu));
        share("GELU, of 2⁻²²·|x|", activation(ActivationScalar::gelu, Exact::gelu));
        share("tanh GELU, of 2⁻²²·|x|", activation(ActivationScalar::geluTanh, Exact::geluTanh));
        share("layer norm, of (d/16 + 10)·u", layerNorm());
        share("the multiply-add itself, of u·|a·b| + half an ULP", multiplyAdd());
    }

    private static void share(String what, double worst) {
        System.out.printf(Locale.ROOT, "share of the bound: %s: %.4f%n", what, worst);
    }

    /// a·b is rounded first, by at most u·|a·b|, then the sum as the fused operation rounds it.
    private static double multiplyAdd() {
        float[] values = new Gen(1).floats(30_000);
        double worst = 0;
        for (int i = 0; i < values.length; i += 3) {
            BigDecimal product = new BigDecimal(values[i]).multiply(new BigDecimal(values[i + 1]));
            double exact = product.add(new BigDecimal(values[i + 2])).doubleValue();
            float actual = Fma.fma(values[i], values[i + 1], values[i + 2]);
            double bound = U * Math.abs(product.doubleValue()) + Math.ulp(actual) / 2.0 * (1 + 1e-6);
            worst = Math.max(worst, Math.abs(actual - exact) / bound);
        }
        return worst;
    }

    private static double exp() {
        double worst = 0;
        float[] x = new float[RowBuffer.LENGTH];
        for (int i = 0; i < 1_000_192; i += x.length) {
            for (int j = 0; j < x.length; j++) {
                x[j] = -87.3f * (i + j) / 1_000_192f;
            }
            float[] y = x.clone();
            ExpScalar.exp(y, new int[x.length], x.length);
            for (int j = 0; j < x.length; j++) {
                double exact = Math.exp(x[j]);
                worst = Math.max(worst, Math.abs(y[j] - exact) / Math.ulp((float) exact));
            }
        }
        return worst;
    }

    private interface Kernel {
        void apply(float[] x, int xOff, int d);
    }

    private static double activation(Kernel kernel, Kernel exact) {
        float[] x = new float[2 * 52 * 1024];
        for (int i = 0; i < x.length; i++) {
            float magnitude = Math.scalb(1 + (i / 2 % 1024) / 1024f, i / 2048 - 40);
            x[i] = i % 2 == 0 ? magnitude : -magnitude;
        }
        float[] actual = x.clone();
        float[] expected = x.clone();
        kernel.apply(actual, 0, x.length);
        exact.apply(expected, 0, x.length);
        double worst = 0;
        for (int i = 0; i < x.length; i++) {
            worst = Math.max(worst,
                    Math.abs((double) actual[i] - expected[i]) / (Math.abs(x[i]) * Math.scalb(1.0, -22) + Float.MIN_NORMAL));
        }
        return worst;
    }

    private static double layerNorm() {
        double worst = 0;
        for (int d = 16; d <= 800; d += 7) {
            float[] x = new Gen(d).floats(d);
            float[] gain = new Gen(d + 1).floats(d);
            float[] bias = new Gen(d + 2).floats(d);
            float[] actual = new float[d];
            float[] expected = new float[d];
            LayerNormScalar.normalize(x, 0, gain, bias, 1e-5, actual, 0, d);
            Exact.layerNorm(x, 0, gain, bias, 1e-5, expected, 0, d);
            for (int i = 0; i < d; i++) { // as in KernelAccuracyTest; |x|max/σ is below 4
                double bound = (d / 16.0 + 10) * U * 5 * (1 + Math.abs(expected[i]) + 3 * Math.abs(gain[i]));
                worst = Math.max(worst, Math.abs((double) actual[i] - expected[i]) / bound);
            }
        }
        return worst;
    }

    private static float[] product() {
        WeightMatrix w = new WeightMatrix(N, K);
        w.setRows(0, N, new Gen(1).floats(N * K));
        Tensor x = Tensor.of(new Gen(2).floats(M * K), Shape.of(M, K));
        Tensor y = Tensor.zeros(M, N);
        new MatMul(MatMul.scratchSize(M, K, N), Workers.SERIAL).linear(x, w, y);
        return y.toArray();
    }

    /// Σ|terms| of each element.
    private static double[] magnitudes() {
        float[] w = new Gen(1).floats(N * K);
        float[] x = new Gen(2).floats(M * K);
        double[] magnitudes = new double[M * N];
        for (int i = 0; i < magnitudes.length; i++) {
            int row = i / N * K;
            int column = i % N * K;
            for (int p = 0; p < K; p++) {
                magnitudes[i] += Math.abs((double) x[row + p] * w[column + p]);
            }
        }
        return magnitudes;
    }
}
