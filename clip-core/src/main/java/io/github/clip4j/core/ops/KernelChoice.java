package io.github.clip4j.core.ops;

import io.github.clip4j.core.kernel.ColdStart;
import io.github.clip4j.core.kernel.VectorSupport;

/// Which kernels the operations use while a process is young. Results have the same bits either way; the choice is the whole process's.
public final class KernelChoice {
    private KernelChoice() {}

    /// Computes the first products with plain loops, for a model so small that a process may be done before the vector kernels are compiled. Without
    /// effect after [#vectors()], and where there are no vectors.
    public static void plainAtFirst() {
        if (VectorSupport.ENABLED) {
            ColdStart.begin();
        }
    }

    /// Uses vectors from now on.
    public static void vectors() {
        ColdStart.end();
    }
}
