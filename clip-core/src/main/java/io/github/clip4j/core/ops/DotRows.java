package io.github.clip4j.core.ops;

import io.github.clip4j.core.kernel.DotScalar;
import io.github.clip4j.core.kernel.DotVector;
import io.github.clip4j.core.kernel.KernelForm;
import java.util.Objects;

/// Products of many rows with one vector. Safe to share between threads.
public final class DotRows {
    /// What a process that searches once has done before the vector kernel would be compiled.
    private static final long SCALAR_AT_FIRST = 50_000_000;

    private final KernelForm form;

    private DotRows(KernelForm form) {
        this.form = form;
    }

    /// {@return products that begin with the scalar kernel, whose bits are the same}
    public static DotRows create() {
        return new DotRows(KernelForm.scalarAtFirst(SCALAR_AT_FIRST));
    }

    /// `out[r] = Σ rows[r][i]·q[i]`
    ///
    /// @param rows `[count, d]` from `rowsOff` on
    /// @param q `[d]`
    /// @param out `[count]`, overwritten
    /// @throws IndexOutOfBoundsException when the arrays are shorter
    public void dots(float[] rows, int rowsOff, int count, float[] q, float[] out) {
        Objects.checkFromIndexSize(rowsOff, Math.multiplyExact(count, q.length), rows.length);
        Objects.checkFromIndexSize(0, count, out.length);
        form.spend((long) count * q.length);
        if (form.isVector()) {
            DotVector.dots(rows, rowsOff, count, q.length, q, out, 0);
        } else {
            DotScalar.dots(rows, rowsOff, count, q.length, q, out, 0);
        }
    }
}
