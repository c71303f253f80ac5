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
/// A tile is MR rows of A times one panel. All of k runs inside the tile: the layers of CLIP are small enough that a panel stays in L2, and
/// bias, activation and residual can then be added while the tile is still in registers or L1.
@NullMarked
package io.github.clip4j.core.kernel.gemm;

import org.jspecify.annotations.NullMarked;
