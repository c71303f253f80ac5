package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.nn.ParameterNames;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// What the shapes of a checkpoint's tensors say about its config (openai/CLIP `clip/model.py`, `build_model`).
final class ConfigInference {
    /// The width of a head in every model that OpenAI published; shapes do not tell it.
    private static final int HEAD_WIDTH = 64;

    /// The widest image encoder whose heads are of 64: that of L/14. H/14 (1280) has heads of 80, g/14 (1408) of 88, bigG/14 (1664) of 104
    /// and E/14 (1792) of 112 (open_clip `model_configs`); 64 divides these widths too, so the wrong number of heads would go unnoticed.
    private static final int MAX_VISION_WIDTH = 1024;

    /// PyTorch's, which OpenAI's models have.
    private static final double EPSILON = 1e-5;

    /// Flax's, which SigLIP's models have.
    private static final double SIGLIP_EPSILON = 1e-6;

    private static final String FIRST_LAYER = "mlp.fc1.weight"; // of a block's MLP
    private static final String SHAPES = "the weights' shapes";
    private static final String VISION_CONFIG = "vision_config";
    private static final String TEXT_CONFIG = "text_config";

    private final WeightSource weights;

    private ConfigInference(WeightSource weights) {
        this.weights = weights;
    }

    /// The config of a checkpoint that has no config file.
    ///
    /// @param weights under Hugging Face's names
    /// @throws WeightFormatException when the shapes fit no CLIP, or the width is not a multiple of 64
    static ClipConfig infer(WeightSource weights, Activation activation) throws WeightFormatException {
        ConfigInference shapes = new ConfigInference(weights);
        try {
            return new ClipConfig(shapes.vision(activation), shapes.text(activation));
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException("%s: %s".formatted(weights.location(), e.getMessage()), e);
        }
    }

    /// `config` with the towers that the weights have, and the widths of projections that they have: several published configs name a wrong
    /// one, or describe both towers where the file holds one.
    static ClipConfig reconcile(ClipConfig config, WeightSource weights) throws WeightFormatException {
        ConfigInference shapes = new ConfigInference(weights);
        boolean hasVision = shapes.hasAny(ParameterNames.VISION);
        boolean hasText = shapes.hasAny(ParameterNames.TEXT);
        Optional<VisionConfig> vision = config.vision().filter(_ -> hasVision || !hasText)
                .map(said -> said.withProjection(shapes.projection(ParameterNames.VISUAL_PROJECTION, said.projectionDim())));
        Optional<TextConfig> text = config.text().filter(_ -> hasText || !hasVision)
                .map(said -> said.withProjection(switch (said.head()) {
                    case TextHead.EndOfText _, TextHead.EndOfPaddedText _ ->
                        shapes.projection(ParameterNames.TEXT_PROJECTION, said.projectionDim());
                    // its width is no mistake of published configs
                    case TextHead.LastPosition _, TextHead.FirstPosition _, TextHead.Bert _ ->
                        said.projectionDim();
                }));
        if (vision.isEmpty() && text.isEmpty()) {
            throw new WeightFormatException("%s: expected the tensors of the %s encoder that the config describes, got those of the other"
                    .formatted(weights.location(), config.vision().isEmpty() ? "text" : "image"));
        }
        try {
            return new ClipConfig(vision, text.map(shapes::withOwnExtents));
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException("%s: %s".formatted(weights.location(), e.getMessage()), e);
        }
    }

    /// The names of text encoders of other libraries do not tell how many tokens were added to their vocabularies; those of M2M100's
    /// not even how many layers were left out, only the heads.
    private TextConfig withOwnExtents(TextConfig said) {
        return switch (said.head()) {
            case TextHead.EndOfText _, TextHead.EndOfPaddedText _, TextHead.LastPosition _ -> said;
            case TextHead.Bert _ -> matrix(ParameterNames.TEXT + BertNames.ANCHOR)
                    .map(tokens -> new TextConfig(tokens.dim(0), said.contextLength(), said.transformer(), said.head()))
                    .orElse(said);
            case TextHead.FirstPosition _ -> {
                Optional<Shape> tokens = matrix(ParameterNames.TOKEN_EMBEDDING);
                Optional<Shape> hidden = matrix(ParameterNames.block(ParameterNames.TEXT, 0) + FIRST_LAYER);
                if (tokens.isEmpty() || hidden.isEmpty()) {
                    yield said; // the check of the weights says what is missing
                }
                TransformerConfig t = said.transformer();
                yield new TextConfig(tokens.get().dim(0), said.contextLength(), new TransformerConfig(
                        tokens.get().dim(1), t.heads(), layers(ParameterNames.TEXT), hidden.get().dim(0), t.activation(),
                        t.layerNormEpsilon()), said.head());
            }
        };
    }

