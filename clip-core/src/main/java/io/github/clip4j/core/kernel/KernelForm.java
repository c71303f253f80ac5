package io.github.clip4j.core.kernel;

/// Which of the two forms of a kernel runs: the vector kernel or its scalar sibling. They have the same bits, so it does not matter when
/// the form changes.
///
/// Until C2 has compiled a vector kernel, each of its operations is a call that allocates, a hundred times slower than a scalar loop; to
/// compile all of them takes a second of processor time. A process that computes a few small products ends before that. So a small model
/// begins with the scalar kernels and changes to vectors when it has more to do (docs/adr/0010-cold-start.md).
///
/// Each team of workers has one. Safe to share between threads.
public final class KernelForm {
    /// Vectors from the beginning, where there are vectors.
    public static final KernelForm VECTOR = new KernelForm(0);

    /// What is left of the budget. Not volatile, and threads may overwrite each other's subtractions: the bits do not depend on it.
    private long left;

    private KernelForm(long budget) {
        left = budget;
    }

    /// Scalar kernels for the first `products` multiply-adds, then vectors.
    public static KernelForm scalarAtFirst(long products) {
        return new KernelForm(products);
    }

    /// Whether the vector kernel is to be used. Always false where there are no vectors.
    public boolean isVector() {
        return VectorSupport.ENABLED && left <= 0;
    }

    /// Ends the budget.
    public void vectorsFromNow() {
        left = 0;
    }

    /// Counts work that is about to be done.
    ///
    /// @param products multiply-adds
    public void spend(long products) {
        if (left > 0) {
            left = Math.max(0, left - products);
        }
    }
}
