package io.github.clip4j.reference;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiConsumer;

/// SigLIP on one page: what it does otherwise than CLIP. What both do is called by name on [ReferenceClip], whose blocks, attention, norms
/// and linear layers they share; read that first. Double arithmetic, plain loops. Thread-safe.
///
/// Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training" (arXiv:2303.15343), as transformers `modeling_siglip.py` implements it.
/// SigLIP 2 of a fixed resolution (Tschannen et al. 2025, arXiv:2502.14786) has the same equations.
///
/// ```
/// image ─ patches + positions ─ block × layers ─ norm ─ the probe attends to all ─ + mlp(norm(·)) ─┐
///                                                                                                  ├─ σ(cosine · scale + bias)
/// text ── tokens + positions ── block × layers ─ norm ─ the last position ────────── linear ───────┘
/// ```
///
/// | | SigLIP | CLIP |
/// |---|---|---|
/// | patches | with a bias | without, and a class token before them |
/// | before the blocks | nothing | a norm of images |
/// | an image is read | by a learnt query | at the class token |
/// | a text position sees | all positions, padding too: every text fills the context | itself and earlier ones |
/// | a text is read | at the last position | at its end |
/// | probabilities | each text by itself | sum to one |
///
/// Letters: n tokens (64 patches in B/32-256, 64 positions of a text), d width, h heads, p width of an embedding.
public final class ReferenceSiglip {
    private final ClipConfig config;
    private final ReferenceClip clip;

    private ReferenceSiglip(ClipConfig config, ReferenceClip clip) {
        this.config = config;
        this.clip = clip;
    }

    /// A model over parameters by name. Neither is copied.
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    public ReferenceSiglip(ClipConfig config, Map<String, Tensor> parameters) {
        this(config, new ReferenceClip(config, parameters));
    }

    /// {@return a model that shows every intermediate result to a witness, as [ReferenceClip#watched]}
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    /// @param witness is told the name and the rows of each result
    public static ReferenceSiglip watched(ClipConfig config, Map<String, Tensor> parameters, BiConsumer<String, double[][]> witness) {
        return new ReferenceSiglip(config, ReferenceClip.watched(config, parameters, witness));
    }

    /// {@return for each text the probability that it belongs to the image, whatever the others are: σ(logit) = 1 / (1 + e^−logit) (§3.2)}
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param texts the token ids of each text, padded to the context
    public double[] classify(Tensor pixels, int[][] texts) {
        return Arrays.stream(logits(pixels, texts)).map(logit -> 1 / (1 + Math.exp(-logit))).toArray();
    }

    /// {@return the logit of each text for an image: e^logit_scale · cos(image, textᵢ) + logit_bias (§3.2)}
    ///
    /// Nearly all pairs of a batch are negative, so the bias starts at −10: it makes the first predictions right, and the first steps of
    /// training small (§3.2).
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param texts the token ids of each text, padded to the context
    public double[] logits(Tensor pixels, int[][] texts) {
        double scale = Math.exp(clip.parameter("logit_scale")[0]);
        double bias = clip.parameter("logit_bias")[0];
        double[] image = ReferenceClip.normalize(encodeImage(pixels)); //                               [d]
        return Arrays.stream(texts)
                .mapToDouble(text -> scale * ReferenceClip.dot(image, ReferenceClip.normalize(encodeText(text))) + bias)
                .toArray();
    }

    /// The image encoder.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @return the embedding, not yet of unit length, `[d]`
    public double[] encodeImage(Tensor pixels) {
        VisionConfig vision = config.vision().orElseThrow(() -> new IllegalStateException("the model has no image encoder"));
        TransformerConfig t = vision.transformer();
        double[][] x = clip.linear("vision_model.embeddings.patch_embedding", patches(pixels.toArray(), vision)); // [n, d]
        ReferenceClip.addPositions(x, clip.parameter("vision_model.embeddings.position_embedding.weight")); // [n, d]
        clip.named("vision_model.embeddings", x);
        x = clip.transformer("vision_model.encoder.layers.", x, t, false); //                           [n, d]
        x = clip.layerNorm("vision_model.post_layernorm", x, t.layerNormEpsilon()); //                  [n, d]
        return attentionPool("vision_model.head", x, t)[0]; //                                          [d]
    }

