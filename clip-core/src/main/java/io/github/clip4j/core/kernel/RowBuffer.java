package io.github.clip4j.core.kernel;

/// The scratch of the scalar kernels that work through a row piece by piece, one for each thread.
///
/// C2 makes vectors of a loop only if it can see that its arrays do not overlap: all of them must be read and written at the same index. So
/// a piece of the row is copied to the beginning of an array of its own.
final class RowBuffer {
    /// The floats of a piece: long enough that a loop's start and end do not count, short enough for L1.
    static final int LENGTH = 256;

    private static final ThreadLocal<RowBuffer> OF_THREAD = ThreadLocal.withInitial(RowBuffer::new);

    final float[] x = new float[LENGTH];
    final float[] e = new float[LENGTH];
    final float[] p = new float[LENGTH];
    final float[] q = new float[LENGTH];
    final int[] exponents = new int[LENGTH];

    private RowBuffer() {}

    static RowBuffer get() {
        return OF_THREAD.get();
    }
}
