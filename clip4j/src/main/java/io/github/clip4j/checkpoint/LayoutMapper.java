package io.github.clip4j.checkpoint;

import io.github.clip4j.checkpoint.CanonicalWeights.Part;
import io.github.clip4j.checkpoint.CanonicalWeights.Rest;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.ParameterNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Finds out how a checkpoint names its tensors, by the names themselves, and maps them to Hugging Face's.
///
/// ```
/// Hugging Face                                   OpenAI, open_clip (CustomTextCLIP: text's after "text.")
/// text_model.embeddings.token_embedding.weight   token_embedding.weight
/// text_model.embeddings.position_embedding.weight  positional_embedding
/// text_model.final_layer_norm.*                  ln_final.*
/// text_projection.weight            [p, d]       text_projection          [d, p]
/// vision_model.embeddings.class_embedding        visual.class_embedding
/// vision_model.embeddings.patch_embedding.weight visual.conv1.weight
/// vision_model.embeddings.position_embedding.weight  visual.positional_embedding
/// vision_model.pre_layrnorm.*                    visual.ln_pre.*
/// vision_model.post_layernorm.*                  visual.ln_post.*
/// visual_projection.weight          [p, d]       visual.proj              [d, p]
/// ….encoder.layers.i.layer_norm1.*               ….transformer.resblocks.i.ln_1.*
/// ….encoder.layers.i.self_attn.{q,k,v}_proj.*    the thirds of ….attn.in_proj_weight, ….attn.in_proj_bias
/// ….encoder.layers.i.mlp.fc1.*, fc2.*            ….mlp.c_fc.*, c_proj.*
/// text_model.head.{weight,bias}                  text.text_projection.{weight,bias}
/// ```
///
/// [TimmVision] has the names of timm's image encoders in open_clip, [BertNames] and [M2m100Names] those of other text encoders.
///
/// Sources: openai/CLIP `clip/model.py`; transformers `convert_clip_original_pytorch_to_hf.py`; open_clip `model.py`, `factory.py`.
final class LayoutMapper {
    /// LongCLIP keeps CLIP's first twenty positions and has the others in a second table (beichenzbc/Long-CLIP `model_longclip.py`,
    /// `mask1`).
    static final int LONG_CLIP_KEPT_POSITIONS = 20;

    private static final String HF_TEXT = "embeddings.token_embedding.weight";
    private static final String HF_VISION = "embeddings.class_embedding";
    private static final String HF_SIGLIP_VISION = "embeddings.patch_embedding.bias";
    private static final String OPENAI_TEXT = "token_embedding.weight";
    private static final String OPENAI_VISION = "class_embedding";

    private static final Pattern BLOCK = Pattern.compile("transformer\\.resblocks\\.(\\d+)\\.(.+)");
    private static final Map<String, String> BLOCK_PARTS = Map.of(
            "ln_1.", "layer_norm1.", "ln_2.", "layer_norm2.", "attn.out_proj.", "self_attn.out_proj.", "mlp.c_fc.", "mlp.fc1.",
                    "mlp.c_proj.", "mlp.fc2.");
    private static final List<String> FUSED_ORDER = List.of("q_proj", "k_proj", "v_proj");

    /// Numbers that OpenAI's archives carry besides the weights, and a mask.
    private static final Set<String> NO_WEIGHTS = Set.of("input_resolution", "context_length", "vocab_size", "attn_mask");

    private static final Set<String> SHARED = Set.of(
            ParameterNames.VISUAL_PROJECTION, ParameterNames.TEXT_PROJECTION, ParameterNames.LOGIT_SCALE, ParameterNames.LOGIT_BIAS);

    private final WeightSource source;
    private final SortedMap<String, TensorInfo> tensors;

    private LayoutMapper(WeightSource source) {
        this.source = source;
        this.tensors = source.tensors();
    }

    /// The tensors of `source` under Hugging Face's names.
    ///
    /// @throws WeightFormatException when they are of another kind of model, or of none that is known
    static CanonicalWeights map(WeightSource source) throws WeightFormatException {
        return new LayoutMapper(source).map();
    }

