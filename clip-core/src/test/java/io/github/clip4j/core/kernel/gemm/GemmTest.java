package io.github.clip4j.core.kernel.gemm;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static io.github.clip4j.testkit.FloatAssert.assertWithin;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.kernel.Exact;
import io.github.clip4j.core.kernel.KernelForm;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.SelfAttention;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.testkit.Gen;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Products of every tile height and panel edge against plain loops in double, written here once more and without packing.
class GemmTest {
    private static final double U = Math.scalb(1.0, -24);

    @Test
    void everyHeightAndEdgeMatchesPlainLoops() {
        for (int m = 1; m <= 2 * GemmShape.MAX_ROWS + 1; m++) {
            for (int n : new int[] {1, GemmShape.NR - 1, GemmShape.NR, GemmShape.NR + 1, 2 * GemmShape.NR + 5, 70}) {
                for (int k : new int[] {1, 2, 17, 64}) {
                    check(m, n, k, 1);
                }
            }
        }
    }

    @Test
    void theScalarTileHasTheVectorTilesBitsInEveryHeight() {
        int ldc = GemmShape.NR + 5;
        for (int rows = 1; rows <= GemmShape.MAX_ROWS; rows++) {
            for (int k : new int[] {1, 2, 3, 4, 5, 17, 256}) {
                float[] a = new Gen(rows).floats(rows * k + 1);
                float[] b = new Gen(k).floats(k * GemmShape.NR + 2);
                a[k / 2] = -0f;
                b[k / 2 + 2] = 1e30f;
                float[] before = new Gen(3).floats(rows * ldc + 3);
                float[] vector = before.clone();
                GemmTileVector.multiply(rows, k, a, 1, b, 2, vector, 3, ldc);
                for (int cols : new int[] {1, GemmShape.NR - 1, GemmShape.NR}) {
                    float[] scalar = before.clone();
                    GemmTileScalar.multiply(rows, k, a, 1, b, 2, scalar, 3, ldc, cols);
                    float[] expected = before.clone();
                    for (int i = 0; i < rows; i++) {
                        System.arraycopy(vector, 3 + i * ldc, expected, 3 + i * ldc, cols);
                    }
                    assertSameBits(scalar, expected, "tile of %d rows, %d columns, k=%d".formatted(rows, cols, k));
                }
            }
        }
    }

    @Test
    void theScalarEpilogueHasTheVectorEpiloguesBitsAtEveryEdge() {
        int ldc = GemmShape.NR + 5;
        for (int rows = 1; rows <= GemmShape.MAX_ROWS; rows++) {
            for (int cols = 1; cols <= GemmShape.NR; cols++) {
                for (boolean add : new boolean[] {false, true}) {
                    float[] tile = new Gen(rows).floats(rows * GemmShape.NR + 1);
                    float[] bias = new Gen(cols).floats(GemmShape.NR + 2);
                    float[] vector = new Gen(3).floats(rows * ldc + 3);
                    float[] scalar = vector.clone();
                    EpilogueVector.finish(rows, tile, 1, bias, 2, vector, 3, ldc, cols, add);
                    EpilogueScalar.finish(rows, tile, 1, bias, 2, scalar, 3, ldc, cols, add);
                    assertSameBits(scalar, vector, "epilogue of %d rows, %d columns, add=%s".formatted(rows, cols, add));
                }
            }
        }
    }

    @Test
    void theShapesOfClipMatchPlainLoops() {
        check(50, 96, 768, 2);
        check(77, 160, 512, 2);
        check(197, 64, 768, 2);
        check(50, 70, 1700, 2); // several chunks
    }