    /// The text encoder. Nothing is masked, padding neither: the model learnt to see it.
    ///
    /// @param ids token ids, padded to the context
    /// @return the embedding, not yet of unit length, `[p]`; `[d]` when the tower has no projection
    public double[] encodeText(int[] ids) {
        TransformerConfig t = config.text().orElseThrow(() -> new IllegalStateException("the model has no text encoder")).transformer();
        double[][] x = clip.embedTokens("text_model.embeddings", ids, config.text().get()); //          [n, d]
        x = clip.transformer("text_model.encoder.layers.", x, t, false); //                             [n, d]
        x = clip.layerNorm("text_model.final_layer_norm", x, t.layerNormEpsilon()); //                  [n, d]
        double[][] pooled = {x[x.length - 1]}; //                                                       [1, d]
        return config.text().get().projectionDim().isEmpty() ? pooled[0] : clip.linear("text_model.head", pooled)[0]; // [p]
    }

    /// Row i holds the pixels of patch i, channel by channel; patches go row by row, and what fills none is dropped.
    private static double[][] patches(float[] image, VisionConfig vision) {
        int patch = vision.patchSize();
        double[][] rows = new double[vision.patches()][vision.patchElements()];
        for (int i = 0; i < rows.length; i++) {
            int top = i / vision.grid() * patch;
            int left = i % vision.grid() * patch;
            for (int j = 0; j < rows[i].length; j++) {
                int c = j / (patch * patch);
                int y = top + j / patch % patch;
                rows[i][j] = image[(c * vision.imageSize() + y) * vision.imageSize() + left + j % patch];
            }
        }
        return rows;
    }

    /// a + mlp(norm(a)), where a = concatₕ(softmax(qₕ·kₕᵀ / √(d/h))·vₕ)·Woᵀ + bo has one query, the probe, and x for keys and values
    /// (Zhai et al. 2021, arXiv:2106.04560 §3.3). Queries, keys and values are the thirds of one matrix, as PyTorch's attention has them.
    private double[][] attentionPool(String name, double[][] x, TransformerConfig t) {
        int d = t.width();
        float[] weight = clip.parameter(name + ".attention.in_proj_weight"); //                         [3·d, d]
        float[] bias = clip.parameter(name + ".attention.in_proj_bias"); //                             [3·d]
        double[][] probe = new double[1][d];
        for (int i = 0; i < d; i++) {
            probe[0][i] = clip.parameter(name + ".probe")[i];
        }
        double[] q = third(probe, weight, bias, 0)[0]; //                                               [d]
        double[][] k = third(x, weight, bias, 1); //                                                    [n, d]
        double[][] v = third(x, weight, bias, 2); //                                                    [n, d]
        clip.named(name + ".attention.values", v);
        double[][] o = new double[1][d];
        double[][] weights = new double[t.heads()][]; //                                                [h, n]
        int headDim = t.headDim();
        for (int first = 0; first < d; first += headDim) {
            double[] a = new double[x.length]; // how much of each position goes into the output
            for (int j = 0; j < x.length; j++) {
                for (int c = first; c < first + headDim; c++) {
                    a[j] += q[c] * k[j][c] / Math.sqrt(headDim);
                }
            }
            ReferenceClip.softmax(a, a.length);
            weights[first / headDim] = a;
            for (int c = first; c < first + headDim; c++) {
                for (int j = 0; j < x.length; j++) {
                    o[0][c] += a[j] * v[j][c];
                }
            }
        }
        clip.named(name + ".attention.weights", weights);
        double[][] a = clip.linear(name + ".attention.out_proj", o); //                                 [1, d]
        double[][] y = clip.layerNorm(name + ".layernorm", a, t.layerNormEpsilon()); //                 [1, d]
        return clip.named(name, ReferenceClip.add(a, clip.mlp(name + ".mlp", y, t.activation()))); //   [1, d]
    }

    /// x·Wᵀ + b with a third of the rows of W and b.
    private static double[][] third(double[][] x, float[] weight, float[] bias, int third) {
        int d = x[0].length;
        double[][] y = ReferenceClip.multiply(x, Arrays.copyOfRange(weight, third * d * d, (third + 1) * d * d), d);
        for (double[] row : y) {
            for (int i = 0; i < d; i++) {
                row[i] += bias[third * d + i];
            }
        }
        return y;
    }
}
