/// One operation over rows of `float[]` each: a `…Scalar` that defines it, a `…Vector` that is fast, and a `…Plain` that has the bits of the vector kernel without
/// the Vector API, for a process too young to have it compiled ([ColdStart]).
///
/// Kernels check nothing, start no threads, allocate nothing and know neither tensors nor models; `ops` checks and decides. Letters: `x`, `y`
/// and `c` are arrays, `xOff` the index of the first element, `ldx` the distance between rows, `d` a length, `m n k` the extents of
/// `C[m,n] = A[m,k]·B[k,n]`.
///
/// Two rules give the same bits for every vector width, 128 to 512 bits. An element-wise kernel does the same IEEE operations in the same order for
/// each element. A sum over a row uses [Lanes#LOGICAL] logical lanes: element `i` is added to lane `i mod 16`, the lanes are added by a
/// fixed tree, and a tail shorter than 16 follows one element at a time.
@NullMarked
package io.github.clip4j.core.kernel;

import org.jspecify.annotations.NullMarked;
