package io.github.clip4j.reference;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// A checkpoint of both towers in Hugging Face's layout. The one place below `clip4j` that opens files
/// (`docs/adr/0012-reference-files-and-heads.md`).
final class ReferenceFiles {
    private ReferenceFiles() {}

    static ReferenceClip load(Path directory) throws IOException {
        Path config = directory.resolve("config.json");
        Path weights = directory.resolve("model.safetensors");
        if (!Files.isRegularFile(config) || !Files.isRegularFile(weights)) {
            throw new WeightFormatException(
                    "%s: expected config.json and model.safetensors, got not both; `clip convert` writes them from any other layout"
                            .formatted(directory.getFileName()));
        }
        ClipConfig read = config(StrictJson.readObject(config));
        Map<String, Tensor> parameters = new HashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(weights)) {
            ClipModel.check(read, file);
            for (TensorInfo info : file.tensors().values()) {
                if (info.dtype().isFloat()) { // buffers of position numbers are not
                    parameters.put(info.name(), Tensor.of(file.read(info.name()), info.shape()));
                }
            }
        }
        return new ReferenceClip(read, parameters);
    }

    /// A config of `model_type` clip, with the published defaults for what it leaves out (huggingface/transformers
    /// `configuration_clip.py`).
    static ClipConfig config(JsonFields root) throws WeightFormatException {
        String type = root.string("model_type").orElse("clip");
        if (!type.equals("clip")) {
            throw new WeightFormatException("%s.model_type: expected 'clip', got '%s'; the reference reads models of both towers"
                    .formatted(root.where(), type));
        }
        Part vision = new Part(root.object("vision_config_dict"), root.object("vision_config"));
        Part text = new Part(root.object("text_config_dict"), root.object("text_config"));
        try {
            int p = new Part(Optional.empty(), Optional.of(root)).integer("projection_dim", 512); // those of the parts are often wrong
            OptionalInt projection = p == 0 ? OptionalInt.empty() : OptionalInt.of(p);
            return ClipConfig.of(
                    new VisionConfig(
                            vision.integer("image_size", 224), vision.integer("patch_size", 32), vision.transformer(768, 12, 3072),
                            new ImageHead.ClassToken(projection)),
                    new TextConfig(
                            text.integer("vocab_size", 49408), text.integer("max_position_embeddings", 77), text.transformer(512, 8, 2048),
                            new TextHead.EndOfText(projection, TextHead.Pooling.HUGGING_FACE, text.integer("eos_token_id", 49407))));
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException("%s: %s".formatted(root.where(), e.getMessage()), e);
        }
    }

    /// One tower's values. Those of a legacy `…_dict` come first, as transformers reads them.
    private record Part(Optional<JsonFields> legacy, Optional<JsonFields> fields) {
        private Optional<JsonFields> holder(String key) {
            return legacy.filter(f -> f.has(key)).or(() -> fields);
        }

        int integer(String key, int standard) throws WeightFormatException {
            Optional<JsonFields> holder = holder(key);
            long value = holder.isEmpty() ? standard : holder.get().integer(key).orElse(standard);
            if (value > Integer.MAX_VALUE) {
                throw new WeightFormatException(
                        "%s.%s: expected an integer below 2^31, got %d".formatted(holder.orElseThrow().where(), key, value));
            }
            return (int) value;
        }

        TransformerConfig transformer(int width, int heads, int mlpWidth) throws WeightFormatException {
            Optional<JsonFields> norm = holder("layer_norm_eps");
            Optional<JsonFields> act = holder("hidden_act");
            String activation = act.isEmpty() ? "quick_gelu" : act.get().string("hidden_act").orElse("quick_gelu");
            return new TransformerConfig(
                    integer("hidden_size", width), integer("num_attention_heads", heads), integer("num_hidden_layers", 12),
                    integer("intermediate_size", mlpWidth),
                    Activation.ofConfigName(activation).orElseThrow(() -> new IllegalArgumentException(
                            "hidden_act: expected quick_gelu, gelu or gelu_pytorch_tanh, got '%s'".formatted(activation))),
                    norm.isEmpty() ? 1e-5 : norm.get().number("layer_norm_eps").orElse(1e-5));
        }
    }
}
