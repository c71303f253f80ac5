package io.github.clip4j.model;

/// Position embeddings of one grid of patches, resampled for another, so that a model sees images of another size than it was trained on.
///
/// Both reference implementations call PyTorch's bicubic `interpolate`, but not the same one. Without antialiasing the cubic has a = −¾ and
/// four taps whatever the scale; with it a = −½, and the filter widens when the grid shrinks (PyTorch `UpSampleKernel.cpp`).
public enum PositionInterpolation {
    /// transformers `modeling_clip.py` and `modeling_siglip.py`, `interpolate_pos_encoding`: without antialiasing.
    HUGGING_FACE(-0.75, false),
    /// open_clip `pos_embed.py`, `resize_pos_embed`, and timm `pos_embed.py`, `resample_abs_pos_embed`: with antialiasing.
    OPEN_CLIP(-0.5, true);

    private final double a;
    private final boolean antialias;

    PositionInterpolation(double a, boolean antialias) {
        this.a = a;
        this.antialias = antialias;
    }

    /// {@return the embeddings for a grid of `to` × `to` patches}
    ///
    /// @param positions `[before + from·from, d]`
    /// @param before the positions before those of the patches, which are kept: 1 for a class token, else 0
    /// @param from the edge of the grid that they were trained for, patches
    /// @param to the edge of the new grid, patches
    /// @param d the width of an embedding
    public float[] resize(float[] positions, int before, int from, int to, int d) {
        double[][] weights = weights(from, to);
        float[] out = new float[(before + to * to) * d];
        System.arraycopy(positions, 0, out, 0, before * d);
        double[] rows = new double[from * to * d]; // [from, to, d]: each row resampled
        for (int y = 0; y < from; y++) {
            for (int x = 0; x < to; x++) {
                for (int j = 0; j < from; j++) {
                    for (int c = 0; c < d; c++) {
                        rows[(y * to + x) * d + c] += weights[x][j] * positions[(before + y * from + j) * d + c];
                    }
                }
            }
        }
        for (int y = 0; y < to; y++) {
            for (int x = 0; x < to; x++) {
                for (int c = 0; c < d; c++) {
                    double sum = 0;
                    for (int j = 0; j < from; j++) {
                        sum += weights[y][j] * rows[(j * to + x) * d + c];
                    }
                    out[(before + y * to + x) * d + c] = (float) sum;
                }
            }
        }
        return out;
    }

    /// The weight of each old position in each new one, `[to, from]`.
    private double[][] weights(int from, int to) {
        double[][] weights = new double[to][from];
        double scale = (double) from / to;
        for (int i = 0; i < to; i++) {
            double centre = (i + 0.5) * scale;
            if (antialias) {
                double width = Math.max(scale, 1);
                int first = Math.max(0, (int) (centre - 2 * width + 0.5));
                int end = Math.min(from, (int) (centre + 2 * width + 0.5));
                double sum = 0;
                for (int j = first; j < end; j++) {
                    weights[i][j] = cubic((j - centre + 0.5) / width);
                    sum += weights[i][j];
                }
                for (int j = first; j < end; j++) {
                    weights[i][j] /= sum;
                }
            } else {
                int at = (int) Math.floor(centre - 0.5);
                for (int tap = at - 1; tap <= at + 2; tap++) {
                    weights[i][Math.clamp(tap, 0, from - 1)] += cubic(tap - (centre - 0.5)); // beyond the edge, the edge counts again
                }
            }
        }
        return weights;
    }

    /// Keys' cubic (1981, doi:10.1109/TASSP.1981.1163711).
    private double cubic(double offset) {
        double x = Math.abs(offset);
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
