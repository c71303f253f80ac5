package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Same contract and the same bits as [GemmTileScalar], for all columns of the panel: an outer product in registers.
///
/// Step p loads one row of the panel into two vectors and, for each row of A, broadcasts `a[p, r]` and adds the products to that row's two
/// accumulators. Each element's sum is one chain of fused multiply-adds in ascending p: the same bits for every tile height, vector width
/// and number of threads.
///
/// A is packed, too: its addresses are then one register and constants, where twelve rows would need twelve registers, and C2 would keep
/// some of them in vector registers, to be fetched through the port that multiplies. The constants are why a height must be one.
///
/// The indices are counters of their own. Written as `aOff + p * 11`, C2 compiled the 11-row tile four times slower in some runs.
///
/// The methods differ only in their height. They are written out because accumulators must be local variables: C2 keeps those in registers,
/// an array of vectors it does not. For the same reason a tile ends with plain stores. A call there, for bias or edges, is beyond C2's
/// inlining limit in the taller tiles; every accumulator is then boxed in every step, and the tile runs at 4 % of its speed.
final class GemmTileVector {
    static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    static final int LANES = Lanes.COUNT;
    static final int NR = 2 * LANES;

    private GemmTileVector() {}

    static void multiply(int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        switch (rows) {
            case 1 -> tile1(k, a, aOff, b, bOff, c, cOff);
            case 2 -> tile2(k, a, aOff, b, bOff, c, cOff, ldc);
            case 3 -> tile3(k, a, aOff, b, bOff, c, cOff, ldc);
            case 4 -> tile4(k, a, aOff, b, bOff, c, cOff, ldc);
            case 5 -> tile5(k, a, aOff, b, bOff, c, cOff, ldc);
            case 6 -> tile6(k, a, aOff, b, bOff, c, cOff, ldc);
            default -> GemmTileTallVector.multiply(rows, k, a, aOff, b, bOff, c, cOff, ldc);
        }
    }

