package io.github.clip4j.model;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.List;

/// The one table of CLIP's parameters: every name and shape, as a function of the config. Loader, inspector and error messages read it.
///
/// Names are those of Hugging Face checkpoints, `pre_layrnorm` included. In shapes, out comes before in, as PyTorch's `Linear` stores weights.
public final class ClipParameters {
    public static final String LOGIT_SCALE = "logit_scale";

    /// Added to every logit by models that were trained with a bias; most have none.
    public static final String LOGIT_BIAS = "logit_bias";

    public static final String VISION = "vision_model.";
    public static final String TEXT = "text_model.";
    public static final String CLASS_EMBEDDING = VISION + "embeddings.class_embedding";
    public static final String PATCH_EMBEDDING = VISION + "embeddings.patch_embedding.weight";
    public static final String VISION_POSITIONS = VISION + "embeddings.position_embedding.weight";
    public static final String PRE_NORM = VISION + "pre_layrnorm";
    public static final String POST_NORM = VISION + "post_layernorm";
    public static final String VISUAL_PROJECTION = "visual_projection.weight";
    public static final String TOKEN_EMBEDDING = TEXT + "embeddings.token_embedding.weight";
    public static final String TEXT_POSITIONS = TEXT + "embeddings.position_embedding.weight";
    public static final String FINAL_NORM = TEXT + "final_layer_norm";
    public static final String TEXT_PROJECTION = "text_projection.weight";

    private ClipParameters() {}

    /// All parameters of a model, in the order of computation.
    public static List<TensorSpec> of(ClipConfig config) {
        List<TensorSpec> specs = new ArrayList<>();
        VisionConfig vision = config.vision();
        if (vision != null) {
            int d = vision.transformer().width();
            add(specs, CLASS_EMBEDDING, d);
            add(specs, PATCH_EMBEDDING, d, VisionConfig.CHANNELS, vision.patchSize(), vision.patchSize());
            add(specs, VISION_POSITIONS, vision.tokens(), d);
            addNorm(specs, PRE_NORM, d);
            addBlocks(specs, VISION, vision.transformer());
            addNorm(specs, POST_NORM, d);
            if (vision.projectionDim() > 0) {
                add(specs, VISUAL_PROJECTION, vision.projectionDim(), d);
            }
        }
        TextConfig text = config.text();
        if (text != null) {
            int d = text.transformer().width();
            add(specs, TOKEN_EMBEDDING, text.vocabularySize(), d);
            add(specs, TEXT_POSITIONS, text.contextLength(), d);
            addBlocks(specs, TEXT, text.transformer());
            addNorm(specs, FINAL_NORM, d);
            if (text.projectionDim() > 0) {
                add(specs, TEXT_PROJECTION, text.projectionDim(), d);
            }
        }
        if (config.hasBothTowers()) {
            specs.add(new TensorSpec(LOGIT_SCALE, Shape.of()));
        }
        return List.copyOf(specs);
    }

    private static void addBlocks(List<TensorSpec> specs, String tower, TransformerConfig config) {
        int d = config.width();
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = block(tower, layer);
            addNorm(specs, block + "layer_norm1", d);
            for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                add(specs, block + "self_attn." + projection + ".weight", d, d);
                add(specs, block + "self_attn." + projection + ".bias", d);
            }
            addNorm(specs, block + "layer_norm2", d);
            add(specs, block + "mlp.fc1.weight", config.mlpWidth(), d);
            add(specs, block + "mlp.fc1.bias", config.mlpWidth());
            add(specs, block + "mlp.fc2.weight", d, config.mlpWidth());
            add(specs, block + "mlp.fc2.bias", d);
        }
    }

    private static void addNorm(List<TensorSpec> specs, String name, int d) {
        add(specs, name + ".weight", d);
        add(specs, name + ".bias", d);
    }

    private static void add(List<TensorSpec> specs, String name, int... dims) {
        specs.add(new TensorSpec(name, Shape.of(dims)));
    }

    /// The prefix of a block's parameters.
    ///
    /// @param tower [#VISION] or [#TEXT]
    public static String block(String tower, int layer) {
        return tower + "encoder.layers." + layer + ".";
    }

    /// Checks that `source` holds exactly these parameters, and perhaps [#LOGIT_BIAS]. Buffers of position numbers, which older files carry, are no
    /// parameters.
    ///
    /// @throws WeightFormatException which lists every finding at once
    public static void check(ClipConfig config, WeightSource source) throws WeightFormatException {
        TensorSpec.check(of(config), source, name -> isBuffer(name) || name.equals(LOGIT_BIAS));
    }

    /// Whether `name` is a buffer that carries no weights.
    public static boolean isBuffer(String name) {
        return name.endsWith("embeddings.position_ids");
    }
}
