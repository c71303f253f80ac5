package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.Lanes;
import io.github.clip4j.core.kernel.VectorSupport;

/// The tile's extents on this machine.
public final class GemmShape {
    /// The width of a panel in floats: two vectors, or 16 on the scalar path.
    public static final int NR = VectorSupport.ENABLED ? 2 * Lanes.COUNT : 16;

    /// The greatest height of a tile.
    ///
    /// With 32 vector registers 12 rows × 2 vectors, 2 loads of B and 1 broadcast of A take 27. With the 16 of AVX2 6 rows take 15.
    public static final int MAX_ROWS = VectorSupport.ENABLED && hasManyRegisters() ? 12 : 6;

    private GemmShape() {}

    private static boolean hasManyRegisters() {
        return Lanes.COUNT == 16 || System.getProperty("os.arch", "").equals("aarch64");
    }

    /// The number of panels that hold `n` columns.
    public static int panels(int n) {
        return (n + NR - 1) / NR;
    }

    /// The number of tiles that cover `m` rows. Tile `t` begins at row [#tileStart(int, int)]: heights differ by one row at most, because
    /// 50 rows as 5 × 10 waste nothing where 4 × 12 + 2 would run the last tile at a sixth of the speed.
    public static int tiles(int m) {
        return (m + MAX_ROWS - 1) / MAX_ROWS;
    }

    /// The first row of tile `t`; `tileStart(m, tiles(m))` is `m`.
    public static int tileStart(int m, int t) {
        return (int) ((long) m * t / tiles(m));
    }
}
