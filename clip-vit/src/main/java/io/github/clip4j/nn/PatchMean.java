package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MeanRows;

/// y = norm(mean(x[patches]))·Pᵀ: the end of CLIPA's image encoder, which leaves the class token out. Immutable.
///
/// @param projection the norm and the matrix
public record PatchMean(PooledProjection projection) {
    /// Computes it for a batch.
    ///
    /// @param x `[b·n, d]`, the class token before the patches of each image
    /// @param n the rows of an image
    /// @param y `[b, dim]`, overwritten
    public void forward(Tensor x, int n, Tensor y, Workspace ws) {
        projection.forward(mean(x, n, ws), y, ws);
    }

    /// The same for one image, and `trace` sees the norm and the projection.
    ///
    /// @return `[1, dim]`
    public Tensor trace(Tensor x, Workspace ws, Trace trace) {
        return projection.trace(mean(x, x.rows(), ws), 0, ws, trace);
    }

    private static Tensor mean(Tensor x, int n, Workspace ws) {
        Tensor pooled = ws.pooled(x.rows() / n); // [b, d]
        for (int image = 0; image < pooled.rows(); image++) {
            MeanRows.mean(x, image * n + 1, (image + 1) * n, pooled, image);
        }
        return pooled;
    }
}
