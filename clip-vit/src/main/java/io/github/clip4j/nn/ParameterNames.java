package io.github.clip4j.nn;

/// The names of CLIP's parameters in Hugging Face's checkpoints, which the layers read, and under which other layouts are shown.
///
/// `pre_layrnorm` is spelled so in every published file.
public final class ParameterNames {
    /// What the names of the image encoder begin with.
    public static final String VISION = "vision_model.";

    /// What the names of the text encoder begin with.
    public static final String TEXT = "text_model.";

    /// The name of the image encoder's first layer.
    public static final String VISION_EMBEDDINGS = VISION + "embeddings";

    /// `[d]`
    public static final String CLASS_EMBEDDING = VISION_EMBEDDINGS + PatchEmbedding.CLASS;

    /// `[d, 3, patchSize, patchSize]`
    public static final String PATCH_EMBEDDING = VISION_EMBEDDINGS + PatchEmbedding.KERNEL + ".weight";

    /// `[d]`, in models whose patch embedding has a bias.
    public static final String PATCH_BIAS = VISION_EMBEDDINGS + PatchEmbedding.KERNEL + ".bias";

    /// `[tokens, d]`
    public static final String VISION_POSITIONS = VISION_EMBEDDINGS + PatchEmbedding.POSITIONS;

    /// The norm before the image encoder's blocks, spelled as every published checkpoint does.
    public static final String PRE_NORM = VISION + "pre_layrnorm";

    /// The norm after the image encoder's blocks.
    public static final String POST_NORM = VISION + "post_layernorm";

    /// The pooling head of an image encoder without a class token.
    public static final String ATTENTION_POOL = VISION + "head";

    /// The layer that projects images into the common space.
    public static final String VISUAL_PROJECTION_LAYER = "visual_projection";

    /// Its weight, `[projectionDim, d]`.
    public static final String VISUAL_PROJECTION = VISUAL_PROJECTION_LAYER + ".weight";

    /// The name of the text encoder's first layer.
    public static final String TEXT_EMBEDDINGS = TEXT + "embeddings";

    /// `[vocabulary, d]`
    public static final String TOKEN_EMBEDDING = TEXT_EMBEDDINGS + TokenEmbedding.TOKENS;

    /// `[context, d]`
    public static final String TEXT_POSITIONS = TEXT_EMBEDDINGS + PatchEmbedding.POSITIONS;

    /// The norm after the text encoder's blocks.
    public static final String FINAL_NORM = TEXT + "final_layer_norm";

    /// The layer that projects texts into the common space.
    public static final String TEXT_PROJECTION_LAYER = "text_projection";

    /// Its weight, `[projectionDim, d]`.
    public static final String TEXT_PROJECTION = TEXT_PROJECTION_LAYER + ".weight";

    /// The layer that does so in models whose texts are read at the last position; it has a bias.
    public static final String TEXT_HEAD_LAYER = TEXT + "head";

    /// Its weight, `[projectionDim, d]`.
    public static final String TEXT_HEAD = TEXT_HEAD_LAYER + ".weight";

    /// The logarithm of what a cosine is multiplied by, a scalar.
    public static final String LOGIT_SCALE = "logit_scale";

    /// A scalar that models trained with a sigmoid add to every logit; CLIP has none.
    public static final String LOGIT_BIAS = "logit_bias";

    private ParameterNames() {}

    /// The prefix of a block's parameters, such as `text_model.encoder.layers.0.`
    ///
    /// @param tower [#VISION] or [#TEXT]
    public static String block(String tower, int layer) {
        return Transformer.name(tower, layer) + ".";
    }

    /// Whether `name` is a buffer of position numbers, which older files carry and no model needs.
    public static boolean isBuffer(String name) {
        return name.endsWith("embeddings.position_ids");
    }
}
