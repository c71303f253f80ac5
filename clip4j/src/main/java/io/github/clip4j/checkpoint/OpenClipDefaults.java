package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.weights.WeightFormatException;
import java.util.Map;
import java.util.Set;

/// Fields of open_clip's configs that say what holds anyway (open_clip `model.py`, `CLIPVisionCfg`, `CLIPTextCfg`): programs that save a
/// whole config write them too. With any other value they change the computation, and are refused by their names.
final class OpenClipDefaults {
    /// What a field may say without a meaning of its own. `null` always may.
    private static final Map<String, Object> VALUES = Map.ofEntries(
            Map.entry("no_ln_pre", false), Map.entry("final_ln_after_pool", false), Map.entry("attentional_pool", false),
            Map.entry("pos_embed_type", "learnable"), Map.entry("embed_cls", false), Map.entry("no_causal_mask", false),
            Map.entry("proj_bias", false), Map.entry("proj_type", "linear"), Map.entry("qk_norm", false),
            Map.entry("scaled_cosine_attn", false), Map.entry("scale_heads", false), Map.entry("scale_attn_inner", false),
            Map.entry("scale_attn", false), Map.entry("scale_fc", false), Map.entry("block_type", "default"),
            Map.entry("nonscalar_logit_scale", false), Map.entry("output_dict", false), Map.entry("timm_model_name", ""),
            Map.entry("hf_model_name", ""), Map.entry("ls_init_value", 0.0), Map.entry("text_arch", ""));

    /// Fields that matter only beside another one, which is refused when it says something.
    private static final Set<String> IDLE = Set.of(
            "attn_pooler_queries", "attn_pooler_heads", "pad_id", "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias",
            "timm_drop", "timm_drop_path", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type");

    private OpenClipDefaults() {}

    /// Whether a field is there and changes something.
    static boolean says(JsonFields fields, String name) throws WeightFormatException {
        return fields.has(name) && !isDefault(fields, name);
    }

    /// Whether a field says what holds without it.
    static boolean isDefault(JsonFields fields, String name) throws WeightFormatException {
        if (!fields.has(name) || IDLE.contains(name)) {
            return true;
        }
        if (name.equals("pool_type")) { // of images; that of texts has a meaning
            return fields.string(name).orElse("tok").equals("tok");
        }
        return switch (VALUES.get(name)) {
            case null -> false;
            case Boolean value -> value.equals(fields.bool(name).orElse(value));
            case String value -> value.equals(fields.string(name).orElse(value));
            case Double value -> value.equals(fields.number(name).orElse(value));
            default -> throw new IllegalStateException(name);
        };
    }
}
