package io.github.clip4j.model;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.nn.AttentionPool;
import io.github.clip4j.nn.Contributions;
import io.github.clip4j.nn.PooledProjection;

/// The cosine of an embedding and a direction, taken apart exactly: how much of it each head of each layer read at each position, what each
/// MLP added, and the rest.
///
/// An embedding is read at one position, the residual stream there is a sum, and the last norm is linear once its mean and deviation are
/// those of this input. With t the direction's unit vector, r the output, P the projection, γ β the norm's gain and bias, σ the deviation
/// of the pooled row (Gandelsman, Efros, Steinhardt 2024, arXiv:2310.05916 §3):
///
/// ```
/// w = Pᵀ·t / ‖r‖          g = (w⊙γ − mean(w⊙γ)) / σ                                    [d]
/// part(layer l, head h, position j) = A_lh[pooled, j] · (v_lh[j] · (W_O,lhᵀ·g))
/// cosine = Σ parts + Σ_l g·mlp_l[pooled] + rest          rest = g·x₀[pooled] + Σ_l g·b_O,l + w·β
/// ```
///
/// An encoder with attention pooling, as SigLIP's for images, has no stream that is read at one position: a probe reads all of them after
/// the last norm, and its output goes through one MLP. That pooling is taken apart, and is the only layer then. With a the attention's
/// output, y = a + mlp(norm(a)) and w = t / ‖y‖:
///
/// ```
/// part(0, head h, position j) = A_h[j] · (v_h[j] · (W_O,hᵀ·w))
/// cosine = Σ parts + w·mlp(norm(a)) + rest          rest = w·b_O
/// ```
///
/// No gradient, and one forward pass. These are direct effects: they say where the last layers found it, not how it came to be there.
/// Immutable.
public final class Decomposition {
    private final double cosine;
    private final double[][][] parts; // layer, head, position
    private final double[] mlps;
    private final double rest;

    private Decomposition(double cosine, double[][][] parts, double[] mlps, double rest) {
        this.cosine = cosine;
        this.parts = parts;
        this.mlps = mlps;
        this.rest = rest;
    }

    /// @param output of the encoder, `[1, p]`
    /// @param direction of unit length, `[p]`
    static Decomposition of(Contributions contributions, PooledProjection head, Tensor output, float[] direction) {
        Scaled scaled = scaled(output, direction);
        PooledProjection.LinearForm form = head.along(scaled.t, contributions.end());
        double[] g = form.slope();
        return new Decomposition(
                scaled.cosine, contributions.ofHeads(g), contributions.ofMlps(g), contributions.ofTheRest(g) + form.constant());
    }

    /// @param output of the encoder, `[1, d]`
    /// @param direction of unit length, `[d]`
    static Decomposition of(AttentionPool.Pooled pooled, Tensor output, float[] direction) {
        Scaled scaled = scaled(output, direction);
        double[] w = scaled.t;
        return new Decomposition(
                scaled.cosine, new double[][][] {pooled.ofHeads(w)}, new double[] {pooled.ofMlp(w)}, pooled.ofTheRest(w));
    }

    /// @param t the direction divided by the length of the output
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Scaled(double cosine, double[] t) {}

    private static Scaled scaled(Tensor output, float[] direction) {
        int p = output.width();
        if (direction.length != p) {
            throw new IllegalArgumentException(
                    "direction: expected %d numbers, as an embedding has, got %d".formatted(p, direction.length));
        }
        double square = 0;
        double product = 0;
        for (int i = 0; i < p; i++) {
            double r = output.array()[output.rowOffset(0) + i];
            square += r * r;
            product += r * direction[i];
        }
        double norm = Math.sqrt(square);
        double[] t = new double[p];
        for (int i = 0; i < p; i++) {
            t[i] = direction[i] / norm;
        }
        return new Scaled(product / norm, t);
    }

    /// {@return the cosine that the parts sum to, up to the rounding of the float32 pass}
    public double cosine() {
        return cosine;
    }

    /// {@return the number of blocks; 1 for attention pooling, which is taken apart alone}
    public int layers() {
        return parts.length;
    }

    /// {@return the number of heads of a block}
    public int heads() {
        return parts[0].length;
    }

    /// {@return the number of positions of the input: for images the class token, if there is one, and then the patches, row by row}
    public int positions() {
        return parts[0][0].length;
    }

    /// {@return what head `head` of block `layer` adds by reading position `position`}
    ///
    /// @param layer from 0
    /// @param head from 0
    /// @param position from 0
    public double part(int layer, int head, int position) {
        return parts[layer][head][position];
    }

    /// {@return what a head adds: the sum over the positions that it reads}
    ///
    /// @param layer from 0
    /// @param head from 0
    public double head(int layer, int head) {
        double sum = 0;
        for (double part : parts[layer][head]) {
            sum += part;
        }
        return sum;
    }

    /// {@return what all heads of all layers add by reading a position}
    ///
    /// @param position from 0
    public double position(int position) {
        double sum = 0;
        for (double[][] layer : parts) {
            for (double[] head : layer) {
                sum += head[position];
            }
        }
        return sum;
    }

    /// {@return what the MLP of a block adds at the pooled position}
    ///
    /// @param layer from 0
    public double mlp(int layer) {
        return mlps[layer];
    }

    /// {@return what no head and no MLP adds: the embedding that the blocks begin with, and all biases of attentions and of the last norm}
    public double rest() {
        return rest;
    }
}
