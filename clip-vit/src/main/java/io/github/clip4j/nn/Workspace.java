package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.SelfAttention;
import io.github.clip4j.core.parallel.Workers;

/// The scratch of one forward pass, allocated before it: `forward` allocates nothing. Never shared by two passes at once.
///
/// Row strides are padded by 16 floats, because widths such as 1024 and 3072 would put all rows of a tile into the same few sets of L1.
public final class Workspace {
    private static final int PADDING = 16;

    private final Workers workers;
    private final Tensor residual; //       [m, d]
    private final Tensor normed; //         [m, d]
    private final Tensor queryKeyValues; // [m, 3·d]
    private final Tensor attended; //       [m, d]
    private final Tensor hidden; //         [m, mlpWidth]
    private final Tensor pooled; //         [sequences, d]
    private final float[] matMulScratch;
    private final float[][] attentionScratch;
    private final int maxTokens;

    /// Scratch for up to `rows` rows in up to `sequences` sequences of up to `tokens` positions.
    ///
    /// @param inputWidth the width of what the tower's first matrix product reads, 0 when it has none
    public Workspace(int rows, int sequences, int tokens, int width, int heads, int mlpWidth, int inputWidth, Workers workers) {
        this.workers = workers;
        this.maxTokens = tokens;
        this.residual = matrix(rows, width);
        this.normed = matrix(rows, width);
        this.queryKeyValues = matrix(rows, 3 * width);
        this.attended = matrix(rows, width);
        this.hidden = matrix(rows, mlpWidth);
        this.pooled = matrix(sequences, width);
        this.matMulScratch = new float[Math.max(
                MatMul.scratchSize(rows, width, mlpWidth),
                Math.max(MatMul.scratchSize(rows, mlpWidth, width), MatMul.scratchSize(rows, Math.max(width, inputWidth), 3 * width)))];
        this.attentionScratch = new float[workers.threads()][SelfAttention.scratchSize(tokens, width / heads)];
    }

    private static Tensor matrix(int rows, int width) {
        return Tensor.matrix(rows, width, width + PADDING);
    }

    /// Whether a pass over `rows` rows in `sequences` sequences of up to `tokens` positions fits.
    public boolean fits(int rows, int sequences, int tokens) {
        return rows <= residual.rows() && sequences <= pooled.rows() && tokens <= maxTokens;
    }

    public Workers workers() {
        return workers;
    }

    /// The residual stream of `m` rows.
    public Tensor residual(int m) {
        return residual.rows(0, m);
    }

    /// One row a sequence: the residual stream where it is pooled.
    public Tensor pooled(int sequences) {
        return pooled.rows(0, sequences);
    }

    Tensor normed(int m) {
        return normed.rows(0, m);
    }

    Tensor queryKeyValues(int m) {
        return queryKeyValues.rows(0, m);
    }

    Tensor attended(int m) {
        return attended.rows(0, m);
    }

    Tensor hidden(int m) {
        return hidden.rows(0, m);
    }

    float[] matMulScratch() {
        return matMulScratch;
    }

    float[][] attentionScratch() {
        return attentionScratch;
    }
}
