package io.github.clip4j.checkpoint;

import io.github.clip4j.nn.ParameterNames;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names of a text encoder of BERT's kind, as transformers' `BertModel`, `XLMRobertaModel` and `DistilBertModel` have them.
///
/// ```
/// BERT, RoBERTa, XLM-R                      DistilBERT
/// embeddings.word_embeddings.weight         the same
/// encoder.layer.i.attention.self.query.*    transformer.layer.i.attention.q_lin.*
/// encoder.layer.i.attention.output.dense.*  transformer.layer.i.attention.out_lin.*
/// encoder.layer.i.attention.output.LayerNorm.*  transformer.layer.i.sa_layer_norm.*
/// encoder.layer.i.intermediate.dense.*      transformer.layer.i.ffn.lin1.*
/// encoder.layer.i.output.dense.*            transformer.layer.i.ffn.lin2.*
/// encoder.layer.i.output.LayerNorm.*        transformer.layer.i.output_layer_norm.*
/// ```
final class BertNames {
    /// What every such encoder has, and CLIP's has not.
    static final String ANCHOR = "embeddings.word_embeddings.weight";

    private static final Pattern DISTIL_BERT = Pattern.compile("transformer\\.layer\\.(\\d+)\\.(.+)\\.(weight|bias)");
    private static final Map<String, String> PARTS = Map.of(
            "attention.q_lin", "attention.self.query", "attention.k_lin", "attention.self.key", "attention.v_lin", "attention.self.value",
            "attention.out_lin", "attention.output.dense", "sa_layer_norm", "attention.output.LayerNorm",
            "ffn.lin1", "intermediate.dense", "ffn.lin2", "output.dense", "output_layer_norm", "output.LayerNorm");

    /// Of M-CLIP's class, and of open_clip's: the layers after the encoder.
    private static final Map<String, String> HEADS = Map.of(
            "LinearTransformation.weight", "text_projection.weight", "LinearTransformation.bias", "text_projection.bias",
            "text.proj.weight", "text_projection.weight", "text.proj.0.weight", "text_projection.0.weight",
            "text.proj.2.weight", "text_projection.2.weight");

    private BertNames() {}

    /// The name of a tensor of the encoder in our table; empty for one that makes no embedding: the pooler's, and buffers.
    ///
    /// @param name within the encoder
    static Optional<String> ofEncoder(String name) {
        if (name.startsWith("pooler.") || name.equals("embeddings.position_ids") || name.equals("embeddings.token_type_ids")) {
            return Optional.empty();
        }
        Matcher layer = DISTIL_BERT.matcher(name);
        if (layer.matches() && PARTS.containsKey(layer.group(2))) {
            return Optional.of("%sencoder.layer.%s.%s.%s".formatted(
                    ParameterNames.TEXT, layer.group(1), PARTS.get(layer.group(2)), layer.group(3)));
        }
        return Optional.of(ParameterNames.TEXT + name);
    }

    /// The name of a tensor of the layers after the encoder.
    ///
    /// @param name within the model
    static Optional<String> ofHead(String name) {
        return Optional.ofNullable(HEADS.get(name));
    }
}
