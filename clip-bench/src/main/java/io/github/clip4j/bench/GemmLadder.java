package io.github.clip4j.bench;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.gemm.GemmShape;
import io.github.clip4j.core.kernel.gemm.Packing;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
import java.util.Arrays;

/// One matrix product, C = A·Wᵀ, written six times, each rung with one idea more than the one before. docs/kernels/gemm.md walks up it.
///
/// A is `[m, k]`, the tokens; W is `[n, k]`, a layer's weights as checkpoints store them; C is `[m, n]`. All are row-major and contiguous.
public final class GemmLadder implements AutoCloseable {
    /// The rungs, from the bottom.
    public enum Rung {
        NAIVE,
        BLOCKED,
        TURNED,
        VECTOR,
        TILED,
        PARALLEL
    }

    /// The rows and columns of the blocked rung's blocks: 64 rows of 256 steps of both operands are 128 KiB, which L2 holds.
    private static final int BLOCK = 64;

    private static final int BLOCK_K = 256;

    private final int m;
    private final int n;
    private final int k;
    private final float[] a;
    private final float[] w;
    private final float[] c;
    private final float[][] rows;
    private final float[] panels;
    private final WeightMatrix weight;
    private final Tensor x;
    private final Tensor y;
    private final MatMul tiled;
    private final MatMul parallel;
    private final Workers workers;

    /// Prepares a product. What depends on the weights alone is done here, because a model does it once: packing.
    ///
    /// @param threads of the last rung
    public GemmLadder(int m, int n, int k, float[] a, float[] w, int threads) {
        this.m = m;
        this.n = n;
        this.k = k;
        this.a = a;
        this.w = w;
        this.c = new float[m * n];
        this.rows = new float[k][n];
        for (int p = 0; p < k; p++) {
            for (int j = 0; j < n; j++) {
                rows[p][j] = w[j * k + p];
            }
        }
        this.panels = new float[Math.toIntExact(Packing.size(k, n))];
        Packing.packWeight(w, k, n, panels, 0, 0);
        this.weight = new WeightMatrix(n, k);
        weight.setRows(0, n, w);
        this.x = Tensor.of(a, Shape.of(m, k));
        this.y = Tensor.of(c, Shape.of(m, n));
        this.workers = new Workers(threads);
        this.tiled = new MatMul(MatMul.scratchSize(m, k, n), Workers.SERIAL);
        this.parallel = new MatMul(MatMul.scratchSize(m, k, n), workers);
    }

    /// Computes C. The array is the same one every time.
    public float[] multiply(Rung rung) {
        switch (rung) {
            case NAIVE -> naive();
            case BLOCKED -> blocked();
            case TURNED -> turned();
            case VECTOR -> vector();
            case TILED -> tiled.linear(x, weight, y);
            case PARALLEL -> parallel.linear(x, weight, y);
        }
        return c;
    }

    /// Three loops. Each element is a dot product of two rows, so both are read in order; but a sum of floats may not be reordered, the
    /// compiler keeps one chain of additions, and each waits for the one before.
    private void naive() {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += a[i * k + p] * w[j * k + p];
                }
                c[i * n + j] = sum;
            }
        }
    }

    /// The same loops over blocks that stay in cache: W comes from memory once for 64 rows of A instead of once for each.
    private void blocked() {
        Arrays.fill(c, 0);
        for (int i0 = 0; i0 < m; i0 += BLOCK) {
            for (int j0 = 0; j0 < n; j0 += BLOCK) {
                for (int p0 = 0; p0 < k; p0 += BLOCK_K) {
                    int p1 = Math.min(k, p0 + BLOCK_K);
                    for (int i = i0; i < Math.min(m, i0 + BLOCK); i++) {
                        for (int j = j0; j < Math.min(n, j0 + BLOCK); j++) {
                            c[i * n + j] += dot(a, i * k, w, j * k, p0, p1);
                        }
                    }
                }
            }
        }
    }

    private static float dot(float[] a, int aOff, float[] w, int wOff, int from, int to) {
        float sum = 0;
        for (int p = from; p < to; p++) {
            sum += a[aOff + p] * w[wOff + p];
        }
        return sum;
    }

    /// W is turned once, so that a row of B holds one weight of every output. The innermost loop then runs over columns of C, whose sums do
    /// not depend on each other: the compiler makes vectors of it by itself. But it loads and stores the sums in every step.
    private void turned() {
        float[] sums = new float[n];
        for (int i = 0; i < m; i++) {
            Arrays.fill(sums, 0);
            for (int p = 0; p < k; p++) {
                addScaled(a[i * k + p], rows[p], sums);
            }
            System.arraycopy(sums, 0, c, i * n, n);
        }
    }

    /// Both arrays are read from their beginning: with offsets the compiler could not exclude that they overlap, and would leave the loop
    /// as it is.
    private static void addScaled(float x, float[] row, float[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] = Math.fma(x, row[j], sums[j]);
        }
    }

    /// B is packed in panels of two vectors' width, and the Vector API keeps the sums of one row and one panel in two registers. Two chains
    /// cannot fill a pipeline that is four cycles deep.
    private void vector() {
        float[] sums = new float[GemmShape.NR];
        for (int panel = 0; panel < GemmShape.panels(n); panel++) {
            for (int i = 0; i < m; i++) {
                OneRowVector.dot(k, a, i * k, panels, panel * k * GemmShape.NR, sums);
                System.arraycopy(sums, 0, c, i * n + panel * GemmShape.NR, Math.min(GemmShape.NR, n - panel * GemmShape.NR));
            }
        }
    }

    @Override
    public void close() {
        workers.close();
    }
}
