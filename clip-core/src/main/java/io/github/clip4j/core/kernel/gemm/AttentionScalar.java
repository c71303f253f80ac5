package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.SoftmaxScalar;

/// Scaled dot-product attention of one head over one sequence, by definition, with sums in double.
public final class AttentionScalar {
    private AttentionScalar() {}

    /// o = softmax(scale·q·kᵀ)·v (Vaswani et al. 2017, arXiv:1706.03762 §3.2.1).
    ///
    /// q is `[queries, headDim]` with rows `ldq` apart, the first of them at position `firstQuery` of the sequence; k and v are `[n, headDim]` at
    /// `kOff` and `vOff` of one array, rows `ldkv` apart; o is `[queries, headDim]`, rows `ldo` apart.
    ///
    /// @param causal whether position i attends to positions 0..i only
    /// @param scratch at least [FusedAttention#scratchSize(int, int)] floats
    public static void attend(
            float[] q, int qOff, int ldq, float[] kv, int kOff, int vOff, int ldkv, int n, int headDim, float scale, boolean causal,
            int firstQuery, int queries, float[] o, int oOff, int ldo, float[] scratch) {
        for (int i = 0; i < queries; i++) {
            int keys = causal ? firstQuery + i + 1 : n;
            for (int j = 0; j < keys; j++) {
                double dot = 0;
                for (int p = 0; p < headDim; p++) {
                    dot += (double) q[qOff + i * ldq + p] * kv[kOff + j * ldkv + p];
                }
                scratch[j] = (float) dot;
            }
            SoftmaxScalar.softmax(scratch, 0, keys, keys, scale);
            for (int p = 0; p < headDim; p++) {
                double sum = 0;
                for (int j = 0; j < keys; j++) {
                    sum += (double) scratch[j] * kv[vOff + j * ldkv + p];
                }
                o[oOff + i * ldo + p] = (float) sum;
            }
        }
    }
}
