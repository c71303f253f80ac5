package io.github.clip4j.checkpoint;

import io.github.clip4j.checkpoint.CanonicalWeights.Part;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.nn.ParameterNames;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The image encoders of timm 1.0.29 (`vision_transformer.py`, `vision_transformer_hybrid.py`) that open_clip's configs name: SigLIP's, and
/// those of MobileCLIP that are vision transformers. And how timm names their tensors.
///
/// A name says everything: extents, and which GELU. Most models of 2023 have the exact one there, although they were trained with the tanh
/// form; the tower that follows a config of transformers differs by that.
final class TimmVision {
    /// The encoder's names begin with it, after open_clip's `visual.`.
    static final String TRUNK = "trunk.";

    /// The positions of patches, by which the names are known.
    static final String POSITIONS = TRUNK + "pos_embed";

    /// The pooling head.
    static final String POOL = TRUNK + "attn_pool.";

    /// What only those with a class token and their own projection have.
    static final List<String> PROJECTED_CLASS_TOKEN = List.of(TRUNK + "cls_token", TRUNK + "head.weight");

    /// Counts the batches of training; nothing is computed from it.
    private static final String BATCHES = ".num_batches_tracked";

    private static final Pattern BLOCK = Pattern.compile("blocks\\.(\\d+)\\.(.+)");

    /// Beginnings of names within a block, and within the encoder.
    private static final Map<String, String> BLOCK_PARTS = Map.of(
            "norm1.", "layer_norm1.", "norm2.", "layer_norm2.", "attn.proj.", "self_attn.out_proj.", "mlp.", "mlp.");

    private static final Map<String, String> PARTS = Map.of(
            "patch_embed.proj.", "vision_model.embeddings.patch_embedding.",
            "patch_embed.backbone.", "vision_model.embeddings.patch_embedding.",
            "norm_pre.", ParameterNames.PRE_NORM + ".", "norm.", ParameterNames.POST_NORM + ".",
            "head.", ParameterNames.VISUAL_PROJECTION_LAYER + ".",
            "attn_pool.proj.", ParameterNames.ATTENTION_POOL + ".attention.out_proj.",
            "attn_pool.norm.", ParameterNames.ATTENTION_POOL + ".layernorm.", "attn_pool.mlp.", ParameterNames.ATTENTION_POOL + ".mlp.");

    /// `vit_so400m_patch14_siglip_384`
    private static final Pattern NAME = Pattern.compile("vit_(base|large|so400m|giantopt)_patch(\\d+)_siglip_(\\d+)");

    private record Size(int width, int layers, int heads, int mlpWidth) {}

    private static final Map<String, Size> SIZES = Map.of(
            "base", new Size(768, 12, 12, 3072), "large", new Size(1024, 24, 16, 4096), "so400m", new Size(1152, 27, 16, 4304),
            "giantopt", new Size(1536, 40, 16, 6144));

    private static final Set<String> EXACT_GELU = Set.of(
            "vit_base_patch16_siglip_224", "vit_base_patch16_siglip_256", "vit_base_patch16_siglip_384", "vit_base_patch16_siglip_512",
            "vit_large_patch16_siglip_256", "vit_large_patch16_siglip_384", "vit_so400m_patch14_siglip_224",
            "vit_so400m_patch14_siglip_378", "vit_so400m_patch14_siglip_384");

    private static final Set<String> TANH_GELU = Set.of(
            "vit_base_patch32_siglip_256", "vit_large_patch16_siglip_512", "vit_so400m_patch16_siglip_256",
            "vit_so400m_patch16_siglip_384", "vit_so400m_patch16_siglip_512", "vit_giantopt_patch16_siglip_256",
            "vit_giantopt_patch16_siglip_384");

    /// The two image encoders of MobileCLIP that are vision transformers, without the width of their projection.
    private static final Map<String, VisionConfig> MOBILE_CLIP = Map.of(
            "vit_base_mci_224", new VisionConfig(
                    224, 16, new TransformerConfig(768, 12, 12, 3072, Activation.GELU, 1e-6), new ImageHead.ConvStem(OptionalInt.empty())),
            "vit_large_patch14_clip_224", new VisionConfig(
                    224, 14, new TransformerConfig(1024, 16, 24, 4096, Activation.GELU, 1e-5),
                    new ImageHead.ClassToken(OptionalInt.empty(), true)));

    private TimmVision() {}

