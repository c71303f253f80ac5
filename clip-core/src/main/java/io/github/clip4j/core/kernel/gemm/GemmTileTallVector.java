package io.github.clip4j.core.kernel.gemm;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The tiles of 7 to 12 rows of [GemmTileVector], for machines with 32 vector registers (AVX-512, AArch64): 12 × 2 accumulators, 2 loads of
/// B and 1 broadcast of A take 27 of them.
final class GemmTileTallVector {
    private static final VectorSpecies<Float> SPECIES = GemmTileVector.SPECIES;
    private static final int LANES = GemmTileVector.LANES;
    private static final int NR = GemmTileVector.NR;

    private GemmTileTallVector() {}

    static void multiply(int rows, int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
        switch (rows) {
            case 7 -> tile7(k, a, aOff, b, bOff, c, cOff, ldc);
            case 8 -> tile8(k, a, aOff, b, bOff, c, cOff, ldc);
            case 9 -> tile9(k, a, aOff, b, bOff, c, cOff, ldc);
            case 10 -> tile10(k, a, aOff, b, bOff, c, cOff, ldc);
            case 11 -> tile11(k, a, aOff, b, bOff, c, cOff, ldc);
            case 12 -> tile12(k, a, aOff, b, bOff, c, cOff, ldc);
            default -> throw new IllegalArgumentException("tile height: expected 1 to 12, got " + rows);
        }
    }

