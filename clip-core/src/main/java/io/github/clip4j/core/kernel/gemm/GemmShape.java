package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.Lanes;
import io.github.clip4j.core.kernel.VectorSupport;

/// The tile's extents on this machine.
public final class GemmShape {
    /// The width of a panel in floats: two vectors. Without vectors 256, so that a loop over a row of it is long enough for C2's own
    /// vectors.
    public static final int NR = VectorSupport.ENABLED ? 2 * Lanes.COUNT : 256;

    /// The greatest height of a tile: accumulators, 2 loads of B and 1 broadcast of A must fit the vector registers, and C2 must see that
    /// they do.
    ///
    /// With the 32 registers of AVX-512 and AArch64, 12 rows take 27. With 16, 6 rows should fit but C2 spills at 256 bits: 6 rows reach 65
    /// % of the FMA peak there, 4 rows 90 %. At 128 bits 6 rows reach all of it.
    public static final int MAX_ROWS = maxRows();

    private GemmShape() {}

    private static int maxRows() {
        if (!VectorSupport.ENABLED) {
            return 16; // the copies of a panel's rows then cost a tenth of a tile
        }
        if (Lanes.COUNT == 16 || System.getProperty("os.arch", "").equals("aarch64")) {
            return 12;
        }
        return Lanes.COUNT == 8 ? 4 : 6;
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
