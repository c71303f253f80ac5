package io.github.clip4j.reference;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.Objects;
import java.util.function.Function;

/// CLIP in one file: plain loops, double arithmetic, no layers, no kernels, no threads. Read this first; the fast path in `clip.nn` computes the
/// same lines, and the tests hold it against these.
///
/// Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision" (arXiv:2103.00020), as openai/CLIP
/// `clip/model.py` implements it. The shapes behind a line are those of what it makes: n tokens, d the width, h heads of d/h each.
///
/// ```
/// image ─ patches ─ + class token, + positions ─ norm ─ block × layers ─ class token ─ norm ─ projection ─┐
///                                                                                                         ├─ cosine · scale
/// text  ─ tokens ─── + positions ──────────────────── block × layers ─ norm ─ end of text ─── projection ─┘
/// ```
///
/// Parameters are looked up by the names of Hugging Face checkpoints. A matrix of weights is `[out, in]`. Methods that compute a named part take
/// that name, so that a subclass can watch every intermediate result by overriding them.
public class ReferenceClip {
    private final ClipConfig config;
    private final Function<String, Tensor> parameters;

    /// A model over parameters that are looked up by name.
    public ReferenceClip(ClipConfig config, Function<String, Tensor> parameters) {
        this.config = config;
        this.parameters = parameters;
    }

    /// The probabilities of each text for an image: softmax(e^logit_scale · cos(image, textᵢ)) (§2.3, figure 3).
    public double[] classify(Tensor pixels, int[][] texts) {
        double[] image = normalize(encodeImage(pixels)); // [p]
        double[] logits = new double[texts.length];
        for (int i = 0; i < texts.length; i++) {
            logits[i] = Math.exp(parameter("logit_scale")[0]) * dot(image, normalize(encodeText(texts[i])));
        }
        softmax(logits, logits.length);
        return logits;
    }