    /// 7 rows × 2 vectors: 14 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile7(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        FloatVector c6l = FloatVector.zero(SPECIES);
        FloatVector c6r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 7, j += NR) {
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
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[i + 6]);
            c6l = x6.fma(bl, c6l);
            c6r = x6.fma(br, c6r);
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
        c6l.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc)).intoArray(c, cOff + 6 * ldc);
        c6r.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc + LANES)).intoArray(c, cOff + 6 * ldc + LANES);
    }

    /// 8 rows × 2 vectors: 16 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile8(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        FloatVector c6l = FloatVector.zero(SPECIES);
        FloatVector c6r = FloatVector.zero(SPECIES);
        FloatVector c7l = FloatVector.zero(SPECIES);
        FloatVector c7r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 8, j += NR) {
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
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[i + 6]);
            c6l = x6.fma(bl, c6l);
            c6r = x6.fma(br, c6r);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[i + 7]);
            c7l = x7.fma(bl, c7l);
            c7r = x7.fma(br, c7r);
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
        c6l.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc)).intoArray(c, cOff + 6 * ldc);
        c6r.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc + LANES)).intoArray(c, cOff + 6 * ldc + LANES);
        c7l.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc)).intoArray(c, cOff + 7 * ldc);
        c7r.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc + LANES)).intoArray(c, cOff + 7 * ldc + LANES);
    }

    /// 9 rows × 2 vectors: 18 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile9(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        FloatVector c6l = FloatVector.zero(SPECIES);
        FloatVector c6r = FloatVector.zero(SPECIES);
        FloatVector c7l = FloatVector.zero(SPECIES);
        FloatVector c7r = FloatVector.zero(SPECIES);
        FloatVector c8l = FloatVector.zero(SPECIES);
        FloatVector c8r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 9, j += NR) {
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
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[i + 6]);
            c6l = x6.fma(bl, c6l);
            c6r = x6.fma(br, c6r);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[i + 7]);
            c7l = x7.fma(bl, c7l);
            c7r = x7.fma(br, c7r);
            FloatVector x8 = FloatVector.broadcast(SPECIES, a[i + 8]);
            c8l = x8.fma(bl, c8l);
            c8r = x8.fma(br, c8r);
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
        c6l.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc)).intoArray(c, cOff + 6 * ldc);
        c6r.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc + LANES)).intoArray(c, cOff + 6 * ldc + LANES);
        c7l.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc)).intoArray(c, cOff + 7 * ldc);
        c7r.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc + LANES)).intoArray(c, cOff + 7 * ldc + LANES);
        c8l.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc)).intoArray(c, cOff + 8 * ldc);
        c8r.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc + LANES)).intoArray(c, cOff + 8 * ldc + LANES);
    }

    /// 10 rows × 2 vectors: 20 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile10(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        FloatVector c6l = FloatVector.zero(SPECIES);
        FloatVector c6r = FloatVector.zero(SPECIES);
        FloatVector c7l = FloatVector.zero(SPECIES);
        FloatVector c7r = FloatVector.zero(SPECIES);
        FloatVector c8l = FloatVector.zero(SPECIES);
        FloatVector c8r = FloatVector.zero(SPECIES);
        FloatVector c9l = FloatVector.zero(SPECIES);
        FloatVector c9r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 10, j += NR) {
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
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[i + 6]);
            c6l = x6.fma(bl, c6l);
            c6r = x6.fma(br, c6r);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[i + 7]);
            c7l = x7.fma(bl, c7l);
            c7r = x7.fma(br, c7r);
            FloatVector x8 = FloatVector.broadcast(SPECIES, a[i + 8]);
            c8l = x8.fma(bl, c8l);
            c8r = x8.fma(br, c8r);
            FloatVector x9 = FloatVector.broadcast(SPECIES, a[i + 9]);
            c9l = x9.fma(bl, c9l);
            c9r = x9.fma(br, c9r);
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
        c6l.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc)).intoArray(c, cOff + 6 * ldc);
        c6r.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc + LANES)).intoArray(c, cOff + 6 * ldc + LANES);
        c7l.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc)).intoArray(c, cOff + 7 * ldc);
        c7r.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc + LANES)).intoArray(c, cOff + 7 * ldc + LANES);
        c8l.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc)).intoArray(c, cOff + 8 * ldc);
        c8r.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc + LANES)).intoArray(c, cOff + 8 * ldc + LANES);
        c9l.add(FloatVector.fromArray(SPECIES, c, cOff + 9 * ldc)).intoArray(c, cOff + 9 * ldc);
        c9r.add(FloatVector.fromArray(SPECIES, c, cOff + 9 * ldc + LANES)).intoArray(c, cOff + 9 * ldc + LANES);
    }

    /// 11 rows × 2 vectors: 22 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile11(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        FloatVector c6l = FloatVector.zero(SPECIES);
        FloatVector c6r = FloatVector.zero(SPECIES);
        FloatVector c7l = FloatVector.zero(SPECIES);
        FloatVector c7r = FloatVector.zero(SPECIES);
        FloatVector c8l = FloatVector.zero(SPECIES);
        FloatVector c8r = FloatVector.zero(SPECIES);
        FloatVector c9l = FloatVector.zero(SPECIES);
        FloatVector c9r = FloatVector.zero(SPECIES);
        FloatVector c10l = FloatVector.zero(SPECIES);
        FloatVector c10r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 11, j += NR) {
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
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[i + 6]);
            c6l = x6.fma(bl, c6l);
            c6r = x6.fma(br, c6r);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[i + 7]);
            c7l = x7.fma(bl, c7l);
            c7r = x7.fma(br, c7r);
            FloatVector x8 = FloatVector.broadcast(SPECIES, a[i + 8]);
            c8l = x8.fma(bl, c8l);
            c8r = x8.fma(br, c8r);
            FloatVector x9 = FloatVector.broadcast(SPECIES, a[i + 9]);
            c9l = x9.fma(bl, c9l);
            c9r = x9.fma(br, c9r);
            FloatVector x10 = FloatVector.broadcast(SPECIES, a[i + 10]);
            c10l = x10.fma(bl, c10l);
            c10r = x10.fma(br, c10r);
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
        c6l.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc)).intoArray(c, cOff + 6 * ldc);
        c6r.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc + LANES)).intoArray(c, cOff + 6 * ldc + LANES);
        c7l.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc)).intoArray(c, cOff + 7 * ldc);
        c7r.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc + LANES)).intoArray(c, cOff + 7 * ldc + LANES);
        c8l.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc)).intoArray(c, cOff + 8 * ldc);
        c8r.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc + LANES)).intoArray(c, cOff + 8 * ldc + LANES);
        c9l.add(FloatVector.fromArray(SPECIES, c, cOff + 9 * ldc)).intoArray(c, cOff + 9 * ldc);
        c9r.add(FloatVector.fromArray(SPECIES, c, cOff + 9 * ldc + LANES)).intoArray(c, cOff + 9 * ldc + LANES);
        c10l.add(FloatVector.fromArray(SPECIES, c, cOff + 10 * ldc)).intoArray(c, cOff + 10 * ldc);
        c10r.add(FloatVector.fromArray(SPECIES, c, cOff + 10 * ldc + LANES)).intoArray(c, cOff + 10 * ldc + LANES);
    }

    /// 12 rows × 2 vectors: 24 accumulators, 2 loads of B, 1 broadcast of A.
    private static void tile12(int k, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff, int ldc) {
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
        FloatVector c6l = FloatVector.zero(SPECIES);
        FloatVector c6r = FloatVector.zero(SPECIES);
        FloatVector c7l = FloatVector.zero(SPECIES);
        FloatVector c7r = FloatVector.zero(SPECIES);
        FloatVector c8l = FloatVector.zero(SPECIES);
        FloatVector c8r = FloatVector.zero(SPECIES);
        FloatVector c9l = FloatVector.zero(SPECIES);
        FloatVector c9r = FloatVector.zero(SPECIES);
        FloatVector c10l = FloatVector.zero(SPECIES);
        FloatVector c10r = FloatVector.zero(SPECIES);
        FloatVector c11l = FloatVector.zero(SPECIES);
        FloatVector c11r = FloatVector.zero(SPECIES);
        for (int p = 0, i = aOff, j = bOff; p < k; p++, i += 12, j += NR) {
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
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[i + 6]);
            c6l = x6.fma(bl, c6l);
            c6r = x6.fma(br, c6r);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[i + 7]);
            c7l = x7.fma(bl, c7l);
            c7r = x7.fma(br, c7r);
            FloatVector x8 = FloatVector.broadcast(SPECIES, a[i + 8]);
            c8l = x8.fma(bl, c8l);
            c8r = x8.fma(br, c8r);
            FloatVector x9 = FloatVector.broadcast(SPECIES, a[i + 9]);
            c9l = x9.fma(bl, c9l);
            c9r = x9.fma(br, c9r);
            FloatVector x10 = FloatVector.broadcast(SPECIES, a[i + 10]);
            c10l = x10.fma(bl, c10l);
            c10r = x10.fma(br, c10r);
            FloatVector x11 = FloatVector.broadcast(SPECIES, a[i + 11]);
            c11l = x11.fma(bl, c11l);
            c11r = x11.fma(br, c11r);
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
        c6l.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc)).intoArray(c, cOff + 6 * ldc);
        c6r.add(FloatVector.fromArray(SPECIES, c, cOff + 6 * ldc + LANES)).intoArray(c, cOff + 6 * ldc + LANES);
        c7l.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc)).intoArray(c, cOff + 7 * ldc);
        c7r.add(FloatVector.fromArray(SPECIES, c, cOff + 7 * ldc + LANES)).intoArray(c, cOff + 7 * ldc + LANES);
        c8l.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc)).intoArray(c, cOff + 8 * ldc);
        c8r.add(FloatVector.fromArray(SPECIES, c, cOff + 8 * ldc + LANES)).intoArray(c, cOff + 8 * ldc + LANES);
        c9l.add(FloatVector.fromArray(SPECIES, c, cOff + 9 * ldc)).intoArray(c, cOff + 9 * ldc);
        c9r.add(FloatVector.fromArray(SPECIES, c, cOff + 9 * ldc + LANES)).intoArray(c, cOff + 9 * ldc + LANES);
        c10l.add(FloatVector.fromArray(SPECIES, c, cOff + 10 * ldc)).intoArray(c, cOff + 10 * ldc);
        c10r.add(FloatVector.fromArray(SPECIES, c, cOff + 10 * ldc + LANES)).intoArray(c, cOff + 10 * ldc + LANES);
        c11l.add(FloatVector.fromArray(SPECIES, c, cOff + 11 * ldc)).intoArray(c, cOff + 11 * ldc);
        c11r.add(FloatVector.fromArray(SPECIES, c, cOff + 11 * ldc + LANES)).intoArray(c, cOff + 11 * ldc + LANES);
    }
}