    private static void check(int m, int n, int k, int threads) {
        Gen gen = new Gen(m * 1_000_003L + n * 1009L + k);
        Tensor x = Tensor.matrix(m, k, k + 16);
        float[] weight = gen.floats(n * k);
        float[] bias = gen.floats(n);
        float[] before = gen.floats(m * n);
        for (int i = 0; i < m; i++) {
            System.arraycopy(gen.floats(k), 0, x.array(), x.rowOffset(i), k);
        }
        WeightMatrix w = new WeightMatrix(n, k);
        w.setRows(0, n, weight);
        w.setBias(0, bias);
        float[] expected = new float[m * n];
        double[] bounds = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = bias[j];
                double magnitude = Math.abs(bias[j]);
                for (int p = 0; p < k; p++) {
                    double term = (double) x.array()[x.rowOffset(i) + p] * weight[j * k + p];
                    sum += term;
                    magnitude += Math.abs(term);
                }
                expected[i * n + j] = (float) sum;
                bounds[i * n + j] = (k + 2) * U * magnitude; // Higham, Accuracy and Stability of Numerical Algorithms, §3.1: γₖ Σ|terms|
            }
        }
        String what = "m=%d n=%d k=%d".formatted(m, n, k);
        try (Workers workers = new Workers(threads)) {
            Tensor y = Tensor.zeros(m, n);
            MatMul matMul = new MatMul(MatMul.scratchSize(m, k, n), workers);
            matMul.linear(x, w, y);
            assertWithin(y.toArray(), expected, i -> bounds[i], what);

            Tensor sum = Tensor.of(before.clone(), Shape.of(m, n));
            matMul.linearAdd(x, w, sum);
            float[] added = new float[m * n];
            for (int i = 0; i < added.length; i++) {
                added[i] = before[i] + y.toArray()[i];
            }
            assertSameBits(sum.toArray(), added, what + " added to y");

            Tensor activated = Tensor.zeros(m, n);
            matMul.linear(x, w, Activation.QUICK_GELU, activated);
            float[] quick = y.toArray();
            Gemm.activate(KernelForm.VECTOR, Gemm.Epilogue.QUICK_GELU, quick, 0, quick.length);
            assertSameBits(activated.toArray(), quick, what + " with activation");
        }
    }

    /// A weight that fits 16 bits is the same float when it comes back, so the product has the same bits.
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void weightsInSixteenBitsGiveTheProductOfTheSameFloats(DType storage) {
        for (int[] shape : new int[][] {{1, 5, 3}, {50, 2 * GemmShape.NR + 7, 300}, {13, 40, 1700}}) {
            int m = shape[0];
            int n = shape[1];
            int k = shape[2];
            Gen gen = new Gen(n);
            float[] weight = gen.floats(n * k);
            weight[0] = storage == DType.F16 ? 0x1p-24f : 0x1p-130f; // below the smallest normal number
            float[] rounded = new float[n * k];
            for (int i = 0; i < rounded.length; i++) {
                rounded[i] = storage == DType.F16
                        ? Float.float16ToFloat(Float.floatToFloat16(weight[i]))
                        : DType.bfloat16ToFloat(DType.floatToBfloat16(weight[i]));
            }
            Tensor x = Tensor.of(gen.floats(m * k), Shape.of(m, k));
            Tensor narrow = Tensor.zeros(m, n);
            Tensor wide = Tensor.zeros(m, n);
            MatMul matMul = new MatMul(MatMul.scratchSize(m, k, n), Workers.SERIAL);
            matMul.linear(x, weights(n, k, storage, weight), narrow);
            matMul.linear(x, weights(n, k, DType.F32, rounded), wide);
            assertSameBits(narrow.toArray(), wide.toArray(), "%s, m=%d n=%d k=%d".formatted(storage, m, n, k));
        }
    }

    /// A matrix that is set in two blocks, the second of which begins inside a panel.
    private static WeightMatrix weights(int n, int k, DType storage, float[] values) {
        WeightMatrix w = new WeightMatrix(n, k, storage);
        w.setRows(0, 3, values);
        w.setRows(3, n - 3, Arrays.copyOfRange(values, 3 * k, n * k));
        return w;
    }

    @Test
    void weightsBeyondSixteenBitsAreRefused() {
        WeightMatrix half = new WeightMatrix(4, 2, DType.F16);
        assertThatThrownBy(() -> half.setRows(1, 2, new float[] {1, 65504, 70000, 1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight [2, 0]: expected a number that fits float16, got 70000.0; keep the weights in float32");
        assertThatThrownBy(() -> new WeightMatrix(4, 2, DType.BF16).setRows(0, 1, new float[] {Float.NaN, 1}))
                .hasMessageContaining("weight [0, 0]");
        assertThatThrownBy(() -> new WeightMatrix(4, 2, DType.F64))
                .hasMessageContaining("expected its numbers in F32, F16 or BF16, got F64");
    }

    @Test
    void whatLiesRightOfAnEdgeTileIsNotWritten() {
        int n = GemmShape.NR + 3;
        Tensor wide = Tensor.matrix(5, n + 4, n + 4);
        Arrays.fill(wide.array(), 7f);
        WeightMatrix w = new WeightMatrix(n, 8);
        new MatMul(40, Workers.SERIAL).linear(Tensor.zeros(5, 8), w, wide.columns(0, n));
        assertSameBits(wide.columns(n, 4).toArray(), filled(5 * 4, 7f), "columns that belong to others");
        assertSameBits(wide.columns(0, n).toArray(), new float[5 * n], "the product");
    }

    private static float[] filled(int n, float value) {
        float[] values = new float[n];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void attentionForEveryLengthHeadWidthAndMask() {
        for (int n : new int[] {1, 2, 7, 15, 16, 17, 31, 33, 50, 77}) {
            for (int headDim : new int[] {1, 8, 16, 20, 32, 64, 80, 88}) {
                for (boolean causal : new boolean[] {false, true}) {
                    checkAttention(n, headDim, causal);
                }
            }
        }
    }

    private static void checkAttention(int n, int headDim, boolean causal) {
        int d = 2 * headDim;
        float[] q = new Gen(n * 100L + headDim).floats(n * d);
        float[] kv = new Gen(n * 100L + headDim + 1).floats(n * 2 * d);
        float[] exact = new float[n * d];
        for (int column = 0; column < d; column += headDim) {
            Exact.attend(q, column, d, kv, column, d + column, 2 * d, n, headDim, scale(headDim), causal, exact, column, d);
        }
        float[] vector = attend(KernelForm.VECTOR, q, kv, n, headDim, causal, 0, n);
        // A score of q·k is off by headDim·u·Σ|q||k| ≤ headDim·u·(headDim·16); scaled by 1/√headDim that is the relative error of a weight,
        // and values are below 5 in magnitude; n more roundings follow in the weighted sum.
        double bound = (Math.pow(headDim, 1.5) * 16 + n + 40) * U * 5;
        String what = "attention n=%d headDim=%d causal=%s".formatted(n, headDim, causal);
        assertWithin(vector, exact, bound, what);
        KernelForm scalar = KernelForm.scalarAtFirst(Long.MAX_VALUE);
        assertSameBits(attend(scalar, q, kv, n, headDim, causal, 0, n), vector, what + ", scalar");

        int last = n - 1;
        float[] lastRow = Arrays.copyOfRange(vector, last * d, n * d);
        assertSameBits(attend(KernelForm.VECTOR, q, kv, n, headDim, causal, last, 1), lastRow, what + ", the last query alone");
        assertSameBits(attend(scalar, q, kv, n, headDim, causal, last, 1), lastRow, what + ", the last query alone, scalar");
    }

    /// Two heads.
    private static float[] attend(
            KernelForm form, float[] q, float[] kv, int n, int headDim, boolean causal, int firstQuery, int queries) {
        int d = 2 * headDim;
        float[] o = new float[queries * d];
        float[] scratch = new float[FusedAttention.scratchSize(n, headDim)];
        for (int column = 0; column < d; column += headDim) {
            FusedAttention.attend(
                    form, q, firstQuery * d + column, d, kv, column, d + column, 2 * d, n, headDim, scale(headDim), causal, firstQuery,
                    queries, o,
                    column, d, scratch);
        }
        return o;
    }

    private static float scale(int headDim) {
        return (float) (1 / Math.sqrt(headDim));
    }

    @Test
    void sequencesOfDifferentLengthsDoNotSeeEachOther() {
        int heads = 3;
        int d = 3 * 20;
        int[] starts = {0, 5, 6, 23};
        Tensor qkv = Tensor.of(new Gen(1).floats(23 * 3 * d), Shape.of(23, 3 * d));
        Tensor together = Tensor.zeros(23, d);
        try (Workers workers = new Workers(2)) {
            new SelfAttention(17, 20, workers).attend(qkv, starts, new int[3][0], heads, true, together);
        }
        SelfAttention attention = new SelfAttention(17, 20, Workers.SERIAL);
        for (int s = 0; s < 3; s++) {
            int rows = starts[s + 1] - starts[s];
            Tensor alone = Tensor.zeros(rows, d);
            attention.attend(qkv.rows(starts[s], rows), new int[] {0, rows}, new int[1][0], heads, true, alone);
            assertSameBits(together.rows(starts[s], rows).toArray(), alone.toArray(), "sequence " + s);
            // The same rows as two sequences, the second of which continues the first
            int half = rows / 2;
            int[] prefix = IntStream.range(0, half).toArray();
            Tensor continued = Tensor.zeros(rows, d);
            attention.attend(qkv.rows(starts[s], rows), new int[] {0, half, rows}, new int[][] {{}, prefix}, heads, true, continued);
            assertSameBits(continued.toArray(), alone.toArray(), "continued sequence " + s);
        }
    }
}
