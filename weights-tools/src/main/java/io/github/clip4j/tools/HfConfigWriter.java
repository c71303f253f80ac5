package io.github.clip4j.tools;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.List;

/// Configs as the JSON files of Hugging Face's repositories (huggingface/transformers `configuration_clip.py`, `configuration_siglip.py`,
/// `image_processing_clip.py`).
final class HfConfigWriter {
    private HfConfigWriter() {}

    /// `config.json`
    static String config(ClipConfig config) {
        JsonObject root = new JsonObject();
        VisionConfig vision = config.vision().orElse(null);
        TextConfig text = config.text().orElse(null);
        if (vision != null && text != null) {
            root.addProperty("model_type", switch (text.head()) {
                case TextHead.EndOfText end -> end.pooling() == TextHead.Pooling.FIRST_END_OF_TEXT ? "metaclip_2" : "clip";
                case TextHead.EndOfPaddedText _ -> throw mobileClip();
                case TextHead.LastPosition last -> siglip(last, "");
                case TextHead.FirstPosition _ -> throw nllbClip();
                case TextHead.Bert bert -> chineseClip(bert, "");
            });
            addProjection(vision, root);
            root.add("vision_config", vision(vision, new JsonObject()));
            root.add("text_config", text(text, new JsonObject()));
        } else if (vision != null) {
            root.addProperty("model_type", switch (vision.head()) {
                case ImageHead.ClassToken _ -> "clip_vision_model"; // one with a bias is refused below
                case ImageHead.ConvStem _ -> throw mobileClip();
                case ImageHead.PatchMean _ -> throw clipa();
                case ImageHead.AttentionPool _ -> "siglip_vision_model";
            });
            vision(vision, root);
        } else if (text != null) {
            root.addProperty("model_type", switch (text.head()) {
                case TextHead.EndOfText _ -> "clip_text_model";
                case TextHead.EndOfPaddedText _ -> throw mobileClip();
                case TextHead.LastPosition last -> siglip(last, "_text_model");
                case TextHead.FirstPosition _ -> throw nllbClip();
                case TextHead.Bert bert -> chineseClip(bert, "_text_model");
            });
            text(text, root);
        }
        return print(root);
    }

    private static String siglip(TextHead.LastPosition last, String suffix) {
        if (!last.biased()) {
            throw clipa();
        }
        return "siglip" + suffix;
    }

    private static IllegalArgumentException nllbClip() {
        return new IllegalArgumentException("Hugging Face's layout has no class for NLLB-CLIP; keep open_clip's files");
    }

    private static IllegalArgumentException mobileClip() {
        return new IllegalArgumentException("Hugging Face's layout has no class for MobileCLIP; keep open_clip's files");
    }

    private static IllegalArgumentException clipa() {
        return new IllegalArgumentException("Hugging Face's layout has no class for CLIPA; keep open_clip's files");
    }

    /// Of the models with a text encoder of BERT's kind, transformers has a class for Chinese-CLIP.
    private static String chineseClip(TextHead.Bert bert, String suffix) {
        TextHead.Bert.Projection projection = suffix.isEmpty() ? TextHead.Bert.Projection.LINEAR : TextHead.Bert.Projection.NONE;
        if (bert.pooling() != TextHead.Bert.Rows.FIRST || bert.projection() != projection || bert.firstPosition() != 0
                || bert.types() == 0) {
            throw new IllegalArgumentException(("Hugging Face's layout has no class for this text encoder (%s); only Chinese-CLIP's, which "
                    + "reads the first row of BERT's outputs, can be written").formatted(bert));
        }
        return "chinese_clip" + suffix;
    }

    private static JsonObject vision(VisionConfig vision, JsonObject into) {
        into.addProperty("image_size", vision.imageSize());
        into.addProperty("patch_size", vision.patchSize());
        into.addProperty("num_channels", VisionConfig.CHANNELS);
        addProjection(vision, into);
        return transformer(vision.transformer(), into);
    }

