package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// y = norm(x)·Pᵀ, or norm(x)·Pᵀ + b: the end of a tower that is read at one position of each sequence. Immutable.
public final class PooledProjection {
    private final LayerNormLayer norm;
    private final @Nullable Linear projection;

    private PooledProjection(LayerNormLayer norm, @Nullable Linear projection) {
        this.norm = norm;
        this.projection = projection;
    }

    /// Reads one whose projection has no bias.
    ///
    /// @param norm the name of the norm
    /// @param projection the name of the projection, which is not read when there is no `dim`
    /// @param dim the width of y; empty when the tower ends with the norm
    public PooledProjection(ParameterReader parameters, String norm, String projection, int width, OptionalInt dim, double epsilon)
            throws IOException {
        this(
                new LayerNormLayer(parameters, norm, width, epsilon),
                dim.isEmpty() ? null : Linear.readWithoutBias(parameters, dim.getAsInt(), width, projection));
    }

    /// Reads one whose projection has a bias.
    public static PooledProjection withBias(
            ParameterReader parameters, String norm, String projection, int width, OptionalInt dim, double epsilon) throws IOException {
        LayerNormLayer read = new LayerNormLayer(parameters, norm, width, epsilon);
        return new PooledProjection(read, dim.isEmpty() ? null : Linear.read(parameters, dim.getAsInt(), width, projection));
    }

    /// What [#withBias] reads.
    public static Stream<TensorSpec> specsWithBias(String norm, String projection, int width, OptionalInt dim) {
        Stream<TensorSpec> ofNorm = LayerNormLayer.specs(norm, width);
        return dim.isEmpty() ? ofNorm : Stream.concat(ofNorm, Linear.specs(dim.getAsInt(), width, projection));
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String norm, String projection, int width, OptionalInt dim) {
        Stream<TensorSpec> ofNorm = LayerNormLayer.specs(norm, width);
        return dim.isEmpty() ? ofNorm : Stream.concat(ofNorm, Linear.specsWithoutBias(dim.getAsInt(), width, projection));
    }

    /// y = norm(x)·Pᵀ
    ///
    /// @param x the pooled rows, `[sequences, d]`, overwritten
    /// @param y `[sequences, dim]`, or `[sequences, d]` without a projection; overwritten
    public void forward(Tensor x, Tensor y, Workspace ws) {
        if (projection == null) {
            norm.forward(x, y, ws); //       [sequences, d]
        } else {
            norm.forward(x, x, ws);
            projection.forward(x, y, ws); // [sequences, dim]
        }
    }

    /// A linear function of the pooled row: its value is `slope`·x + `constant`.
    ///
    /// @param slope `[d]`
    /// @param constant what does not depend on x
    @SuppressWarnings("ArrayRecordComponent") // passed on at once, never compared
    public record LinearForm(double[] slope, double constant) {}

    /// {@return t·y as a linear function of x: the norm is one for rows of the mean and deviation of this x}
    ///
    /// @param x the pooled row, `[d]`
    /// @param t `[dim]`, or `[d]` without a projection
    public LinearForm along(double[] t, double[] x) {
        double[] w = projection == null ? t : projection.weighInputs(t); // [d]
        return new LinearForm(norm.slope(w, x), norm.weighBias(w) + (projection == null ? 0 : projection.weighBias(t)));
    }

    /// The same for one sequence, and `trace` sees the norm of all rows it is given and the projection of row `pooled`.
    ///
    /// @param x `[n, d]`
    /// @return `[1, dim]`, or `[1, d]` without a projection
    public Tensor trace(Tensor x, int pooled, Workspace ws, Trace trace) {
        Tensor z = Tensor.zeros(x.rows(), x.width());
        norm.trace(x, z, ws, trace);
        Tensor row = z.rows(pooled, 1); // [1, d]
        return projection == null ? Tensor.of(row.toArray(), row.shape()) : projection.trace(row, ws, trace);
    }
}
