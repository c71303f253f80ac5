/// `C[m,n] = A[m,k]·B[k,n]` and what is made of it: packing, tiles, the loop over tiles, and attention.
///
/// B is packed once, when weights are loaded, into panels of NR columns: panel by panel, and within a panel row by row of B, so that the
/// inner loop reads it from front to back.
///
/// ```
/// B, [k, n], n = 5, NR = 2                panels
/// 00 01 | 02 03 | 04                      00 01 10 11 20 21   02 03 12 13 22 23   04 ·· 14 ·· 24 ··
/// 10 11 | 12 13 | 14           ──►        panel 0             panel 1             panel 2, padded with zeros
/// 20 21 | 22 23 | 24
/// ```
///
/// A tile is MR rows of A times one panel. k is cut into segments of 256: a tile computes one segment in registers and adds it to the sums
/// of the earlier ones. A block of up to eight tiles takes each segment of a panel from L1, and its sums wait in L1 or L2. After the last
/// segment bias, residual and activation follow while the sums are still there. Segments also bound the rounding error
/// (docs/adr/0002-sums-in-segments.md).
@NullMarked
package io.github.clip4j.core.kernel.gemm;

import org.jspecify.annotations.NullMarked;
