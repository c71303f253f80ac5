/// One operation over rows of `float[]` each, in two forms: a `…Scalar` that defines it and a `…Vector` that is fast. Both have the same
/// bits.
///
/// The scalar form does the operations of the vector kernel in the same order. It is written as loops over columns of which C2 makes
/// vectors, so it is also what runs without the Vector API, and what a small model begins with ([KernelForm]). There is no third form.
///
/// Kernels check nothing, start no threads, allocate nothing and know neither tensors nor models; `ops` checks and decides. Letters: `x`,
/// `y` and `c` are arrays, `xOff` the index of the first element, `ldx` the distance between rows, `d` a length, `m n k` the extents of
/// `C[m,n] = A[m,k]·B[k,n]`.
///
/// Two rules give the same bits for both forms and for every vector width, 128 to 512 bits. An element-wise kernel does the same IEEE
/// operations in the same order for each element. A sum over a row uses [Lanes#LOGICAL] logical lanes: element `i` is added to lane `i mod
/// 16`, the lanes are added by a fixed tree, and a tail shorter than 16 follows one element at a time. Without hardware for fused
/// multiply-adds the bits differ: see [Fma].
@NullMarked
package io.github.clip4j.core.kernel;

import org.jspecify.annotations.NullMarked;
