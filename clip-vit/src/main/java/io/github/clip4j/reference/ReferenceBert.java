package io.github.clip4j.reference;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import java.util.Arrays;
import java.util.Map;

/// A text encoder of BERT's kind on one page: what it does otherwise than CLIP's. What both do is called by name on [ReferenceClip]; read
/// that first. Double arithmetic, plain loops. Thread-safe.
///
/// Devlin et al. 2018, "BERT" (arXiv:1810.04805), as transformers `modeling_bert.py`, `modeling_xlm_roberta.py` and
/// `modeling_distilbert.py` implement it. Chinese-CLIP, M-CLIP, open_clip's XLM-R models and sentence-transformers' multilingual CLIP have
/// such an encoder beside CLIP's image encoder.
///
/// ```
/// tokens + positions + segment ─ norm ─ (+ attention ─ norm ─ + mlp ─ norm) × layers ─ first row, or mean of all ─ projection
/// ```
///
/// | | BERT | CLIP |
/// |---|---|---|
/// | after the embeddings | a norm | nothing |
/// | norms of a block | after each sum: norm(x + f(x)) | before each branch: x + f(norm(x)) |
/// | a position sees | all positions | itself and earlier ones |
/// | after the blocks | nothing | a norm |
/// | a text is read | at its first position, or as the mean of all | at its end |
///
/// Letters: n tokens, d width, p width of an embedding.
public final class ReferenceBert {
    private final ClipConfig config;
    private final ReferenceClip clip;

    /// A model over parameters by name. Neither is copied.
    ///
    /// @param config whose text encoder has a [TextHead.Bert]
    /// @param parameters under the names of [io.github.clip4j.model.ClipModel#parameters]
    public ReferenceBert(ClipConfig config, Map<String, Tensor> parameters) {
        this.config = config;
        this.clip = new ReferenceClip(config, parameters);
    }

    /// The text encoder.
    ///
    /// @param ids token ids without padding
    /// @return the embedding, not yet of unit length, `[p]`; `[d]` when the tower has no projection
    public double[] encodeText(int[] ids) {
        TextConfig text = config.text().orElseThrow(() -> new IllegalStateException("the model has no text encoder"));
        if (!(text.head() instanceof TextHead.Bert bert)) {
            throw new IllegalArgumentException("expected a text encoder of BERT's kind, got " + text.head());
        }
        TransformerConfig t = text.transformer();
        double[][] x = embed("text_model.embeddings", ids, bert, t); //                     [n, d]
        for (int i = 0; i < t.layers(); i++) {
            x = layer("text_model.encoder.layer." + i, x, t); //                            [n, d]
        }
        double[][] pooled = {bert.pooling() == TextHead.Bert.Rows.FIRST ? x[0] : mean(x)}; // [1, d]
        return switch (bert.projection()) {
            case NONE -> pooled[0];
            case LINEAR -> clip.project("text_projection", pooled)[0]; //                   [p]
            case LINEAR_WITH_BIAS -> clip.linear("text_projection", pooled)[0]; //          [p]
            case MLP -> {
                double[][] h = clip.project("text_projection.0", pooled); //                [1, (d + p) / 2]
                yield clip.project("text_projection.2", clip.activate("text_projection.1", h, Activation.GELU))[0]; // [p]
            }
        };
    }

    /// norm(token + position + segment): all tokens are of the first segment (§3).
    private double[][] embed(String name, int[] ids, TextHead.Bert bert, TransformerConfig t) {
        int d = t.width();
        float[] tokens = clip.parameter(name + ".word_embeddings.weight"); //               [vocabulary, d]
        float[] positions = clip.parameter(name + ".position_embeddings.weight"); //        [positions, d]
        float[] segments = bert.types() == 0 ? new float[d] : clip.parameter(name + ".token_type_embeddings.weight"); // [types, d]
        double[][] x = new double[ids.length][d];
        for (int i = 0; i < ids.length; i++) {
            for (int j = 0; j < d; j++) {
                double position = positions[(bert.firstPosition() + i) * d + j];
                x[i][j] = tokens[ids[i] * d + j] + position + segments[j];
            }
        }
        return clip.layerNorm(name + ".LayerNorm", x, t.layerNormEpsilon());
    }

    /// y = norm(x + attention(x)), then norm(y + mlp(y)) (Vaswani et al. 2017, arXiv:1706.03762 §3.1).
    private double[][] layer(String name, double[][] x, TransformerConfig t) {
        double[][] q = clip.linear(name + ".attention.self.query", x); //                    [n, d]
        double[][] k = clip.linear(name + ".attention.self.key", x); //                      [n, d]
        double[][] v = clip.linear(name + ".attention.self.value", x); //                    [n, d]
        double[][] a = clip.attentionWeights(name + ".attention.weights", q, k, t.heads(), false); // [h·n, n]
        double[][] o = clip.linear(name + ".attention.output.dense", clip.attend(name + ".attention", a, v, t.heads()));
        double[][] y = clip.layerNorm(name + ".attention.output.LayerNorm", ReferenceClip.add(x, o), t.layerNormEpsilon());
        double[][] h = clip.activate(name + ".intermediate", clip.linear(name + ".intermediate.dense", y), t.activation());
        return clip.layerNorm(name + ".output.LayerNorm", ReferenceClip.add(y, clip.linear(name + ".output.dense", h)),
                t.layerNormEpsilon());
    }

    private static double[] mean(double[][] x) {
        double[] mean = new double[x[0].length];
        for (int j = 0; j < mean.length; j++) {
            int column = j;
            mean[j] = Arrays.stream(x).mapToDouble(row -> row[column]).sum() / x.length;
        }
        return mean;
    }
}