    /// The image encoder (§2.4): a vision transformer, read off at its class token.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    public double[] encodeImage(Tensor pixels) {
        VisionConfig vision = Objects.requireNonNull(config.vision(), "the model has no image encoder");
        double[][] x = embedPatches("vision_model.embeddings", pixels, vision); //                      [n, d]
        x = layerNorm("vision_model.pre_layrnorm", x, vision.transformer().layerNormEpsilon()); //      [n, d]
        x = transformer("vision_model.encoder.layers.", x, vision.transformer(), false); //             [n, d]
        double[][] pooled = {x[0]}; //                                                                  [1, d]
        pooled = layerNorm("vision_model.post_layernorm", pooled, vision.transformer().layerNormEpsilon());
        return project("visual_projection", pooled, vision.projectionDim())[0]; //                      [p]
    }

    /// The text encoder (§2.4): a transformer in which positions see only what is before them, read off at the end of the text.
    ///
    /// @param ids token ids with start and end of text, and padding if need be
    public double[] encodeText(int[] ids) {
        TextConfig text = Objects.requireNonNull(config.text(), "the model has no text encoder");
        double[][] x = embedTokens("text_model.embeddings", ids, text); //                              [n, d]
        x = transformer("text_model.encoder.layers.", x, text.transformer(), true); //                  [n, d]
        x = layerNorm("text_model.final_layer_norm", x, text.transformer().layerNormEpsilon()); //      [n, d]
        double[][] pooled = {x[text.pooledPosition(ids)]}; //                                           [1, d]
        return project("text_projection", pooled, text.projectionDim())[0]; //                          [p]
    }

    /// x = [class; patch₁·W; patch₂·W; …] + positions (Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1).
    ///
    /// Patches go row by row. W is a convolution kernel, `[d, 3, patchSize, patchSize]`; pixels that do not fill a patch are dropped.
    protected double[][] embedPatches(String name, Tensor pixels, VisionConfig vision) {
        float[] classToken = parameter(name + ".class_embedding");
        float[] kernel = parameter(name + ".patch_embedding.weight");
        float[] positions = parameter(name + ".position_embedding.weight");
        float[] image = pixels.toArray();
        int d = vision.transformer().width();
        int size = vision.imageSize();
        int patch = vision.patchSize();
        double[][] x = new double[vision.tokens()][d];
        for (int i = 0; i < d; i++) {
            x[0][i] = classToken[i];
        }
        for (int row = 0; row < vision.grid(); row++) {
            for (int column = 0; column < vision.grid(); column++) {
                double[] token = x[1 + row * vision.grid() + column];
                for (int i = 0; i < d; i++) {
                    for (int c = 0; c < VisionConfig.CHANNELS; c++) {
                        for (int dy = 0; dy < patch; dy++) {
                            for (int dx = 0; dx < patch; dx++) {
                                double weight = kernel[((i * VisionConfig.CHANNELS + c) * patch + dy) * patch + dx];
                                token[i] += weight * image[(c * size + row * patch + dy) * size + column * patch + dx];
                            }
                        }
                    }
                }
            }
        }
        addPositions(x, positions);
        return x;
    }

    /// `x = tokens[ids] + positions`
    protected double[][] embedTokens(String name, int[] ids, TextConfig text) {
        float[] tokens = parameter(name + ".token_embedding.weight"); //       [vocabulary, d]
        float[] positions = parameter(name + ".position_embedding.weight"); // [context, d]
        int d = text.transformer().width();
        double[][] x = new double[ids.length][d];
        for (int t = 0; t < ids.length; t++) {
            for (int i = 0; i < d; i++) {
                x[t][i] = tokens[ids[t] * d + i];
            }
        }
        addPositions(x, positions);
        return x;
    }

    private static void addPositions(double[][] x, float[] positions) {
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] += positions[t * x[t].length + i];
            }
        }
    }

    private double[][] transformer(String name, double[][] input, TransformerConfig t, boolean causal) {
        double[][] x = input;
        for (int layer = 0; layer < t.layers(); layer++) {
            x = block(name + layer, x, t, causal); // [n, d]
        }
        return x;
    }

    /// x ← x + attention(ln₁(x));  x ← x + mlp(ln₂(x))
    protected double[][] block(String name, double[][] x, TransformerConfig t, boolean causal) {
        double[][] y = layerNorm(name + ".layer_norm1", x, t.layerNormEpsilon());
        x = add(x, attention(name + ".self_attn", y, t.heads(), causal));
        double[][] z = layerNorm(name + ".layer_norm2", x, t.layerNormEpsilon());
        return add(x, mlp(name + ".mlp", z, t.activation()));
    }

    /// Multi-head self-attention: concatₕ(softmax(qₕ·kₕᵀ / √dₕ)·vₕ)·Wₒ (Vaswani et al. 2017, arXiv:1706.03762 §3.2).
    protected double[][] attention(String name, double[][] y, int heads, boolean causal) {
        double[][] q = linear(name + ".q_proj", y); // [n, d]
        double[][] k = linear(name + ".k_proj", y); // [n, d]
        double[][] v = linear(name + ".v_proj", y); // [n, d]
        return linear(name + ".out_proj", attend(name, q, k, v, heads, causal));
    }

    /// For each head: every position's output is a mean of the values, weighted by how its query meets the keys. Causal: of no later position.
    protected double[][] attend(String name, double[][] q, double[][] k, double[][] v, int heads, boolean causal) {
        int n = q.length;
        int d = q[0].length;
        int headDim = d / heads;
        double[][] o = new double[n][d];
        for (int head = 0; head < heads; head++) {
            int first = head * headDim;
            for (int i = 0; i < n; i++) {
                int visible = causal ? i + 1 : n;
                double[] weights = new double[n];
                for (int j = 0; j < visible; j++) {
                    for (int c = first; c < first + headDim; c++) {
                        weights[j] += q[i][c] * k[j][c] / Math.sqrt(headDim);
                    }
                }
                softmax(weights, visible);
                for (int j = 0; j < visible; j++) {
                    for (int c = first; c < first + headDim; c++) {
                        o[i][c] += weights[j] * v[j][c];
                    }
                }
            }
        }
        return o;
    }

    /// fc₂(activation(fc₁(z)))
    protected double[][] mlp(String name, double[][] z, Activation activation) {
        return linear(name + ".fc2", activate(name, linear(name + ".fc1", z), activation));
    }

    /// The activation of every element, in place.
    protected double[][] activate(String name, double[][] h, Activation activation) {
        for (double[] row : h) {
            for (int i = 0; i < row.length; i++) {
                double x = row[i];
                row[i] =
                        switch (activation) {
                            case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x)); // x·σ(1.702·x)
                            case GELU -> x * (1 + erf(x / Math.sqrt(2))) / 2; // x·Φ(x)
                            case GELU_TANH -> x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2;
                        };
            }
        }
        return h;
    }

    /// (x − μ) / √(σ² + ε) · gain + bias, row by row (Ba, Kiros and Hinton 2016, arXiv:1607.06450 §3).
    protected double[][] layerNorm(String name, double[][] x, double epsilon) {
        float[] gain = parameter(name + ".weight"); // [d]
        float[] bias = parameter(name + ".bias"); //   [d]
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            int d = x[t].length;
            double mean = 0;
            for (double value : x[t]) {
                mean += value / d;
            }
            double variance = 0;
            for (double value : x[t]) {
                variance += (value - mean) * (value - mean) / d;
            }
            y[t] = new double[d];
            for (int i = 0; i < d; i++) {
                y[t][i] = (x[t][i] - mean) / Math.sqrt(variance + epsilon) * gain[i] + bias[i];
            }
        }
        return y;
    }

    /// y = x·Wᵀ + b
    protected double[][] linear(String name, double[][] x) {
        float[] bias = parameter(name + ".bias"); // [out]
        double[][] y = multiply(x, parameter(name + ".weight"), bias.length);
        for (double[] row : y) {
            for (int i = 0; i < row.length; i++) {
                row[i] += bias[i];
            }
        }
        return y;
    }

    /// The linear map into the common space, without a bias; nothing when a tower ends before it.
    protected double[][] project(String name, double[][] x, int projectionDim) {
        return projectionDim == 0 ? x : multiply(x, parameter(name + ".weight"), projectionDim);
    }

    /// x·Wᵀ, W `[out, in]`
    private static double[][] multiply(double[][] x, float[] weight, int out) {
        double[][] y = new double[x.length][out];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < out; i++) {
                for (int j = 0; j < x[t].length; j++) {
                    y[t][i] += x[t][j] * weight[i * x[t].length + j];
                }
            }
        }
        return y;
    }

    private static double[][] add(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][a[0].length];
        for (int t = 0; t < a.length; t++) {
            for (int i = 0; i < sum[t].length; i++) {
                sum[t][i] = a[t][i] + b[t][i];
            }
        }
        return sum;
    }

    /// e^xᵢ / Σⱼ e^xⱼ of the first n elements, in place; the maximum is subtracted so that nothing overflows.
    private static void softmax(double[] x, int n) {
        double max = x[0];
        for (int i = 1; i < n; i++) {
            max = Math.max(max, x[i]);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            x[i] = Math.exp(x[i] - max);
            sum += x[i];
        }
        for (int i = 0; i < n; i++) {
            x[i] /= sum;
        }
    }

    /// x / ‖x‖₂
    private static double[] normalize(double[] x) {
        double[] unit = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            unit[i] = x[i] / Math.sqrt(dot(x, x));
        }
        return unit;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /// erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ·x^(2n+1) / (1·3·…·(2n+1)), whose terms are all of one sign (Abramowitz and Stegun 7.1.6).
    private static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x); // 1 − erf(6) = 2·10⁻¹⁷
        }
        double term = x;
        double sum = 0;
        for (int n = 0; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            sum += term;
            term *= 2 * x * x / (2 * n + 3);
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    private float[] parameter(String name) {
        return parameters.apply(name).toArray();
    }
}
