package io.github.clip4j.reference;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiConsumer;

/// CLIP in one file: plain loops, double arithmetic, no layers, no kernels, no threads. Read this first ([ReferenceSiglip] is SigLIP). The
/// fast path in `clip.nn` computes the same lines, and the tests compare; `docs/reference.md` says which is which. Thread-safe.
///
/// Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision" (arXiv:2103.00020), as openai/CLIP
/// `clip/model.py` implements it. Sections without another source are that paper's.
///
/// ```
/// image ─ patches ─ + class token, + positions ─ norm ─ block × layers ─ class token ─ norm ─ projection ─┐
///                                                                                                         ├─ cosine · scale + bias
/// text  ─ tokens ─── + positions ──────────────────── block × layers ─ norm ─ end of text ─── projection ─┘
/// ```
///
/// At the end of a line of code stands the shape of what it makes. The letters, and their sizes in ViT-B/32:
///
/// | | | images | texts |
/// |---|---|---|---|
/// | n | tokens of one input | 50 = 7·7 patches of 32·32 pixels + 1 | at most 77 |
/// | d | width: the numbers of each token | 768 | 512 |
/// | h | heads of an attention, each d/h = 64 wide | 12 | 8 |
/// | | layers | 12 | 12 |
/// | | hidden layer of each MLP, 4·d | 3072 | 2048 |
/// | p | width of an embedding, the same for images and texts | 512 | 512 |
///
/// Parameters are looked up by the names of Hugging Face's checkpoints. A matrix of weights W is `[out, in]`, so a layer computes x·Wᵀ + b.
///
/// ```java
/// ReferenceClip clip = ReferenceClip.load(Path.of("clip-vit-base-patch32"));
/// double[] image = clip.encodeImage(pixels); // [512]
/// double[] probabilities = clip.classify(pixels, new int[][] {{49406, 320, 2368, 49407}, {49406, 320, 1929, 49407}}); // "a cat", "a dog"
/// ```
public sealed class ReferenceClip permits ReferenceProbe {
    private final ClipConfig config;
    private final Map<String, Tensor> parameters;

    /// A model over parameters by name. Neither is copied.
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    public ReferenceClip(ClipConfig config, Map<String, Tensor> parameters) {
        this.config = config;
        this.parameters = parameters;
    }

    /// {@return a model that shows every intermediate result to a witness, to compare two implementations stage by stage}
    ///
    /// @param config the extents of both towers
    /// @param parameters by Hugging Face's names
    /// @param witness is told the name and the rows of each result, in the order of computation and under the names of
    ///     [Probe][io.github.clip4j.model.Probe]; attention weights have a row for each head and query, `[h·n, n]`
    public static ReferenceClip watched(ClipConfig config, Map<String, Tensor> parameters, BiConsumer<String, double[][]> witness) {
        return new ReferenceProbe(config, parameters, witness);
    }

    /// Reads a model as float32 into memory.
    ///
    /// @param directory with `config.json` and `model.safetensors` in Hugging Face's layout, which `clip convert` writes
    /// @return the model
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed, or the weights do not fit the config
    public static ReferenceClip load(Path directory) throws IOException {
        return ReferenceFiles.load(directory);
    }

    /// Zero-shot classification with one text for each class (§3.1.2): the probability of text i is e^logitᵢ / Σⱼ e^logitⱼ.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param texts the token ids of each text
    /// @return a probability for each text
    public double[] classify(Tensor pixels, int[][] texts) {
        double[] logits = logits(pixels, texts);
        softmax(logits, logits.length);
        return logits;
    }

    /// {@return the logit of each text for an image: e^logit_scale · cos(image, textᵢ) + logit_bias (§2.3, figure 3)}
    ///
    /// The scale is learnt as its logarithm and kept to at most 100 (§2.5), which OpenAI's models reach. CLIP has no bias.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param texts the token ids of each text
    public double[] logits(Tensor pixels, int[][] texts) {
        double scale = Math.exp(parameter("logit_scale")[0]);
        double bias = parameters.containsKey("logit_bias") ? parameter("logit_bias")[0] : 0;
        double[] image = normalize(encodeImage(pixels)); // [p]
        return Arrays.stream(texts).mapToDouble(text -> scale * dot(image, normalize(encodeText(text))) + bias).toArray();
    }

