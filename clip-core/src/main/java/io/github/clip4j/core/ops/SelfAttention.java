package io.github.clip4j.core.ops;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.VectorSupport;
import io.github.clip4j.core.kernel.gemm.AttentionScalar;
import io.github.clip4j.core.kernel.gemm.FusedAttention;
import io.github.clip4j.core.parallel.Workers;
import org.jspecify.annotations.Nullable;

/// Multi-head self-attention, between the projections of its inputs and that of its output.
///
/// Sequences lie one after the other in the rows of a matrix and may differ in length: there is no padding, and so no padding mask.
/// `starts` holds the first row of each sequence, and the number of rows at the end.
public final class SelfAttention {
    private SelfAttention() {}

    /// o = concatₕ softmax(qₕ·kₕᵀ / √headDim)·vₕ for every position of each sequence.
    ///
    /// @param qkv `[m, 3·d]`: queries, keys and values of a row side by side
    /// @param causal whether a position attends to itself and earlier positions only
    /// @param o `[m, d]`, overwritten
    /// @param scratch one array per worker, each of at least [#scratchSize(int, int)] floats
    public static void attend(Tensor qkv, int[] starts, int heads, boolean causal, Tensor o, float[][] scratch, Workers workers) {
        check(qkv, starts, qkv.rows(), heads, o);
        run(new Call(qkv, starts, null, heads, causal, o), scratch, workers);
    }

    /// The same for one position of each sequence, as the last layer needs it: `positions[s]`, counted from the start of sequence s.
    ///
    /// @param o `[sequences, d]`, overwritten
    public static void attendAt(
            int[] positions, Tensor qkv, int[] starts, int heads, boolean causal, Tensor o, float[][] scratch, Workers workers) {
        check(qkv, starts, starts.length - 1, heads, o);
        run(new Call(qkv, starts, positions, heads, causal, o), scratch, workers);
    }

    /// The floats of scratch that one worker needs for sequences of up to `n` positions.
    public static int scratchSize(int n, int headDim) {
        return FusedAttention.scratchSize(n, headDim);
    }

    private static void check(Tensor qkv, int[] starts, int queries, int heads, Tensor o) {
        int d = o.width();
        int rows = starts[starts.length - 1];
        if (d % heads != 0 || qkv.width() != 3 * d || qkv.rows() != rows || o.rows() != queries) {
            throw new IllegalArgumentException("attention with %d heads over %d rows: expected qkv [%d, 3·d] and o [%d, d], got %s and %s"
                    .formatted(heads, rows, rows, queries, qkv.shape(), o.shape()));
        }
    }

    private static void run(Call call, float[][] scratch, Workers workers) {
        int units = (call.starts.length - 1) * call.heads;
        int threads = workers.threads();
        if (threads == 1) {
            call.run(scratch[0], 0, units);
            return;
        }
        workers.run(worker ->
                call.run(scratch[worker], Workers.share(units, threads, worker), Workers.share(units, threads, worker + 1)));
    }

    /// One attention; its units of work are the heads of the sequences.
    ///
    /// @param positions the one query of each sequence, or null for all of them
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Call(
            Tensor qkv, int[] starts, int @Nullable [] positions, int heads, boolean causal, Tensor o) {

        void run(float[] scratch, int from, int to) {
            int d = o.width();
            int headDim = d / heads;
            float scale = (float) (1 / Math.sqrt(headDim));
            for (int unit = from; unit < to; unit++) {
                int sequence = unit / heads;
                int column = unit % heads * headDim;
                int start = starts[sequence];
                int n = starts[sequence + 1] - start;
                int firstQuery = positions == null ? 0 : positions[sequence];
                int queries = positions == null ? n : 1;
                int qOff = qkv.rowOffset(start + firstQuery) + column;
                int kOff = qkv.rowOffset(start) + d + column;
                int oOff = o.rowOffset(positions == null ? start : sequence) + column;
                int ld = qkv.rowStride();
                if (VectorSupport.ENABLED) {
                    FusedAttention.attend(
                            qkv.array(), qOff, ld, qkv.array(), kOff, kOff + d, ld, n, headDim, scale, causal, firstQuery, queries,
                            o.array(), oOff, o.rowStride(), scratch);
                } else {
                    AttentionScalar.attend(
                            qkv.array(), qOff, ld, qkv.array(), kOff, kOff + d, ld, n, headDim, scale, causal, firstQuery, queries,
                            o.array(), oOff, o.rowStride(), scratch);
                }
            }
        }
    }
}
