package io.github.clip4j.core.kernel;

/// Whether a process is so young that plain loops are faster than vectors.
///
/// Until C2 has compiled a kernel, each of its vector operations is a call that allocates, a hundred times slower than a plain loop, and to compile them all
/// takes a second of processor time. Who has a few small products to compute is done before that. So a process may begin with plain loops, which give the
/// same bits, and go over to vectors when it has turned out to have more to do (docs/adr/0010-cold-start.md).
public final class ColdStart {
    /// How many fused multiply-adds are computed by plain loops before vectors take over: some ten pictures of clip-tiny.
    static final long BUDGET = 300_000_000;

    /// What is left of it. Not volatile, and threads may overwrite each other's subtractions: the bits do not depend on when vectors take over.
    private static long left;

    private static boolean over;

    private ColdStart() {}

    /// Begins with plain loops, unless [#end()] has been.
    public static void begin() {
        if (!over) {
            left = BUDGET;
        }
    }

    /// Goes over to vectors, for good.
    public static void end() {
        over = true;
        left = 0;
    }

    /// Whether plain loops are to be used in place of vectors; false where there are no vectors.
    public static boolean isCold() {
        return left > 0;
    }

    /// Tells of work that is about to be done.
    ///
    /// @param products fused multiply-adds
    public static void spend(long products) {
        long remaining = left - products;
        if (remaining > 0) {
            left = remaining;
        } else {
            end();
        }
    }
}