    private CanonicalWeights map() throws WeightFormatException {
        Optional<Relatives> relative = Relatives.ofTensors(tensors.keySet());
        if (relative.isPresent()) {
            throw relative.get().refusal(source.location());
        }
        String bert = prefixOf(BertNames.ANCHOR);
        if (bert != null) {
            return mapBert(bert);
        }
        String m2m100 = prefixOf(M2m100Names.ENCODER + M2m100Names.ANCHOR);
        if (m2m100 != null) {
            String timm = prefixOf(TimmVision.POSITIONS);
            return mapOpenAi(m2m100, timm == null ? prefixOf(OPENAI_VISION) : timm);
        }
        String hfText = prefixOf(HF_TEXT);
        String hfClip = prefixOf(HF_VISION);
        String hfVision = hfClip == null ? prefixOf(HF_SIGLIP_VISION) : hfClip;
        if (hfText != null || hfVision != null) {
            return mapHuggingFace(hfText, hfVision);
        }
        String text = prefixOf(OPENAI_TEXT);
        String timm = prefixOf(TimmVision.POSITIONS);
        if (timm != null) {
            return mapOpenAi(text, timm);
        }
        String vision = prefixOf(OPENAI_VISION);
        if (text == null && vision == null) {
            throw new WeightFormatException("%s: expected the tensors of a CLIP model, got %s".formatted(
                    source.location(), tensors.isEmpty() ? "none" : "%d others, the first of them %s"
                            .formatted(tensors.size(), tensors.firstKey())));
        }
        return mapOpenAi(text, vision);
    }

    /// What is before `anchor` in the one name that ends with it, or null.
    private @Nullable String prefixOf(String anchor) throws WeightFormatException {
        String found = null;
        for (String name : tensors.keySet()) {
            if (name.equals(anchor) || name.endsWith("." + anchor)) {
                String prefix = name.substring(0, name.length() - anchor.length());
                if (found != null) {
                    throw new WeightFormatException("%s: expected one CLIP model, got two: %s%s and %s%s"
                            .formatted(source.location(), found, anchor, prefix, anchor));
                }
                found = prefix;
            }
        }
        return found;
    }

    private static String without(String name, String suffix) {
        return name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
    }

    /// A tower may be alone, then also without its prefix; all names may have another prefix, such as `module.`.
    private CanonicalWeights mapHuggingFace(@Nullable String text, @Nullable String vision) throws WeightFormatException {
        TensorInfo patches = tensors.get((vision == null ? "" : vision) + "embeddings.patch_embedding.weight");
        if (patches != null && patches.shape().rank() == 2) {
            throw Relatives.NAFLEX.refusal(source.location()); // a linear layer over patches that were cut before
        }
        CanonicalWeights canonical = new CanonicalWeights(source, Layout.HUGGING_FACE);
        String root = text != null ? without(text, ParameterNames.TEXT) : without(vision == null ? "" : vision, ParameterNames.VISION);
        for (TensorInfo info : tensors.values()) {
            String name = info.name();
            String shared = name.startsWith(root) ? name.substring(root.length()) : "";
            String mapped;
            if (SHARED.contains(shared)) {
                mapped = shared;
            } else if (vision != null && !vision.isEmpty() && name.startsWith(vision)) {
                mapped = ParameterNames.VISION + name.substring(vision.length());
            } else if (text != null && name.startsWith(text)) {
                mapped = ParameterNames.TEXT + name.substring(text.length());
            } else if (vision != null && name.startsWith(vision)) {
                mapped = ParameterNames.VISION + name;
            } else {
                mapped = name;
            }
            canonical.add(mapped, info.shape(), Part.whole(name));
        }
        return canonical;
    }

