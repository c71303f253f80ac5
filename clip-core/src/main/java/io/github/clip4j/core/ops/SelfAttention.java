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
/// `starts` holds the first row of each sequence, and the number of rows at the end. A causal sequence may continue rows that belong to others: its
/// `prefix` names them, in order, and its own rows follow.
public final class SelfAttention {
    private SelfAttention() {}

    /// o = concatₕ softmax(qₕ·kₕᵀ / √headDim)·vₕ for every position of each sequence.
    ///
    /// @param qkv `[m, 3·d]`: queries, keys and values of a row side by side
    /// @param causal whether a position attends to itself and earlier positions only
    /// @param o `[m, d]`, overwritten
    /// @param scratch one array per worker, each of at least [#scratchSize(int, int)] floats
    /// @param prefixes for each sequence, the rows before its own
    public static void attend(
            Tensor qkv, int[] starts, int[][] prefixes, int heads, boolean causal, Tensor o, float[][] scratch, Workers workers) {
        check(qkv, starts, qkv.rows(), heads, o);
        run(new Call(qkv, starts, prefixes, null, heads, causal, o), scratch, workers);
    }

    /// The same for one position of each sequence, as the last layer needs it: `positions[s]`, counted from the beginning of
    /// sequence s, its prefix included.
    ///
    /// @param o `[sequences, d]`, overwritten
    public static void attendAt(
            int[] positions, Tensor qkv, int[] starts, int[][] prefixes, int heads, boolean causal, Tensor o, float[][] scratch, Workers workers) {
        check(qkv, starts, starts.length - 1, heads, o);
        run(new Call(qkv, starts, prefixes, positions, heads, causal, o), scratch, workers);
    }

    /// The floats of scratch that one worker needs for sequences of up to `n` positions.
    public static int scratchSize(int n, int headDim) {
        return FusedAttention.scratchSize(n, headDim) + 2 * n * headDim; // keys and values, gathered behind a prefix
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
            Tensor qkv, int[] starts, int[][] prefixes, int @Nullable [] positions, int heads, boolean causal, Tensor o) {

        void run(float[] scratch, int from, int to) {
            int d = o.width();
            int headDim = d / heads;
            float scale = (float) (1 / Math.sqrt(headDim));
            for (int unit = from; unit < to; unit++) {
                int sequence = unit / heads;
                int column = unit % heads * headDim;
                int own = starts[sequence];
                int[] prefix = prefixes[sequence];
                int n = prefix.length + starts[sequence + 1] - own;
                int firstQuery = positions == null ? prefix.length : positions[sequence];
                int queries = positions == null ? n - prefix.length : 1;
                if (queries == 0) {
                    continue; // all of its rows belong to others
                }
                int queryRow = firstQuery < prefix.length ? prefix[firstQuery] : own + firstQuery - prefix.length;
                int oOff = o.rowOffset(positions == null ? own : sequence) + column;
                if (prefix.length == 0) {
                    int kOff = qkv.rowOffset(own) + d + column;
                    attend(qkv.rowOffset(queryRow) + column, qkv.array(), kOff, kOff + d, qkv.rowStride(), n, headDim, scale, firstQuery, queries, oOff, scratch);
                } else {
                    int gathered = scratch.length - 2 * n * headDim;
                    gather(prefix, own, n, d + column, headDim, scratch, gathered);
                    attend(
                            qkv.rowOffset(queryRow) + column, scratch, gathered, gathered + headDim, 2 * headDim, n, headDim, scale, firstQuery, queries, oOff,
                            scratch);
                }
            }
        }

        /// Copies the keys and values of a sequence's rows, the prefix's first: row i is `[kᵢ; vᵢ]`.
        private void gather(int[] prefix, int own, int n, int column, int headDim, float[] to, int toOff) {
            int d = o.width();
            for (int i = 0; i < n; i++) {
                int from = qkv.rowOffset(i < prefix.length ? prefix[i] : own + i - prefix.length) + column;
                System.arraycopy(qkv.array(), from, to, toOff + 2 * i * headDim, headDim);
                System.arraycopy(qkv.array(), from + d, to, toOff + (2 * i + 1) * headDim, headDim);
            }
        }

        private void attend(
                int qOff, float[] kv, int kOff, int vOff, int ldkv, int n, int headDim, float scale, int firstQuery, int queries, int oOff,
                float[] scratch) {
            if (VectorSupport.ENABLED) {
                FusedAttention.attend(
                        qkv.array(), qOff, qkv.rowStride(), kv, kOff, vOff, ldkv, n, headDim, scale, causal, firstQuery, queries, o.array(), oOff,
                        o.rowStride(), scratch);
            } else {
                AttentionScalar.attend(
                        qkv.array(), qOff, qkv.rowStride(), kv, kOff, vOff, ldkv, n, headDim, scale, causal, firstQuery, queries, o.array(), oOff,
                        o.rowStride(), scratch);
            }
        }
    }
}
