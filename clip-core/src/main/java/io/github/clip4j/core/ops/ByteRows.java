package io.github.clip4j.core.ops;

import io.github.clip4j.core.kernel.ByteRowsScalar;
import io.github.clip4j.core.kernel.ByteRowsVector;
import io.github.clip4j.core.kernel.KernelForm;
import java.util.Objects;

/// Weighted sums of rows of bytes: one pass of an image's resampling, as Pillow computes it in integers.
public final class ByteRows {
    /// The fractional bits of a weight.
    public static final int PRECISION_BITS = ByteRowsScalar.PRECISION_BITS;

    /// Scalar until about ten images are resized: a process may have only one, and images are prepared before a model is there to own a
    /// form.
    private static final KernelForm FORM = KernelForm.scalarAtFirst(30_000_000);

    private ByteRows() {}

    /// `y[i]` = Σⱼ `weights[j]·x[j·ldx + i]` for i < n and j < count, bytes as 0 to 255; rounded, and clipped to that range.
    ///
    /// @param xOff the first row in `x`; the others follow, `ldx` bytes apart
    /// @param weights with 22 fractional bits, from `wOff`
    /// @param y not `x`
    public static void weightedSum(byte[] x, int xOff, int ldx, int[] weights, int wOff, int count, byte[] y, int yOff, int n) {
        Objects.checkFromIndexSize(wOff, count, weights.length);
        Objects.checkFromIndexSize(yOff, n, y.length);
        FORM.spend((long) count * n);
        if (FORM.isVector()) {
            ByteRowsVector.weightedSum(x, xOff, ldx, weights, wOff, count, y, yOff, n);
        } else {
            ByteRowsScalar.weightedSum(x, xOff, ldx, weights, wOff, count, y, yOff, n);
        }
    }
}