    private Optional<Shape> matrix(String name) {
        return Optional.ofNullable(weights.tensors().get(name)).map(TensorInfo::shape).filter(shape -> shape.rank() == 2);
    }

    private int layers(String tower) {
        int layers = 0;
        while (weights.tensors().containsKey(ParameterNames.block(tower, layers) + FIRST_LAYER)) {
            layers++;
        }
        return layers;
    }

    /// Where the values of an inferred config came from. The number of heads and the epsilon are not in the weights: they are assumed as
    /// OpenAI's loader does.
    static Map<String, String> origins(ClipConfig config) {
        Map<String, String> origins = new LinkedHashMap<>();
        config.vision().ifPresent(vision -> {
            put(origins, VISION_CONFIG, "image_size", vision.imageSize(), SHAPES);
            put(origins, VISION_CONFIG, "patch_size", vision.patchSize(), SHAPES);
            put(origins, VISION_CONFIG, "projection_dim", vision.projectionDim().orElse(0), SHAPES);
            put(origins, VISION_CONFIG, vision.transformer());
        });
        config.text().ifPresent(text -> {
            put(origins, TEXT_CONFIG, "vocab_size", text.vocabularySize(), SHAPES);
            put(origins, TEXT_CONFIG, "max_position_embeddings", text.contextLength(), SHAPES);
            put(origins, TEXT_CONFIG, "projection_dim", text.projectionDim().orElse(0), SHAPES);
            put(origins, TEXT_CONFIG, text.transformer());
        });
        return origins;
    }

    private static void put(Map<String, String> origins, String part, TransformerConfig transformer) {
        put(origins, part, "hidden_size", transformer.width(), SHAPES);
        put(origins, part, "num_attention_heads", transformer.heads(), "a width of 64 each, as OpenAI's build_model assumes");
        put(origins, part, "num_hidden_layers", transformer.layers(), SHAPES);
        put(origins, part, "intermediate_size", transformer.mlpWidth(), SHAPES);
        put(origins, part, "layer_norm_eps", transformer.layerNormEpsilon(),
                transformer.layerNormEpsilon() == EPSILON ? "PyTorch's default, as in OpenAI's model" : "as in all SigLIPs");
    }

    private static void put(Map<String, String> origins, String part, String key, Number value, String origin) {
        origins.put(part + "." + key, value + "  " + origin);
    }

    /// Where the weights had the last word over a file.
    static Map<String, String> corrections(ClipConfig said, ClipConfig config) {
        Map<String, String> corrections = new LinkedHashMap<>();
        correct(corrections, VISION_CONFIG, "image", said.vision().map(VisionConfig::projectionDim),
                config.vision().map(VisionConfig::projectionDim));
        correct(corrections, TEXT_CONFIG, "text", said.text().map(TextConfig::projectionDim), config.text().map(TextConfig::projectionDim));
        return corrections;
    }

    /// @param said the width of a tower's projection in the file, empty without the tower
    /// @param found the same in the weights
    private static void correct(
            Map<String, String> corrections, String part, String tower, Optional<OptionalInt> said, Optional<OptionalInt> found) {
        if (said.isPresent() && found.isEmpty()) {
            corrections.put(part, "left out  the weights have no %s encoder".formatted(tower));
        } else if (!said.equals(found)) {
            put(corrections, part, "projection_dim", found.get().orElse(0), SHAPES);
        }
    }

    private boolean hasAny(String prefix) {
        return weights.tensors().keySet().stream().anyMatch(name -> name.startsWith(prefix) && !ParameterNames.isBuffer(name));
    }

    /// The projection's width; empty when there is none although the tower is there and the other's projection is not missing by accident.
    private OptionalInt projection(String name, OptionalInt configured) {
        TensorInfo info = weights.tensors().get(name);
        if (info != null && info.shape().rank() == 2) {
            return OptionalInt.of(info.shape().dim(0));
        }
        boolean bothTowers = hasAny(ParameterNames.VISION) && hasAny(ParameterNames.TEXT);
        return bothTowers ? configured : OptionalInt.empty();
    }

    private Shape shape(String name, int rank) throws WeightFormatException {
        TensorInfo info = weights.tensors().get(name);
        if (info == null) {
            throw new WeightFormatException(
                    "%s: expected a tensor %s, got none; without a config the model is known by its tensors"
                            .formatted(weights.location(), name));
        }
        if (info.shape().rank() != rank) {
            throw new WeightFormatException("%s in %s: expected %d dimensions, got %s".formatted(name, info.file(), rank, info.shape()));
        }
        return info.shape();
    }

