package io.github.clip4j.core.ops;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.kernel.gemm.FusedAttention;
import io.github.clip4j.core.parallel.Workers;
import org.jspecify.annotations.Nullable;

/// Multi-head self-attention, between the projections of its inputs and that of its output.
///
/// Sequences lie one after the other in the rows of a matrix and may differ in length: there is no padding, and so no padding mask.
/// `starts` holds the first row of each sequence, and the number of rows at the end. A causal sequence may continue rows that belong to
/// others: its `prefix` names them, in order, and its own rows follow.
///
/// One at a time, as [MatMul].
public final class SelfAttention {
    private static final int[] NOTHING = {};
    private static final int[][] NO_PREFIXES = {};

    private final float[][] scratch; // of each worker
    private final Workers workers;
    private final Workers.Task share = this::share;

    // The attention in hand; its units of work are the heads of the sequences.
    private Tensor qkv = Tensor.zeros(1, 1);
    private Tensor o = qkv;
    private int[] starts = NOTHING;
    private int[][] prefixes = NO_PREFIXES;
    private int @Nullable [] positions; // the one query of each sequence, or null for all of them
    private int heads = 1;
    private boolean causal;

    /// For sequences of up to `tokens` positions, prefixes included.
    public SelfAttention(int tokens, int headDim, Workers workers) {
        // keys and values behind a prefix
        this.scratch = new float[workers.threads()][FusedAttention.scratchSize(tokens, headDim) + 2 * tokens * headDim];
        this.workers = workers;
    }

    /// The memory of its scratch, in bytes.
    public long bytes() {
        return (long) scratch.length * scratch[0].length * Float.BYTES;
    }

    /// o = concatₕ softmax(qₕ·kₕᵀ / √headDim)·vₕ for every position of each sequence.
    ///
    /// @param qkv `[m, 3·d]`: queries, keys and values of a row side by side
    /// @param prefixes for each sequence, the rows before its own
    /// @param causal whether a position attends to itself and earlier positions only
    /// @param o `[m, d]`, overwritten
    public void attend(Tensor qkv, int[] starts, int[][] prefixes, int heads, boolean causal, Tensor o) {
        run(qkv, starts, prefixes, null, qkv.rows(), heads, causal, o);
    }

    /// The same for one position of each sequence, as the last layer needs it: `positions[s]`, counted from the beginning of
    /// sequence s, its prefix included.
    ///
    /// @param o `[sequences, d]`, overwritten
    public void attendAt(int[] positions, Tensor qkv, int[] starts, int[][] prefixes, int heads, boolean causal, Tensor o) {
        run(qkv, starts, prefixes, positions, starts.length - 1, heads, causal, o);
    }

    private void run(
            Tensor input, int[] firstRows, int[][] before, int @Nullable [] queried, int queries, int headCount, boolean isCausal,
            Tensor output) {
        int d = output.width();
        int rows = firstRows[firstRows.length - 1];
        if (d % headCount != 0 || input.width() != 3 * d || input.rows() != rows || output.rows() != queries) {
            throw new IllegalArgumentException("attention with %d heads over %d rows: expected qkv [%d, 3·d] and o [%d, d], got %s and %s"
                    .formatted(headCount, rows, rows, queries, input.shape(), output.shape()));
        }
        qkv = input;
        o = output;
        starts = firstRows;
        prefixes = before;
        positions = queried;
        heads = headCount;
        causal = isCausal;
        workers.run(share);
    }

    private void share(int worker) {
        int units = (starts.length - 1) * heads;
        attendUnits(scratch[worker], Workers.share(units, workers.threads(), worker), Workers.share(units, workers.threads(), worker + 1));
    }

    private void attendUnits(float[] buffer, int from, int to) {
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
                attend(qkv.rowOffset(queryRow) + column, qkv.array(), kOff, kOff + d, qkv.rowStride(), n, headDim, scale, firstQuery,
                        queries, oOff, buffer);
            } else {
                int gathered = buffer.length - 2 * n * headDim;
                gather(prefix, own, n, d + column, headDim, buffer, gathered);
                attend(
                        qkv.rowOffset(queryRow) + column, buffer, gathered, gathered + headDim, 2 * headDim, n, headDim, scale, firstQuery,
                        queries, oOff, buffer);
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
            float[] buffer) {
        FusedAttention.attend(
                workers.form(), qkv.array(), qOff, qkv.rowStride(), kv, kOff, vOff, ldkv, n, headDim, scale, causal, firstQuery, queries,
                o.array(), oOff, o.rowStride(), buffer);
    }
}