    /// A text encoder of BERT's kind, by itself or beside an image encoder under any of the names for those.
    private CanonicalWeights mapBert(String text) throws WeightFormatException {
        String huggingFace = prefixOf(HF_VISION);
        String vision = huggingFace == null ? prefixOf(OPENAI_VISION) : huggingFace;
        boolean openClip = huggingFace == null && vision != null;
        String root = without(without(without(text, ParameterNames.TEXT), "transformer."), "text.");
        CanonicalWeights canonical = new CanonicalWeights(source, openClip ? Layout.OPEN_CLIP : Layout.HUGGING_FACE);
        for (TensorInfo info : tensors.values()) {
            String name = info.name();
            String within = name.startsWith(root) ? name.substring(root.length()) : "";
            Optional<String> head = BertNames.ofHead(within);
            if (head.isPresent()) {
                canonical.add(head.get(), info.shape(), Part.whole(name));
            } else if (SHARED.contains(within) || within.startsWith(ParameterNames.TEXT_PROJECTION_LAYER)) {
                canonical.add(within, info.shape(), Part.whole(name));
            } else if (vision != null && name.startsWith(vision)) {
                if (openClip) {
                    addOpenAi(canonical, info, name.substring(vision.length()), ParameterNames.VISION);
                } else {
                    canonical.add(ParameterNames.VISION + name.substring(vision.length()), info.shape(), Part.whole(name));
                }
            } else if (name.startsWith(text)) {
                Optional<String> own = BertNames.ofEncoder(name.substring(text.length()));
                if (own.isPresent()) {
                    canonical.add(own.get(), info.shape(), Part.whole(name));
                }
            } else {
                canonical.add(name, info.shape(), Part.whole(name));
            }
        }
        return canonical;
    }

    private CanonicalWeights mapOpenAi(@Nullable String text, @Nullable String vision) throws WeightFormatException {
        String root = text != null ? without(text, "text.") : without(vision == null ? "" : vision, "visual.");
        boolean customText = (text != null && !text.equals(root)) || tensors.containsKey(vision + TimmVision.POSITIONS);
        CanonicalWeights canonical = new CanonicalWeights(source, customText ? Layout.OPEN_CLIP : Layout.OPENAI);
        for (TensorInfo info : tensors.values()) {
            String name = info.name();
            if (vision != null && name.startsWith(vision)) {
                addOpenAi(canonical, info, name.substring(vision.length()), ParameterNames.VISION);
            } else if (name.startsWith(root) && SHARED.contains(name.substring(root.length()))) {
                canonical.add(name.substring(root.length()), info.shape(), Part.whole(name));
            } else if (text != null && name.startsWith(text)) {
                addOpenAi(canonical, info, name.substring(text.length()), ParameterNames.TEXT);
            } else {
                canonical.add(name, info.shape(), Part.whole(name));
            }
        }
        return canonical;
    }

    private void addOpenAi(CanonicalWeights canonical, TensorInfo info, String name, String tower) throws WeightFormatException {
        Matcher block = BLOCK.matcher(name);
        if (block.matches()) {
            addBlock(canonical, info, tower + "encoder.layers." + block.group(1) + ".", block.group(2));
            return;
        }
        boolean vision = tower.equals(ParameterNames.VISION);
        if (vision && name.startsWith(TimmVision.TRUNK)) {
            TimmVision.add(canonical, info, name.substring(TimmVision.TRUNK.length()), tensors);
            return;
        }
        Optional<String> m2m100 = vision ? Optional.empty() : M2m100Names.of(name);
        if (m2m100.isPresent()) {
            canonical.add(m2m100.get(), info.shape(), Part.whole(info.name()));
            return;
        }
        switch (name) {
            case "class_embedding" -> canonical.add(ParameterNames.CLASS_EMBEDDING, info.shape(), Part.whole(info.name()));
            case "conv1.weight" -> canonical.add(ParameterNames.PATCH_EMBEDDING, info.shape(), Part.whole(info.name()));
            case "token_embedding.weight" -> canonical.add(ParameterNames.TOKEN_EMBEDDING, info.shape(), Part.whole(info.name()));
            case "positional_embedding" ->
                    addPositions(canonical, info, vision ? ParameterNames.VISION_POSITIONS : ParameterNames.TEXT_POSITIONS);
            case "positional_embedding_res" -> {} // read with positional_embedding
            case "proj" -> addProjection(canonical, info, ParameterNames.VISUAL_PROJECTION, widthOf(ParameterNames.VISION, info));
            case "text_projection" -> addProjection(canonical, info, ParameterNames.TEXT_PROJECTION, widthOf(ParameterNames.TEXT, info));
            case "text_projection.weight", "text_projection.bias" -> {
                boolean biased = tensors.containsKey(info.name().substring(0, info.name().lastIndexOf('.')) + ".bias");
                String layer = biased ? ParameterNames.TEXT_HEAD_LAYER : ParameterNames.TEXT_PROJECTION_LAYER;
                canonical.add(layer + name.substring(name.lastIndexOf('.')), info.shape(), Part.whole(info.name()));
            }
            default -> {
                if (!NO_WEIGHTS.contains(name) && !(!vision && M2m100Names.isBuffer(name))) {
                    canonical.add(renamedNorm(name, vision).orElse(info.name()), info.shape(), Part.whole(info.name()));
                }
            }
        }
    }