    /// 1 row × 2 vectors: 2 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile1(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 1, j += NR) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, j);
            FloatVector br = FloatVector.fromArray(SPECIES, b, j + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[i]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
        }
        c0l.add(FloatVector.fromArray(SPECIES, c, cOff)).intoArray(c, cOff);
        c0r.add(FloatVector.fromArray(SPECIES, c, cOff + LANES)).intoArray(c, cOff + LANES);
    }

    /// 2 rows × 2 vectors: 4 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile2(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 2, j += NR) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, j);
            FloatVector br = FloatVector.fromArray(SPECIES, b, j + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[i]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[i + 1]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
        }
        c0l.add(FloatVector.fromArray(SPECIES, c, cOff)).intoArray(c, cOff);
        c0r.add(FloatVector.fromArray(SPECIES, c, cOff + LANES)).intoArray(c, cOff + LANES);
        c1l.add(FloatVector.fromArray(SPECIES, c, cOff + ldc)).intoArray(c, cOff + ldc);
        c1r.add(FloatVector.fromArray(SPECIES, c, cOff + ldc + LANES)).intoArray(c, cOff + ldc + LANES);
    }

    /// 3 rows × 2 vectors: 6 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile3(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        FloatVector c2l = FloatVector.zero(SPECIES);
        FloatVector c2r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 3, j += NR) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, j);
            FloatVector br = FloatVector.fromArray(SPECIES, b, j + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[i]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[i + 1]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[i + 2]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
        }
        c0l.add(FloatVector.fromArray(SPECIES, c, cOff)).intoArray(c, cOff);
        c0r.add(FloatVector.fromArray(SPECIES, c, cOff + LANES)).intoArray(c, cOff + LANES);
        c1l.add(FloatVector.fromArray(SPECIES, c, cOff + ldc)).intoArray(c, cOff + ldc);
        c1r.add(FloatVector.fromArray(SPECIES, c, cOff + ldc + LANES)).intoArray(c, cOff + ldc + LANES);
        c2l.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc)).intoArray(c, cOff + 2 * ldc);
        c2r.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc + LANES)).intoArray(c, cOff + 2 * ldc + LANES);
    }

    /// 4 rows × 2 vectors: 8 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile4(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        FloatVector c0l = FloatVector.zero(SPECIES);
        FloatVector c0r = FloatVector.zero(SPECIES);
        FloatVector c1l = FloatVector.zero(SPECIES);
        FloatVector c1r = FloatVector.zero(SPECIES);
        FloatVector c2l = FloatVector.zero(SPECIES);
        FloatVector c2r = FloatVector.zero(SPECIES);
        FloatVector c3l = FloatVector.zero(SPECIES);
        FloatVector c3r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 4, j += NR) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, j);
            FloatVector br = FloatVector.fromArray(SPECIES, b, j + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[i]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[i + 1]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[i + 2]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[i + 3]);
            c3l = x3.fma(bl, c3l);
            c3r = x3.fma(br, c3r);
        }
        c0l.add(FloatVector.fromArray(SPECIES, c, cOff)).intoArray(c, cOff);
        c0r.add(FloatVector.fromArray(SPECIES, c, cOff + LANES)).intoArray(c, cOff + LANES);
        c1l.add(FloatVector.fromArray(SPECIES, c, cOff + ldc)).intoArray(c, cOff + ldc);
        c1r.add(FloatVector.fromArray(SPECIES, c, cOff + ldc + LANES)).intoArray(c, cOff + ldc + LANES);
        c2l.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc)).intoArray(c, cOff + 2 * ldc);
        c2r.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc + LANES)).intoArray(c, cOff + 2 * ldc + LANES);
        c3l.add(FloatVector.fromArray(SPECIES, c, cOff + 3 * ldc)).intoArray(c, cOff + 3 * ldc);
        c3r.add(FloatVector.fromArray(SPECIES, c, cOff + 3 * ldc + LANES)).intoArray(c, cOff + 3 * ldc + LANES);
    }

    /// 5 rows × 2 vectors: 10 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile5(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 5, j += NR) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, j);
            FloatVector br = FloatVector.fromArray(SPECIES, b, j + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[i]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[i + 1]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[i + 2]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[i + 3]);
            c3l = x3.fma(bl, c3l);
            c3r = x3.fma(br, c3r);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[i + 4]);
            c4l = x4.fma(bl, c4l);
            c4r = x4.fma(br, c4r);
        }
        c0l.add(FloatVector.fromArray(SPECIES, c, cOff)).intoArray(c, cOff);
        c0r.add(FloatVector.fromArray(SPECIES, c, cOff + LANES)).intoArray(c, cOff + LANES);
        c1l.add(FloatVector.fromArray(SPECIES, c, cOff + ldc)).intoArray(c, cOff + ldc);
        c1r.add(FloatVector.fromArray(SPECIES, c, cOff + ldc + LANES)).intoArray(c, cOff + ldc + LANES);
        c2l.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc)).intoArray(c, cOff + 2 * ldc);
        c2r.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc + LANES)).intoArray(c, cOff + 2 * ldc + LANES);
        c3l.add(FloatVector.fromArray(SPECIES, c, cOff + 3 * ldc)).intoArray(c, cOff + 3 * ldc);
        c3r.add(FloatVector.fromArray(SPECIES, c, cOff + 3 * ldc + LANES)).intoArray(c, cOff + 3 * ldc + LANES);
        c4l.add(FloatVector.fromArray(SPECIES, c, cOff + 4 * ldc)).intoArray(c, cOff + 4 * ldc);
        c4r.add(FloatVector.fromArray(SPECIES, c, cOff + 4 * ldc + LANES)).intoArray(c, cOff + 4 * ldc + LANES);
    }

    /// 6 rows × 2 vectors: 12 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile6(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 6, j += NR) {
            FloatVector bl = FloatVector.fromArray(SPECIES, b, j);
            FloatVector br = FloatVector.fromArray(SPECIES, b, j + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[i]);
            c0l = x0.fma(bl, c0l);
            c0r = x0.fma(br, c0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[i + 1]);
            c1l = x1.fma(bl, c1l);
            c1r = x1.fma(br, c1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[i + 2]);
            c2l = x2.fma(bl, c2l);
            c2r = x2.fma(br, c2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[i + 3]);
            c3l = x3.fma(bl, c3l);
            c3r = x3.fma(br, c3r);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[i + 4]);
            c4l = x4.fma(bl, c4l);
            c4r = x4.fma(br, c4r);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[i + 5]);
            c5l = x5.fma(bl, c5l);
            c5r = x5.fma(br, c5r);
        }
        c0l.add(FloatVector.fromArray(SPECIES, c, cOff)).intoArray(c, cOff);
        c0r.add(FloatVector.fromArray(SPECIES, c, cOff + LANES)).intoArray(c, cOff + LANES);
        c1l.add(FloatVector.fromArray(SPECIES, c, cOff + ldc)).intoArray(c, cOff + ldc);
        c1r.add(FloatVector.fromArray(SPECIES, c, cOff + ldc + LANES)).intoArray(c, cOff + ldc + LANES);
        c2l.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc)).intoArray(c, cOff + 2 * ldc);
        c2r.add(FloatVector.fromArray(SPECIES, c, cOff + 2 * ldc + LANES)).intoArray(c, cOff + 2 * ldc + LANES);
        c3l.add(FloatVector.fromArray(SPECIES, c, cOff + 3 * ldc)).intoArray(c, cOff + 3 * ldc);
        c3r.add(FloatVector.fromArray(SPECIES, c, cOff + 3 * ldc + LANES)).intoArray(c, cOff + 3 * ldc + LANES);
        c4l.add(FloatVector.fromArray(SPECIES, c, cOff + 4 * ldc)).intoArray(c, cOff + 4 * ldc);
        c4r.add(FloatVector.fromArray(SPECIES, c, cOff + 4 * ldc + LANES)).intoArray(c, cOff + 4 * ldc + LANES);
        c5l.add(FloatVector.fromArray(SPECIES, c, cOff + 5 * ldc)).intoArray(c, cOff + 5 * ldc);
        c5r.add(FloatVector.fromArray(SPECIES, c, cOff + 5 * ldc + LANES)).intoArray(c, cOff + 5 * ldc + LANES);
    }
}
