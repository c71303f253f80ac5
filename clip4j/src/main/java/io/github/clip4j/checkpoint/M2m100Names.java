package io.github.clip4j.checkpoint;

import io.github.clip4j.nn.ParameterNames;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names of NLLB-CLIP's text encoder, transformers' `M2M100Encoder` within open_clip's `HFTextEncoder`.
///
/// ```
/// ours                                      transformers, after "text.transformer."
/// text_model.embeddings.token_embedding.*   embed_tokens.*
/// text_model.encoder.layers.i.layer_norm1.* layers.i.self_attn_layer_norm.*
/// text_model.encoder.layers.i.self_attn.*   layers.i.self_attn.*
/// text_model.encoder.layers.i.layer_norm2.* layers.i.final_layer_norm.*
/// text_model.encoder.layers.i.mlp.fc1.*     layers.i.fc1.*; fc2 alike
/// text_model.final_layer_norm.*             layer_norm.*
/// text_projection.weight                    text.proj.weight
/// ```
///
/// `embed_positions.weights`, which older versions saved, is computed again.
final class M2m100Names {
    /// What every such encoder has, and T5's, whose tokens have the same name, has not.
    static final String ANCHOR = "layers.0.self_attn_layer_norm.weight";

    /// The folder of the encoder's names in open_clip.
    static final String ENCODER = "transformer.";

    private static final Pattern LAYER =
            Pattern.compile("layers\\.(\\d+)\\.(self_attn|self_attn_layer_norm|final_layer_norm|fc1|fc2)\\.(.+)");
    private static final Map<String, String> PARTS = Map.of(
            "self_attn", "self_attn", "self_attn_layer_norm", "layer_norm1", "final_layer_norm", "layer_norm2", "fc1", "mlp.fc1",
            "fc2", "mlp.fc2");
    private static final String POSITIONS = ENCODER + "embed_positions.weights";

    private M2m100Names() {}

    /// Whether it is a table that no model needs.
    static boolean isBuffer(String name) {
        return name.equals(POSITIONS);
    }

    /// The name of a tensor in our table; empty for one that is not of such an encoder.
    ///
    /// @param name within the text tower
    static Optional<String> of(String name) {
        if (name.equals("proj.weight")) {
            return Optional.of(ParameterNames.TEXT_PROJECTION);
        }
        if (!name.startsWith(ENCODER)) {
            return Optional.empty();
        }
        String within = name.substring(ENCODER.length());
        if (within.equals("embed_tokens.weight")) {
            return Optional.of(ParameterNames.TOKEN_EMBEDDING);
        }
        if (within.startsWith("layer_norm.")) {
            return Optional.of(ParameterNames.FINAL_NORM + within.substring("layer_norm".length()));
        }
        Matcher layer = LAYER.matcher(within);
        return layer.matches()
                ? Optional.of("%sencoder.layers.%s.%s.%s".formatted(
                        ParameterNames.TEXT, layer.group(1), PARTS.get(layer.group(2)), layer.group(3)))
                : Optional.empty();
    }
}
