package io.github.clip4j.checkpoint;

import io.github.clip4j.core.weights.WeightFormatException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Models that are called CLIP, or are published like it, and are built otherwise. They are recognised so that they are refused by name
/// rather than by a list of unexpected tensors.
enum Relatives {
    RESNET("a CLIP whose image encoder is a ResNet", "convolutions, folded batch norms and attention pooling"),
    SIGLIP_WITHOUT_HEAD("a SigLIP image encoder without its pooling head", "the mean of its outputs instead"),
    EVA("EVA-CLIP", "rotary positions, SwiGLU and sub-layer norms in the image encoder"),
    MOBILECLIP("a MobileCLIP whose image encoder is a FastViT", "that convolutional image encoder"),
    MOBILECLIP_OWN_NAMES("MobileCLIP-B in its authors' own names", "its config; open_clip's files have it and the names of timm"),
    CHINESE_CLIP("Chinese-CLIP in its authors' own names", "its config and vocabulary; transformers' layout has them"),
    JINA_CLIP("jina-clip", "its text encoders JinaBERT or XLM-RoBERTa, and the image encoder EVA02"),
    ALT_CLIP("AltCLIP", "the text encoder XLM-RoBERTa"),
    COCA("CoCa", "attentional pooling and a text decoder"),
    CLAP("CLAP, a model of sounds", "an audio encoder"),
    GENERATIVE("a generative model of images or sounds", "a decoder"),
    LAYER_SCALE("a CLIP with layer scale", "a factor for every channel of each residual branch"),
    PERCEPTION_ENCODER("PE-Core", "rotary positions and a pooling head in the image encoder"),
    NAFLEX("a NaFlex model", "patches of variable number with masks"),
    VITAMIN("ViTamin", "a convolutional stem in the image encoder"),
    CONVNEXT("a CLIP whose image encoder is a ConvNeXt", "depthwise convolutions"),
    TIMM("a model with an image encoder of the timm library", "that encoder"),
    OTHER_TEXT_TOWER("a model with another text encoder than CLIP's", "that encoder and its tokenizer");

    private final String what;
    private final String needs;

    Relatives(String what, String needs) {
        this.what = what;
        this.needs = needs;
    }

    WeightFormatException refusal(String where) {
        return new WeightFormatException("%s: this is %s; it would need %s, which clip4j does not have".formatted(where, what, needs));
    }

    /// The relative that a Hugging Face `model_type` names.
    static Optional<Relatives> ofModelType(String type) {
        return Optional.ofNullable(switch (type) {
            case "siglip2", "siglip2_vision_model", "siglip2_text_model" -> NAFLEX; // SigLIP 2 of a fixed size has SigLIP's type
            case "jina_clip" -> JINA_CLIP;
            case "altclip" -> ALT_CLIP;
            case "clap" -> CLAP;
            default -> null;
        });
    }

    /// The relative that a timm model is the image encoder of.
    static Relatives ofTimmModel(String name) {
        if (name.contains("naflex")) {
            return NAFLEX;
        }
        if (name.contains("siglip_gap")) {
            return SIGLIP_WITHOUT_HEAD;
        }
        if (name.startsWith("eva")) {
            return EVA;
        }
        if (name.contains("mobileclip") || name.startsWith("fastvit")) {
            return MOBILECLIP;
        }
        if (name.startsWith("vit_pe_")) {
            return PERCEPTION_ENCODER;
        }
        if (name.startsWith("vitamin")) {
            return VITAMIN;
        }
        if (name.startsWith("convnext")) {
            return CONVNEXT;
        }
        return TIMM;
    }

    /// The relative whose tensors these are.
    static Optional<Relatives> ofTensors(Set<String> names) {
        boolean timm = names.stream().anyMatch(name -> name.contains(TimmVision.POOL + "latent"))
                || TimmVision.PROJECTED_CLASS_TOKEN.stream().allMatch(part -> names.stream().anyMatch(name -> name.endsWith(part)));
        record Sign(Relatives relative, List<String> parts) {}
        List<Sign> signs = List.of(
                new Sign(RESNET, List.of("visual.layer1.0.conv1.weight", "visual.attnpool.")),
                new Sign(MOBILECLIP_OWN_NAMES, List.of("image_encoder.model.patch_emb.")),
                new Sign(MOBILECLIP, List.of("image_encoder.model.", "visual.trunk.stem.")),
                new Sign(EVA, List.of(
                        "visual.blocks.0.attn.", "visual.trunk.blocks.0.mlp.fc1_g", "visual.trunk.blocks.0.attn.q_proj", "visual.rope.")),
                new Sign(CHINESE_CLIP, List.of("bert.encoder.layer.0.")),
                new Sign(JINA_CLIP, List.of("text_model.transformer.encoder.layers.0.", "vision_model.blocks.0.")),
                new Sign(COCA, List.of("visual.attn_pool.", "text_decoder.")),
                new Sign(LAYER_SCALE, List.of(".ls_1.gamma")),
                new Sign(TIMM, List.of("visual.trunk.")),
                new Sign(OTHER_TEXT_TOWER, List.of("text.transformer.encoder.", "text.transformer.shared.", "text.transformer.layers.")));
        boolean text = names.stream().anyMatch(name -> name.endsWith(BertNames.ANCHOR) || name.endsWith(M2m100Names.ANCHOR));
        for (Sign sign : signs) {
            for (String part : sign.parts()) {
                for (String name : names) {
                    boolean known = (timm && sign.relative() == TIMM) || (text && sign.relative() == OTHER_TEXT_TOWER);
                    if (name.contains(part) && !known) {
                        return Optional.of(sign.relative());
                    }
                }
            }
        }
        return Optional.empty();
    }
}