    private static Optional<String> renamedNorm(String name, boolean vision) {
        Map<String, String> norms = vision
                ? Map.of("ln_pre.", ParameterNames.PRE_NORM, "ln_post.", ParameterNames.POST_NORM)
                : Map.of("ln_final.", ParameterNames.FINAL_NORM);
        return norms.entrySet().stream()
                .filter(norm -> name.startsWith(norm.getKey()))
                .map(norm -> norm.getValue() + "." + name.substring(norm.getKey().length()))
                .findFirst();
    }

    private void addPositions(CanonicalWeights canonical, TensorInfo info, String name) throws WeightFormatException {
        String rest = info.name() + "_res";
        TensorInfo second = tensors.get(rest);
        boolean folded = second != null && second.shape().equals(info.shape()) && info.shape().rank() == 2
                && info.shape().dim(0) > LONG_CLIP_KEPT_POSITIONS;
        canonical.add(name, info.shape(), folded
                ? new Part(info.name(), false, 0, new Rest(rest, kept(info.shape()), kept(info.shape())))
                : Part.whole(info.name()));
    }

    private static int kept(Shape positions) {
        return LONG_CLIP_KEPT_POSITIONS * positions.dim(1);
    }

    /// The width of a tower, by its norms: the projection's other extent.
    private int widthOf(String tower, TensorInfo projection) {
        String prefix = projection.name().substring(0, projection.name().lastIndexOf('.') + 1);
        TensorInfo info = tensors.get(prefix + (tower.equals(ParameterNames.VISION) ? "ln_post.weight" : "ln_final.weight"));
        return info == null ? 0 : info.shape().elements();
    }

    /// OpenAI stores projections `[d, p]`. One that is `[p, d]` beyond doubt, because only its second extent is d, is taken as it is.
    private static void addProjection(CanonicalWeights canonical, TensorInfo info, String name, int width) throws WeightFormatException {
        Shape shape = info.shape();
        if (shape.rank() != 2 || (shape.dim(1) == width && shape.dim(0) != width)) {
            canonical.add(name, shape, Part.whole(info.name()));
        } else {
            canonical.add(name, Shape.of(shape.dim(1), shape.dim(0)), new Part(info.name(), true, 0, null));
        }
    }

    private static void addBlock(CanonicalWeights canonical, TensorInfo info, String block, String name) throws WeightFormatException {
        if (name.equals("attn.in_proj_weight") || name.equals("attn.in_proj_bias")) {
            addThirds(canonical, info, block, name.endsWith("weight") ? "weight" : "bias");
            return;
        }
        for (Map.Entry<String, String> part : BLOCK_PARTS.entrySet()) {
            if (name.startsWith(part.getKey())) {
                canonical.add(block + part.getValue() + name.substring(part.getKey().length()), info.shape(), Part.whole(info.name()));
                return;
            }
        }
        canonical.add(info.name(), info.shape(), Part.whole(info.name()));
    }

    static void addThirds(CanonicalWeights canonical, TensorInfo info, String block, String kind) throws WeightFormatException {
        int[] dims = info.shape().toArray();
        if (dims.length == 0 || dims[0] % FUSED_ORDER.size() != 0) {
            throw new WeightFormatException("%s in %s: expected queries, keys and values one below the other, got %s"
                    .formatted(info.name(), info.file(), info.shape()));
        }
        dims[0] /= FUSED_ORDER.size();
        for (int i = 0; i < FUSED_ORDER.size(); i++) {
            canonical.add(block + "self_attn." + FUSED_ORDER.get(i) + "."
                    + kind, Shape.of(dims), new Part(info.name(), false, i * dims[0], null));
        }
    }
}
