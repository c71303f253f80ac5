package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.LayerNorm;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.SelfAttention;
import io.github.clip4j.core.parallel.Workers;

/// The scratch of one forward pass and the operations that work in it, made before it: a pass allocates nothing. Never shared by two passes
/// at once.
///
/// Row strides are padded by 16 floats, because widths such as 1024 and 3072 would put all rows of a tile into the same few sets of L1.
public final class Workspace {
    private static final int PADDING = 16;

    private final FirstRows residual; //       [m, d]
    private final FirstRows normed; //         [m, d]
    private final FirstRows queryKeyValues; // [m, 3·d]
    private final FirstRows attended; //       [m, d]
    private final FirstRows hidden; //         [m, mlpWidth]
    private final FirstRows pooled; //         [sequences, d]
    private final MatMul matMul;
    private final SelfAttention selfAttention;
    private final LayerNorm layerNorm;
    private final int maxTokens;

    /// Scratch for up to `rows` rows in up to `sequences` sequences of up to `tokens` positions.
    ///
    /// @param inputScratch the floats of scratch that the tower's first matrix products need, 0 when it has none
    public Workspace(int rows, int sequences, int tokens, int width, int heads, int mlpWidth, int inputScratch, Workers workers) {
        this.maxTokens = tokens;
        this.residual = matrix(rows, width);
        this.normed = matrix(rows, width);
        this.queryKeyValues = matrix(rows, 3 * width);
        this.attended = matrix(rows, width);
        this.hidden = matrix(rows, mlpWidth);
        this.pooled = matrix(sequences, width);
        this.matMul = new MatMul(
                Math.max(
                        MatMul.scratchSize(rows, width, mlpWidth),
                        Math.max(
                                MatMul.scratchSize(rows, mlpWidth, width),
                                Math.max(MatMul.scratchSize(rows, width, 3 * width), inputScratch))),
                workers);
        this.selfAttention = new SelfAttention(tokens, width / heads, workers);
        this.layerNorm = new LayerNorm(workers);
    }

    private static FirstRows matrix(int rows, int width) {
        return new FirstRows(rows, width, width + PADDING);
    }

    /// Whether a pass over `rows` rows in `sequences` sequences of up to `tokens` positions fits.
    public boolean fits(int rows, int sequences, int tokens) {
        return rows <= residual.rows() && sequences <= pooled.rows() && tokens <= maxTokens;
    }

    /// The memory that it takes, in bytes.
    public long bytes() {
        return residual.bytes() + normed.bytes() + queryKeyValues.bytes() + attended.bytes() + hidden.bytes() + pooled.bytes()
                + matMul.bytes() + selfAttention.bytes();
    }

    /// The residual stream of `m` rows.
    public Tensor residual(int m) {
        return residual.get(m);
    }

    /// One row a sequence: the residual stream where it is pooled.
    public Tensor pooled(int sequences) {
        return pooled.get(sequences);
    }

    Tensor normed(int m) {
        return normed.get(m);
    }

    Tensor queryKeyValues(int m) {
        return queryKeyValues.get(m);
    }

    Tensor attended(int m) {
        return attended.get(m);
    }

    Tensor hidden(int m) {
        return hidden.get(m);
    }

    MatMul matMul() {
        return matMul;
    }

    SelfAttention selfAttention() {
        return selfAttention;
    }

    LayerNorm layerNorm() {
        return layerNorm;
    }
}