    /// The image encoder (§2.4): a vision transformer, read at its class token.
    ///
    /// The norm before the blocks is CLIP's addition to the vision transformer; the paper gives no reason. A block norms what its branches
    /// read, never the residual stream x itself, so without it the scale of patches and positions would stay in x up to the last norm.
    /// Hugging Face spells its name `pre_layrnorm`; the slip stays, because all published files have it.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @return the embedding, not yet of unit length, `[p]`; `[d]` when the tower has no projection
    public double[] encodeImage(Tensor pixels) {
        VisionConfig vision = config.vision().orElseThrow(() -> new IllegalStateException("the model has no image encoder"));
        return switch (vision.head()) {
            case ImageHead.ClassToken token when !token.biased() -> {
                double[][] x = embedPatches("vision_model.embeddings", pixels, vision); //                [n, d]
                x = layerNorm("vision_model.pre_layrnorm", x, vision.transformer().layerNormEpsilon()); // [n, d]
                x = transformer("vision_model.encoder.layers.", x, vision.transformer(), false); //       [n, d]
                double[][] pooled = {x[0]}; //                                                            [1, d]
                pooled = layerNorm("vision_model.post_layernorm", pooled, vision.transformer().layerNormEpsilon()); // [1, d]
                yield token.projectionDim().isEmpty() ? pooled[0] : project("visual_projection", pooled)[0]; // [p]
            }
            case ImageHead _ -> throw new IllegalArgumentException("not a CLIP: see ReferenceSiglip");
        };
    }

    /// The text encoder (§2.4): a transformer in which a position sees itself and earlier ones, read at the end of the text.
    ///
    /// It is causal so that it could start from a language model, or be trained as one as well (§2.4). So the end of the text is the first
    /// position that has seen all of it, and what follows cannot change it.
    ///
    /// @param ids token ids with start and end of text, and padding if need be
    /// @return the embedding, not yet of unit length, `[p]`; `[d]` when the tower has no projection
    public double[] encodeText(int[] ids) {
        TextConfig text = config.text().orElseThrow(() -> new IllegalStateException("the model has no text encoder"));
        return switch (text.head()) {
            case TextHead.EndOfText end -> {
                double[][] x = embedTokens("text_model.embeddings", ids, text); //                        [n, d]
                x = transformer("text_model.encoder.layers.", x, text.transformer(), true); //            [n, d]
                x = layerNorm("text_model.final_layer_norm", x, text.transformer().layerNormEpsilon()); // [n, d]
                double[][] pooled = {x[text.pooledPosition(ids)]}; //                                     [1, d]
                yield end.projectionDim().isEmpty() ? pooled[0] : project("text_projection", pooled)[0]; // [p]
            }
            case TextHead _ -> throw new IllegalArgumentException("not a CLIP");
        };
    }

    /// x = [class; patch₁·Wᵀ; patch₂·Wᵀ; …] + positions (Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1).
    ///
    /// Patches go row by row; what fills none is dropped. W is a convolution's kernel, `[d, 3, patchSize, patchSize]`, without a bias.
    double[][] embedPatches(String name, Tensor pixels, VisionConfig vision) {
        float[] classToken = parameter(name + ".class_embedding");
        float[] kernel = parameter(name + ".patch_embedding.weight");
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
        addPositions(x, parameter(name + ".position_embedding.weight")); // [n, d]
        return x;
    }

    /// `x = tokens[ids] + positions`
    double[][] embedTokens(String name, int[] ids, TextConfig text) {
        float[] tokens = parameter(name + ".token_embedding.weight"); //       [vocabulary, d]
        int d = text.transformer().width();
        double[][] x = new double[ids.length][d];
        for (int t = 0; t < ids.length; t++) {
            for (int i = 0; i < d; i++) {
                x[t][i] = tokens[ids[t] * d + i];
            }
        }
        addPositions(x, parameter(name + ".position_embedding.weight")); // [n, d]
        return x;
    }

