package io.github.clip4j.nn;

/// The table of positions that is computed rather than learnt: sines of falling frequencies, then their cosines (Vaswani et al. 2017,
/// arXiv:1706.03762 §3.5, in the order of tensor2tensor; transformers `modeling_m2m_100.py`, `get_embedding`).
///
/// ```
/// row p:  sin(p·f₀) sin(p·f₁) … sin(p·fₕ₋₁) cos(p·f₀) … cos(p·fₕ₋₁)    h = d/2, fᵢ = 10000^(−i/(h−1))
/// ```
final class Sinusoids {
    private static final double LONGEST = 10_000;

    private Sinusoids() {}

    /// Rows `first` to `first + count`. Models were trained with a table in float32: each step is rounded to it, as PyTorch does.
    /// Exact values would be off by up to 6e-6 within 80 positions. PyTorch's own exp, sin and cos may miss the nearest float, so that
    /// single numbers differ by the last bit of a frequency, up to 1e-6.
    ///
    /// @param width an odd one ends with a zero
    /// @return `[count, width]`
    static float[] rows(int first, int count, int width) {
        int half = width / 2;
        float step = (float) -(Math.log(LONGEST) / (half - 1));
        float[] rows = new float[count * width];
        for (int i = 0; i < half; i++) {
            float frequency = (float) Math.exp(i * step);
            for (int row = 0; row < count; row++) {
                float angle = (first + row) * frequency;
                rows[row * width + i] = (float) Math.sin(angle);
                rows[row * width + half + i] = (float) Math.cos(angle);
            }
        }
        return rows;
    }
}
