package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Same contract as [GemmTileScalar]: an outer product in registers.
///
/// Step p loads one row of the panel into two vectors and, for each row of A, broadcasts `a[r, p]` and adds the products to that row's two
/// accumulators. All of K runs in one loop, so each element of C is one chain of fused multiply-adds in ascending p: the same bits for
/// every tile height, vector width and number of threads.
///
/// The methods differ only in their height. They are written out because accumulators must be local variables: C2 keeps those in registers,
/// an array of vectors it does not. For the same reason a tile ends with plain stores. A call there, for bias or edges, is beyond C2's inlining
/// limit in the taller tiles; every accumulator is then boxed in every step, and the tile runs at 4 % of its speed.
final class GemmTileVector {
    static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    static final int LANES = Lanes.COUNT;
    static final int NR = 2 * LANES;

    private GemmTileVector() {}

    static void multiply(int rows, int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        switch (rows) {
            case 1 -> tile1(k, a, aOff, b, bOff, c, cOff);
            case 2 -> tile2(k, a, aOff, lda, b, bOff, c, cOff, ldc);
            case 3 -> tile3(k, a, aOff, lda, b, bOff, c, cOff, ldc);
            case 4 -> tile4(k, a, aOff, lda, b, bOff, c, cOff, ldc);
            case 5 -> tile5(k, a, aOff, lda, b, bOff, c, cOff, ldc);
            case 6 -> tile6(k, a, aOff, lda, b, bOff, c, cOff, ldc);
            default -> GemmTileTallVector.multiply(rows, k, a, aOff, lda, b, bOff, c, cOff, ldc);
        }
    }