    static void addPositions(double[][] x, float[] positions) {
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] += positions[t * x[t].length + i];
            }
        }
    }

    double[][] named(String name, double[][] x) {
        return x;
    }

    double[][] transformer(String name, double[][] x, TransformerConfig t, boolean causal) {
        for (int layer = 0; layer < t.layers(); layer++) {
            x = block(name + layer, x, t, causal); // [n, d]
        }
        return x;
    }

    /// x ← x + attention(ln₁(x));  x ← x + mlp(ln₂(x))
    double[][] block(String name, double[][] x, TransformerConfig t, boolean causal) {
        double[][] y = layerNorm(name + ".layer_norm1", x, t.layerNormEpsilon());
        x = add(x, attention(name + ".self_attn", y, t.heads(), causal));
        double[][] z = layerNorm(name + ".layer_norm2", x, t.layerNormEpsilon());
        return add(x, mlp(name + ".mlp", z, t.activation()));
    }

    /// concatₕ(aₕ·vₕ)·Woᵀ + bo, with q = y·Wqᵀ + bq, k and v alike, and aₕ = softmax(qₕ·kₕᵀ / √(d/h)) for the columns of each head
    /// (Vaswani et al. 2017, arXiv:1706.03762 §3.2).
    double[][] attention(String name, double[][] y, int heads, boolean causal) {
        double[][] q = linear(name + ".q_proj", y); //                                              [n, d]
        double[][] k = linear(name + ".k_proj", y); //                                              [n, d]
        double[][] v = linear(name + ".v_proj", y); //                                              [n, d]
        double[][] a = attentionWeights(name + ".weights", q, k, heads, causal); //                 [h·n, n]
        return linear(name + ".out_proj", attend(name, a, v, heads)); //                            [n, d]
    }

    /// softmax(qₕ·kₕᵀ / √(d/h)): row head·n + i says how much of each position goes into position i. Causal: nothing of later ones.
    double[][] attentionWeights(String name, double[][] q, double[][] k, int heads, boolean causal) {
        int n = q.length;
        int headDim = q[0].length / heads;
        double[][] a = new double[heads * n][n];
        for (int head = 0; head < heads; head++) {
            for (int i = 0; i < n; i++) {
                int visible = causal ? i + 1 : n;
                double[] row = a[head * n + i];
                for (int j = 0; j < visible; j++) {
                    for (int c = head * headDim; c < (head + 1) * headDim; c++) {
                        row[j] += q[i][c] * k[j][c] / Math.sqrt(headDim);
                    }
                }
                softmax(row, visible);
            }
        }
        return a;
    }

    /// concatₕ(aₕ·vₕ): for each head, every position's output is the mean of the values under its weights.
    double[][] attend(String name, double[][] a, double[][] v, int heads) {
        int n = v.length;
        int d = v[0].length;
        double[][] o = new double[n][d];
        for (int c = 0; c < d; c++) {
            int head = c / (d / heads);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    o[i][c] += a[head * n + i][j] * v[j][c];
                }
            }
        }
        return o;
    }

    /// activation(z·W₁ᵀ + b₁)·W₂ᵀ + b₂, whose hidden layer is four times as wide as z in every published model
    double[][] mlp(String name, double[][] z, Activation activation) {
        return linear(name + ".fc2", activate(name, linear(name + ".fc1", z), activation));
    }

    /// The activation of every element, in place.
    double[][] activate(String name, double[][] h, Activation activation) {
        for (double[] row : h) {
            for (int i = 0; i < row.length; i++) {
                double x = row[i];
                row[i] = switch (activation) {
                    case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x)); // x·σ(1.702·x)
                    case GELU -> x * (1 + erf(x / Math.sqrt(2))) / 2; // x·Φ(x)
                    case GELU_TANH -> x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2;
                    case RELU -> Math.max(x, 0);
                };
            }
        }
        return h;
    }

    /// (x − μ) / √(σ² + ε) · gain + bias, row by row (Ba, Kiros and Hinton 2016, arXiv:1607.06450 §3).
    double[][] layerNorm(String name, double[][] x, double epsilon) {
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
    double[][] linear(String name, double[][] x) {
        float[] bias = parameter(name + ".bias"); // [out]
        double[][] y = multiply(x, parameter(name + ".weight"), bias.length);
        for (double[] row : y) {
            for (int i = 0; i < row.length; i++) {
                row[i] += bias[i];
            }
        }
        return y;
    }

    /// x·Pᵀ: the linear map into the space that images and texts share (§2.3), without a bias.
    double[][] project(String name, double[][] x) {
        float[] weight = parameter(name + ".weight"); // [p, d]
        return multiply(x, weight, weight.length / x[0].length);
    }

    /// x·Wᵀ, W `[out, in]`
    static double[][] multiply(double[][] x, float[] weight, int out) {
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

    static double[][] add(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][a[0].length];
        for (int t = 0; t < a.length; t++) {
            for (int i = 0; i < sum[t].length; i++) {
                sum[t][i] = a[t][i] + b[t][i];
            }
        }
        return sum;
    }

    /// e^xᵢ / Σⱼ e^xⱼ of the first n elements, in place; the maximum is subtracted so that nothing overflows.
    static void softmax(double[] x, int n) {
        double max = Arrays.stream(x, 0, n).max().orElseThrow();
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
    static double[] normalize(double[] x) {
        double norm = Math.sqrt(dot(x, x));
        return Arrays.stream(x).map(value -> value / norm).toArray();
    }

    static double dot(double[] a, double[] b) {
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

    float[] parameter(String name) {
        Tensor tensor = parameters.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("parameters: expected %s, got none of that name".formatted(name));
        }
        return tensor.toArray();
    }
}