    /// The image encoder of this name; empty for one that is not known.
    static Optional<VisionConfig> vision(String name) {
        VisionConfig mobileClip = MOBILE_CLIP.get(name);
        return mobileClip != null ? Optional.of(mobileClip) : siglip(name);
    }

    private static Optional<VisionConfig> siglip(String name) {
        Matcher matcher = NAME.matcher(name);
        boolean exact = EXACT_GELU.contains(name);
        if (!matcher.matches() || (!exact && !TANH_GELU.contains(name))) {
            return Optional.empty();
        }
        Size size = Objects.requireNonNull(SIZES.get(matcher.group(1)));
        return Optional.of(new VisionConfig(
                Integer.parseInt(matcher.group(3)), Integer.parseInt(matcher.group(2)),
                new TransformerConfig(
                        size.width, size.heads, size.layers, size.mlpWidth, exact ? Activation.GELU : Activation.GELU_TANH, 1e-6),
                new ImageHead.AttentionPool()));
    }

    /// Adds a tensor of the encoder under Hugging Face's name. Queries, keys and values are one tensor in a block; in the head the query is
    /// apart, and follows before the others.
    ///
    /// @param name within the trunk
    /// @param tensors of the source
    static void add(CanonicalWeights canonical, TensorInfo info, String name, Map<String, TensorInfo> tensors)
            throws WeightFormatException {
        Matcher block = BLOCK.matcher(name);
        if (block.matches()) {
            addBlock(canonical, info, ParameterNames.block(ParameterNames.VISION, Integer.parseInt(block.group(1))), block.group(2));
            return;
        }
        Shape shape = info.shape();
        switch (name) {
            case "pos_embed" -> canonical.add(
                    ParameterNames.VISION_POSITIONS, shape.rank() == 3 && shape.dim(0) == 1 ? Shape.of(shape.dim(1), shape.dim(2)) : shape,
                    Part.whole(info.name()));
            case "cls_token" -> canonical.add(
                    ParameterNames.CLASS_EMBEDDING, shape.elements() == shape.dim(-1) ? Shape.of(shape.elements()) : shape,
                    Part.whole(info.name()));
            case "attn_pool.latent" -> canonical.add(ParameterNames.ATTENTION_POOL + ".probe", shape, Part.whole(info.name()));
            case "attn_pool.q.weight", "attn_pool.q.bias" -> addQueryAndRest(canonical, info, tensors);
            case "attn_pool.kv.weight", "attn_pool.kv.bias" -> {} // read with the query's
            default -> {
                if (!name.startsWith("patch_embed.backbone.") || !name.endsWith(BATCHES)) {
                    canonical.add(renamed(name, PARTS).orElse(info.name()), shape, Part.whole(info.name()));
                }
            }
        }
    }

    private static void addBlock(CanonicalWeights canonical, TensorInfo info, String block, String name) throws WeightFormatException {
        if (name.startsWith("attn.qkv.")) {
            LayoutMapper.addThirds(canonical, info, block, name.substring("attn.qkv.".length()));
        } else {
            canonical.add(renamed(name, BLOCK_PARTS).map(part -> block + part).orElse(info.name()), info.shape(), Part.whole(info.name()));
        }
    }

    private static Optional<String> renamed(String name, Map<String, String> parts) {
        return parts.entrySet().stream()
                .filter(part -> name.startsWith(part.getKey()))
                .map(part -> part.getValue() + name.substring(part.getKey().length()))
                .findFirst();
    }

    private static void addQueryAndRest(CanonicalWeights canonical, TensorInfo query, Map<String, TensorInfo> tensors)
            throws WeightFormatException {
        String restName = query.name().replace(".q.", ".kv.");
        TensorInfo rest = tensors.get(restName);
        int[] dims = query.shape().toArray();
        boolean fits = rest != null && dims.length > 0 && rest.shape().rank() == dims.length
                && (dims.length == 1 || rest.shape().dim(-1) == query.shape().dim(-1));
        if (rest == null || !fits) {
            throw new WeightFormatException("%s in %s: expected keys and values of the same width in %s, got %s"
                    .formatted(query.name(), query.file(), restName, rest == null ? "nothing" : query.shape() + " and " + rest.shape()));
        }
        dims[0] += rest.shape().dim(0);
        String kind = query.name().substring(query.name().lastIndexOf('.') + 1);
        canonical.add(
                ParameterNames.ATTENTION_POOL + ".attention.in_proj_" + kind, Shape.of(dims),
                new Part(query.name(), false, 0, new CanonicalWeights.Rest(restName, query.shape().elements(), 0)));
    }
}