    private static void addProjection(VisionConfig vision, JsonObject into) {
        switch (vision.head()) {
            case ImageHead.ClassToken token -> {
                if (token.biased()) {
                    throw mobileClip();
                }
                into.addProperty("projection_dim", token.projectionDim().orElse(0));
            }
            case ImageHead.ConvStem _ -> throw mobileClip();
            case ImageHead.PatchMean _ -> throw clipa();
            case ImageHead.AttentionPool _ -> {} // SigLIP's configs have none
        }
    }

    private static JsonObject text(TextConfig text, JsonObject into) {
        into.addProperty("vocab_size", text.vocabularySize());
        into.addProperty("max_position_embeddings", text.contextLength());
        switch (text.head()) {
            case TextHead.EndOfText end -> {
                into.addProperty("projection_dim", end.projectionDim().orElse(0));
                into.addProperty(
                        "eos_token_id", end.pooling() == TextHead.Pooling.GREATEST_ID ? TextConfig.LEGACY_END_OF_TEXT : end.id());
            }
            case TextHead.Bert bert -> {
                into.addProperty("max_position_embeddings", bert.positions());
                into.addProperty("type_vocab_size", bert.types());
                into.addProperty("pad_token_id", bert.padId());
            }
            case TextHead.FirstPosition _ -> throw nllbClip();
            case TextHead.EndOfPaddedText _ -> throw mobileClip();
            case TextHead.LastPosition last -> into.addProperty("projection_size", last.projectionDim().orElse(0)); // 0: ours alone
        }
        return transformer(text.transformer(), into);
    }

    private static JsonObject transformer(TransformerConfig transformer, JsonObject into) {
        into.addProperty("hidden_size", transformer.width());
        into.addProperty("num_attention_heads", transformer.heads());
        into.addProperty("num_hidden_layers", transformer.layers());
        into.addProperty("intermediate_size", transformer.mlpWidth());
        into.addProperty("hidden_act", transformer.activation().configName());
        into.addProperty("layer_norm_eps", transformer.layerNormEpsilon());
        return into;
    }

    /// `preprocessor_config.json`
    ///
    /// @throws IllegalArgumentException for a resizing that the format cannot say
    static String preprocess(ClipPreprocess preprocess) {
        JsonObject root = new JsonObject();
        root.addProperty("do_resize", !(preprocess.resize() instanceof ResizeTo.None));
        switch (preprocess.resize()) {
            case ResizeTo.None() -> {}
            case ResizeTo.ShortestEdge(int size) -> {
                JsonObject shortest = new JsonObject();
                shortest.addProperty("shortest_edge", size);
                root.add("size", shortest);
            }
            case ResizeTo.LongestEdge(int size) -> throw new IllegalArgumentException(
                    "preprocessing: resizing to a longest edge of %d cannot be written in Hugging Face's layout".formatted(size));
            case ResizeTo.Exactly(int width, int height) -> root.add("size", extents(width, height));
        }
        root.addProperty("resample", preprocess.filter() == ClipPreprocess.Filter.BILINEAR ? 2 : 3);
        root.addProperty("do_center_crop", preprocess.crop().isPresent());
        preprocess.crop().ifPresent(crop -> root.add("crop_size", extents(crop.width(), crop.height())));
        root.addProperty("do_rescale", preprocess.rescaleFactor() != 1);
        root.addProperty("rescale_factor", preprocess.rescaleFactor());
        root.addProperty("do_normalize", !preprocess.mean().isEmpty());
        if (!preprocess.mean().isEmpty()) {
            root.add("image_mean", array(preprocess.mean()));
            root.add("image_std", array(preprocess.std()));
        }
        root.addProperty("do_convert_rgb", true);
        return print(root);
    }

    private static JsonObject extents(int width, int height) {
        JsonObject extents = new JsonObject();
        extents.addProperty("height", height);
        extents.addProperty("width", width);
        return extents;
    }

    private static JsonArray array(List<Double> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    private static String print(JsonObject root) {
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(root) + "\n";
    }
}
