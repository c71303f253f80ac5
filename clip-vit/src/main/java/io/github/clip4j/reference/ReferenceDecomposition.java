package io.github.clip4j.reference;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// A cosine taken apart in plain double arithmetic: [Decomposition][io.github.clip4j.model.Decomposition] has the formulas, and
/// `ImageEncoder.decompose` the fast path. The parts sum to the cosine within 10⁻¹².
///
/// @param cosine of the output and the direction
/// @param parts what each head adds by reading a position: layer, head, position
/// @param mlps what each MLP adds
/// @param rest what neither adds
@SuppressWarnings("ArrayRecordComponent") // plain numbers to look at; compared part by part
public record ReferenceDecomposition(double cosine, double[][][] parts, double[] mlps, double rest) {
    /// {@return the parts of an image's cosine}
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param direction of unit length, `[p]`
    public static ReferenceDecomposition ofImage(ClipConfig config, Map<String, Tensor> parameters, Tensor pixels, double[] direction) {
        VisionConfig vision = config.vision().orElseThrow();
        Map<String, double[][]> stages = new HashMap<>();
        double[] output = ReferenceClip.watched(config, parameters, stages::put).encodeImage(pixels);
        String projection = vision.projectionDim().isPresent() ? "visual_projection" : "";
        return new Stages(stages, parameters, vision.transformer(), "vision_model.", 0)
                .decompose("pre_layrnorm", "post_layernorm", projection, output, direction);
    }

    /// {@return the parts of the cosine of an image that is read by attention pooling, as SigLIP's: of the pooling, the only layer}
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param direction of unit length, `[d]`
    public static ReferenceDecomposition ofPooledImage(
            ClipConfig config, Map<String, Tensor> parameters, Tensor pixels, double[] direction) {
        TransformerConfig t = config.vision().orElseThrow().transformer();
        Map<String, double[][]> stages = new HashMap<>();
        double[] y = ReferenceSiglip.watched(config, parameters, stages::put).encodeImage(pixels);
        double length = Math.sqrt(Stages.dot(y, y));
        double[] w = new double[y.length]; // t / ‖y‖
        for (int i = 0; i < w.length; i++) {
            w[i] = direction[i] / length;
        }
        Stages of = new Stages(stages, parameters, t, "vision_model.", 0);
        double[][] parts = of.heads("head.attention", ".values", w);
        double mlp = Stages.dot(w, of.row("head.mlp.fc2"));
        double rest = Stages.dot(w, of.weights("vision_model.head.attention.out_proj.bias"));
        return new ReferenceDecomposition(Stages.dot(y, direction) / length, new double[][][] {parts}, new double[] {mlp}, rest);
    }

    /// {@return the parts of a text's cosine}
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    /// @param ids token ids with start and end of text
    /// @param direction of unit length, `[p]`
    public static ReferenceDecomposition ofText(ClipConfig config, Map<String, Tensor> parameters, int[] ids, double[] direction) {
        TextConfig text = config.text().orElseThrow();
        Map<String, double[][]> stages = new HashMap<>();
        double[] output = ReferenceClip.watched(config, parameters, stages::put).encodeText(ids);
        String projection = text.projectionDim().isPresent() ? "text_projection" : "";
        return new Stages(stages, parameters, text.transformer(), "text_model.", text.pooledPosition(ids))
                .decompose("embeddings", "final_layer_norm", projection, output, direction);
    }

    /// Every intermediate result of one pass, by name.
    private record Stages(Map<String, double[][]> of, Map<String, Tensor> parameters, TransformerConfig t, String tower, int pooled) {
        double[] row(String name) {
            return Objects.requireNonNull(of.get(tower + name), name)[pooled];
        }

        float[] weights(String name) {
            return Objects.requireNonNull(parameters.get(name), name).toArray();
        }

        ReferenceDecomposition decompose(String first, String norm, String projection, double[] output, double[] direction) {
            double length = Math.sqrt(dot(output, output));
            double[] w = new double[t.width()]; // Pᵀ·t / ‖r‖
            for (int i = 0; i < direction.length; i++) {
                for (int j = 0; j < w.length; j++) {
                    double p = projection.isEmpty() ? (i == j ? 1 : 0) : weights(projection + ".weight")[i * w.length + j];
                    w[j] += p * direction[i] / length;
                }
            }
            double[] x = row("encoder.layers." + (t.layers() - 1));
            double[] g = slope(w, weights(tower + norm + ".weight"), x);
            double[][][] parts = new double[t.layers()][][];
            double[] mlps = new double[t.layers()];
            double rest = dot(g, row(first)) + dot(w, weights(tower + norm + ".bias"));
            for (int layer = 0; layer < t.layers(); layer++) {
                String block = "encoder.layers." + layer;
                parts[layer] = heads(block + ".self_attn", ".v_proj", g);
                mlps[layer] = dot(g, row(block + ".mlp.fc2"));
                rest += dot(g, weights(tower + block + ".self_attn.out_proj.bias"));
            }
            return new ReferenceDecomposition(dot(output, direction) / length, parts, mlps, rest);
        }

        /// g = (w⊙γ − mean(w⊙γ)) / σ
        private double[] slope(double[] w, float[] gain, double[] x) {
            double mean = 0;
            double weighted = 0;
            for (int i = 0; i < w.length; i++) {
                mean += x[i] / w.length;
                weighted += w[i] * gain[i] / w.length;
            }
            double variance = 0;
            for (double value : x) {
                variance += (value - mean) * (value - mean) / w.length;
            }
            double[] g = new double[w.length];
            for (int i = 0; i < w.length; i++) {
                g[i] = (w[i] * gain[i] - weighted) / Math.sqrt(variance + t.layerNormEpsilon());
            }
            return g;
        }

        /// part(h, j) = A_h[pooled, j] · (v_h[j] · (W_O,hᵀ·g)): head, position
        private double[][] heads(String attention, String values, double[] g) {
            double[][] a = Objects.requireNonNull(of.get(tower + attention + ".weights")); // [h·n, n], or [h, n] for one query
            double[][] v = Objects.requireNonNull(of.get(tower + attention + values)); //     [n, d]
            float[] wo = weights(tower + attention + ".out_proj.weight"); //                  [d, d]
            int n = v.length;
            int headDim = t.width() / t.heads();
            double[][] parts = new double[t.heads()][n];
            for (int c = 0; c < t.width(); c++) {
                double u = 0; // (W_Oᵀ·g)[c]
                for (int i = 0; i < g.length; i++) {
                    u += g[i] * wo[i * t.width() + c];
                }
                int head = c / headDim;
                for (int j = 0; j < n; j++) {
                    parts[head][j] += a[head * (a.length / t.heads()) + pooled][j] * v[j][c] * u;
                }
            }
            return parts;
        }

        private static double dot(double[] a, double[] b) {
            double sum = 0;
            for (int i = 0; i < a.length; i++) {
                sum += a[i] * b[i];
            }
            return sum;
        }

        private static double dot(double[] a, float[] b) {
            double sum = 0;
            for (int i = 0; i < a.length; i++) {
                sum += a[i] * b[i];
            }
            return sum;
        }
    }
}
