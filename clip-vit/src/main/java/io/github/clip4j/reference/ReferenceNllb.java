package io.github.clip4j.reference;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import java.util.Map;

/// The text encoder of NLLB-CLIP on one page: what it does otherwise than CLIP's. What both do is called by name on [ReferenceClip]; read
/// that first. Double arithmetic, plain loops. Thread-safe.
///
/// Visheratin 2023, "NLLB-CLIP" (arXiv:2309.01859): the encoder of a translation model for 200 languages (NLLB Team 2022, "No Language Left
/// Behind", arXiv:2207.04672), as transformers `modeling_m2m_100.py` implements it, beside the image encoder of CLIP or SigLIP.
///
/// ```
/// language + tokens ─ · √d ─ + sines ─ (norm ─ + attention, norm ─ + mlp) × layers ─ norm ─ first row ─ projection
/// ```
///
/// | | NLLB-CLIP | CLIP |
/// |---|---|---|
/// | a text begins with | the token of its language | the start of text |
/// | tokens | times √d | as they are |
/// | positions | computed, counted from 2 | learnt |
/// | activation | max(x, 0) | a GELU |
/// | a position sees | all positions | itself and earlier ones |
/// | a text is read | at its first position | at its end |
///
/// Letters: n tokens, d width, p width of an embedding.
public final class ReferenceNllb {
    private final ClipConfig config;
    private final ReferenceClip clip;

    /// A model over parameters by name. Neither is copied.
    ///
    /// @param config whose text encoder has a [TextHead.FirstPosition]
    /// @param parameters under the names of [io.github.clip4j.model.ClipModel#parameters]
    public ReferenceNllb(ClipConfig config, Map<String, Tensor> parameters) {
        this.config = config;
        this.clip = new ReferenceClip(config, parameters);
    }

    /// The text encoder.
    ///
    /// @param ids token ids without padding, the language first
    /// @return the embedding, not yet of unit length, `[p]`; `[d]` when the tower has no projection
    public double[] encodeText(int[] ids) {
        TextConfig text = config.text().orElseThrow(() -> new IllegalStateException("the model has no text encoder"));
        if (!(text.head() instanceof TextHead.FirstPosition first)) {
            throw new IllegalArgumentException("expected a text encoder of NLLB-CLIP, got " + text.head());
        }
        TransformerConfig t = text.transformer();
        double[][] x = embed("text_model.embeddings", ids, first.padId() + 1, t.width()); //          [n, d]
        x = clip.transformer("text_model.encoder.layers.", x, t, false); //                           [n, d]
        double[][] pooled = {x[0]}; //                                                                [1, d]
        pooled = clip.layerNorm("text_model.final_layer_norm", pooled, t.layerNormEpsilon()); //      [1, d]
        return first.projectionDim().isEmpty() ? pooled[0] : clip.project("text_projection", pooled)[0]; // [p]
    }

    /// √d·token + position. The table of positions is what the models were trained with: it was made in float32, step by step.
    private double[][] embed(String name, int[] ids, int firstPosition, int d) {
        float[] tokens = clip.parameter(name + ".token_embedding.weight"); //                         [vocabulary, d]
        double[][] x = new double[ids.length][d];
        int half = d / 2;
        float step = (float) (-Math.log(10_000) / (half - 1));
        for (int i = 0; i < ids.length; i++) {
            for (int j = 0; j < d; j++) {
                x[i][j] = Math.sqrt(d) * tokens[ids[i] * d + j];
            }
            for (int j = 0; j < half; j++) {
                float frequency = (float) Math.exp(j * step);
                float angle = (firstPosition + i) * frequency;
                x[i][j] += (float) Math.sin(angle);
                x[i][half + j] += (float) Math.cos(angle);
            }
        }
        return x;
    }
}