    /// 1 row × 2 vectors: 2 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile1(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, bOff + p * NR);
            FloatVector br = FloatVector.fromArray(SPECIES, b, bOff + p * NR + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOff + p]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
        }
        c0l.intoArray(c, cOff);
        c0r.intoArray(c, cOff + LANES);
    }

    /// 2 rows × 2 vectors: 4 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile2(int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        int a1 = aOff + lda;
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, bOff + p * NR);
            FloatVector br = FloatVector.fromArray(SPECIES, b, bOff + p * NR + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOff + p]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
        }
        c0l.intoArray(c, cOff);
        c0r.intoArray(c, cOff + LANES);
        c1l.intoArray(c, cOff + ldc);
        c1r.intoArray(c, cOff + ldc + LANES);
    }

    /// 3 rows × 2 vectors: 6 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile3(int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        int a1 = aOff + lda;
        int a2 = a1 + lda;
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        FloatVector c2l = FloatVector.zero(SPECIES);
        FloatVector c2r = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, bOff + p * NR);
            FloatVector br = FloatVector.fromArray(SPECIES, b, bOff + p * NR + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOff + p]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
        }
        c0l.intoArray(c, cOff);
        c0r.intoArray(c, cOff + LANES);
        c1l.intoArray(c, cOff + ldc);
        c1r.intoArray(c, cOff + ldc + LANES);
        c2l.intoArray(c, cOff + 2 * ldc);
        c2r.intoArray(c, cOff + 2 * ldc + LANES);
    }

    /// 4 rows × 2 vectors: 8 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile4(int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        int a1 = aOff + lda;
        int a2 = a1 + lda;
        int a3 = a2 + lda;
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        FloatVector c2l = FloatVector.zero(SPECIES);
        FloatVector c2r = FloatVector.zero(SPECIES);
        FloatVector c3l = FloatVector.zero(SPECIES);
        FloatVector c3r = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, bOff + p * NR);
            FloatVector br = FloatVector.fromArray(SPECIES, b, bOff + p * NR + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOff + p]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
            c3l = x3.fma(bl, c3l);
            c3r = x3.fma(br, c3r);
        }
        c0l.intoArray(c, cOff);
        c0r.intoArray(c, cOff + LANES);
        c1l.intoArray(c, cOff + ldc);
        c1r.intoArray(c, cOff + ldc + LANES);
        c2l.intoArray(c, cOff + 2 * ldc);
        c2r.intoArray(c, cOff + 2 * ldc + LANES);
        c3l.intoArray(c, cOff + 3 * ldc);
        c3r.intoArray(c, cOff + 3 * ldc + LANES);
    }

    /// 5 rows × 2 vectors: 10 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile5(int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        int a1 = aOff + lda;
        int a2 = a1 + lda;
        int a3 = a2 + lda;
        int a4 = a3 + lda;
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        FloatVector c2l = FloatVector.zero(SPECIES);
        FloatVector c2r = FloatVector.zero(SPECIES);
        FloatVector c3l = FloatVector.zero(SPECIES);
        FloatVector c3r = FloatVector.zero(SPECIES);
        FloatVector c4l = FloatVector.zero(SPECIES);
        FloatVector c4r = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, bOff + p * NR);
            FloatVector br = FloatVector.fromArray(SPECIES, b, bOff + p * NR + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOff + p]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
            c3l = x3.fma(bl, c3l);
            c3r = x3.fma(br, c3r);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
            c4l = x4.fma(bl, c4l);
            c4r = x4.fma(br, c4r);
        }
        c0l.intoArray(c, cOff);
        c0r.intoArray(c, cOff + LANES);
        c1l.intoArray(c, cOff + ldc);
        c1r.intoArray(c, cOff + ldc + LANES);
        c2l.intoArray(c, cOff + 2 * ldc);
        c2r.intoArray(c, cOff + 2 * ldc + LANES);
        c3l.intoArray(c, cOff + 3 * ldc);
        c3r.intoArray(c, cOff + 3 * ldc + LANES);
        c4l.intoArray(c, cOff + 4 * ldc);
        c4r.intoArray(c, cOff + 4 * ldc + LANES);
    }

    /// 6 rows × 2 vectors: 12 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile6(int k, float[] a, int aOff, int lda, float[] b, int bOff, float[] c, int cOff, int ldc) {
        int a1 = aOff + lda;
        int a2 = a1 + lda;
        int a3 = a2 + lda;
        int a4 = a3 + lda;
        int a5 = a4 + lda;
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        FloatVector c2l = FloatVector.zero(SPECIES);
        FloatVector c2r = FloatVector.zero(SPECIES);
        FloatVector c3l = FloatVector.zero(SPECIES);
        FloatVector c3r = FloatVector.zero(SPECIES);
        FloatVector c4l = FloatVector.zero(SPECIES);
        FloatVector c4r = FloatVector.zero(SPECIES);
        FloatVector c5l = FloatVector.zero(SPECIES);
        FloatVector c5r = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, bOff + p * NR);
            FloatVector br = FloatVector.fromArray(SPECIES, b, bOff + p * NR + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOff + p]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
            c3l = x3.fma(bl, c3l);
            c3r = x3.fma(br, c3r);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
            c4l = x4.fma(bl, c4l);
            c4r = x4.fma(br, c4r);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p]);
            c5l = x5.fma(bl, c5l);
            c5r = x5.fma(br, c5r);
        }
        c0l.intoArray(c, cOff);
        c0r.intoArray(c, cOff + LANES);
        c1l.intoArray(c, cOff + ldc);
        c1r.intoArray(c, cOff + ldc + LANES);
        c2l.intoArray(c, cOff + 2 * ldc);
        c2r.intoArray(c, cOff + 2 * ldc + LANES);
        c3l.intoArray(c, cOff + 3 * ldc);
        c3r.intoArray(c, cOff + 3 * ldc + LANES);
        c4l.intoArray(c, cOff + 4 * ldc);
        c4r.intoArray(c, cOff + 4 * ldc + LANES);
        c5l.intoArray(c, cOff + 5 * ldc);
        c5r.intoArray(c, cOff + 5 * ldc + LANES);
    }
}