    private Optional<VisionConfig> vision(Activation activation) throws WeightFormatException {
        if (!hasAny(ParameterNames.VISION)) {
            return Optional.empty();
        }
        if (weights.tensors().containsKey(ParameterNames.VISUAL_PROJECTION_LAYER + ".bias")) {
            throw new WeightFormatException(weights.location() + ": expected open_clip_config.json, got none; an image encoder whose "
                    + "projection has a bias is MobileCLIP's, whose weights do not say whether a position of a text sees later ones");
        }
        int patch = shape(ParameterNames.PATCH_EMBEDDING, 4).dim(3);
        Shape positions = shape(ParameterNames.VISION_POSITIONS, 2);
        if (positions.dim(1) > MAX_VISION_WIDTH) {
            throw new WeightFormatException(
                    ("%s: expected a config, got none; the number of heads is not in the weights, and image encoders of a width above %d "
                                    + "(H/14, g/14, bigG/14), as this one of %d, do not have heads of 64: add the model's config.json or "
                                    + "open_clip_config.json")
                            .formatted(weights.location(), MAX_VISION_WIDTH, positions.dim(1)));
        }
        boolean pooled = hasAny(ParameterNames.ATTENTION_POOL);
        if (!pooled && !hasAny(ParameterNames.PRE_NORM)) {
            throw new WeightFormatException(weights.location() + ": expected open_clip_config.json, got none; an image encoder without a "
                    + "norm before its blocks is CLIPA's, whose weights do not say how its outputs become a vector");
        }
        int grid = (int) Math.round(Math.sqrt(positions.dim(0) - (pooled ? 0.0 : 1.0)));
        return Optional.of(new VisionConfig(
                Math.multiplyExact(patch, grid), patch,
                transformer(ParameterNames.VISION, positions.dim(1), activation, pooled ? SIGLIP_EPSILON : EPSILON),
                pooled
                        ? new ImageHead.AttentionPool()
                        : new ImageHead.ClassToken(projection(ParameterNames.VISUAL_PROJECTION, OptionalInt.empty()))));
    }

    private Optional<TextConfig> text(Activation activation) throws WeightFormatException {
        if (!hasAny(ParameterNames.TEXT)) {
            return Optional.empty();
        }
        Shape tokens = shape(ParameterNames.TOKEN_EMBEDDING, 2);
        if (!weights.tensors().containsKey(ParameterNames.TEXT_POSITIONS)) {
            throw new WeightFormatException(weights.location() + ": expected open_clip_config.json, got none; a text encoder without a "
                    + "table of positions is NLLB-CLIP's, whose weights do not say how many heads it has");
        }
        boolean projected = hasAny(ParameterNames.TEXT_HEAD_LAYER + ".");
        boolean last = projected
                || (hasAny(ParameterNames.ATTENTION_POOL) && !weights.tensors().containsKey(ParameterNames.TEXT_PROJECTION));
        return Optional.of(new TextConfig(
                tokens.dim(0), shape(ParameterNames.TEXT_POSITIONS, 2).dim(0),
                transformer(ParameterNames.TEXT, tokens.dim(1), activation, last ? SIGLIP_EPSILON : EPSILON),
                last
                        ? new TextHead.LastPosition(
                                projected ? OptionalInt.of(shape(ParameterNames.TEXT_HEAD, 2).dim(0)) : OptionalInt.empty(), true)
                        : new TextHead.EndOfText(
                                projection(ParameterNames.TEXT_PROJECTION, OptionalInt.empty()), TextHead.Pooling.GREATEST_ID,
                                tokens.dim(0) - 1)));
    }

    private TransformerConfig transformer(String tower, int width, Activation activation, double epsilon) throws WeightFormatException {
        int layers = layers(tower);
        if (layers == 0 || width % HEAD_WIDTH != 0) {
            throw new WeightFormatException(
                    ("%s: expected blocks of a width that is a multiple of 64, got %d blocks of width %d; the number of heads is not in "
                            + "the weights: "
                                    + "add the model's config.json")
                            .formatted(weights.location(), layers, width));
        }
        int mlpWidth = shape(ParameterNames.block(tower, 0) + FIRST_LAYER, 2).dim(0);
        return new TransformerConfig(width, width / HEAD_WIDTH, layers, mlpWidth, activation, epsilon);
    }
}
