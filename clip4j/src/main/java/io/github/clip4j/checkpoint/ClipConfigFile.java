package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A Hugging Face `config.json`, with the published defaults for what it leaves out (huggingface/transformers `configuration_clip.py`,
/// `configuration_siglip.py`).
///
/// The defaults belong to the reader: the config of openai/clip-vit-base-patch32 names hardly a number.
final class ClipConfigFile implements ConfigFile {
    private static final String CONFIG = "config.json";
    private static final String DEFAULT = "default";
    private static final String MODULES = SentenceTransformers.MODULES;

    private final ClipConfig config;
    private final Map<String, String> origins;

    private ClipConfigFile(ClipConfig config, Map<String, String> origins) {
        this.config = config;
        this.origins = Collections.unmodifiableMap(origins);
    }

    /// Understands a config file.
    ///
    /// @throws WeightFormatException when it is malformed, or its values contradict each other
    static ClipConfigFile read(JsonFields root) throws WeightFormatException {
        Map<String, String> origins = new LinkedHashMap<>();
        String type = root.string("model_type").orElse("clip");
        Optional<Relatives> relative = Relatives.ofModelType(type);
        if (relative.isPresent()) {
            throw relative.get().refusal(root.where());
        }
        try {
            ClipConfig config =
                    switch (type) {
                        case "clip", "metaclip_2" -> both(root, origins);
                        case "clip_vision_model" ->
                            ClipConfig.ofImages(vision(new Reader(root, null, "vision_config", origins), projection(root, origins)));
                        case "clip_text_model" ->
                            ClipConfig.ofTexts(text(new Reader(root, null, "text_config", origins), projection(root, origins)));
                        case "chinese_clip" -> ClipConfig.of(
                                vision(Reader.of(root, "vision_config", origins), projection(root, origins)),
                                bert(Reader.of(root, "text_config", origins), TextHead.Bert.Rows.FIRST, projection(root, origins)));
                        case "chinese_clip_vision_model" ->
                            ClipConfig.ofImages(vision(new Reader(root, null, "vision_config", origins), OptionalInt.empty()));
                        case "chinese_clip_text_model" -> ClipConfig.ofTexts(
                                bert(new Reader(root, null, "text_config", origins), TextHead.Bert.Rows.FIRST, OptionalInt.empty()));
                        case "M-CLIP" -> ClipConfig.ofTexts(mClip(root, origins));
                        case "bert", "roberta", "xlm-roberta", "distilbert" -> throw new WeightFormatException(
                                ("%s: a text encoder of the type %s by itself, without the modules of sentence-transformers that make an "
                                        + "embedding of its outputs; expected %s beside it").formatted(root.where(), type, MODULES));
                        case "siglip" -> ClipConfig.of(
                                siglipVision(Reader.withoutLegacy(root, "vision_config", origins)),
                                siglipText(Reader.withoutLegacy(root, "text_config", origins)));
                        case "siglip_vision_model" ->
                            ClipConfig.ofImages(siglipVision(new Reader(root, null, "vision_config", origins)));
                        case "siglip_text_model" ->
                            ClipConfig.ofTexts(siglipText(new Reader(root, null, "text_config", origins)));
                        default -> throw root.wrong(
                                "model_type", "'clip', 'siglip', 'chinese_clip' or one of their towers, such as 'clip_vision_model'",
                                "'" + type + "'");
                    };
            return new ClipConfigFile(config, origins);
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException("%s: %s".formatted(root.where(), e.getMessage()), e);
        }
    }

    /// Understands the config of a text encoder in a chain of sentence-transformers' modules.
    ///
    /// @throws WeightFormatException as [#read(JsonFields)]
    static ClipConfigFile read(JsonFields root, TextModules modules) throws WeightFormatException {
        Map<String, String> origins = new LinkedHashMap<>();
        String type = root.string("model_type").orElse("nothing");
        Reader reader = new Reader(root, null, "text_config", origins);
        try {
            TextConfig text =
                    switch (type) {
                        case "bert" -> bert(reader, modules.rows(), OptionalInt.empty());
                        case "roberta", "xlm-roberta" -> roberta(reader, modules.rows());
                        case "distilbert" -> distilBert(reader, modules.rows());
                        default -> throw root.wrong("model_type", "bert, roberta, xlm-roberta or distilbert", "'" + type + "'");
                    };
            return new ClipConfigFile(ClipConfig.ofTexts(projected(text, modules)), origins);
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException("%s: %s".formatted(root.where(), e.getMessage()), e);
        }
    }

    private static TextConfig projected(TextConfig text, TextModules modules) {
        int context = Math.min(text.contextLength(), modules.maxLength().orElse(text.contextLength()));
        if (!(text.head() instanceof TextHead.Bert bert)) {
            throw new IllegalArgumentException("expected a text encoder of BERT's kind, got " + text.head());
        }
        TextHead.Bert.Projection projection = modules.dim().isEmpty() ? TextHead.Bert.Projection.NONE
                : modules.bias() ? TextHead.Bert.Projection.LINEAR_WITH_BIAS : TextHead.Bert.Projection.LINEAR;
        return new TextConfig(text.vocabularySize(), context, text.transformer(), new TextHead.Bert(
                bert.pooling(), projection, modules.dim(), bert.positions(), bert.firstPosition(), bert.types(), bert.padId()));
    }

    /// Whether a `config.json` is one of the transformers library: other libraries, such as timm, write files of that name.
    static boolean isOfTransformers(JsonFields root) {
        return root.has("model_type");
    }

    @Override
    public String name() {
        return CONFIG;
    }

    @Override
    public ClipConfig config() {
        return config;
    }

    @Override
    public Map<String, String> origins() {
        return origins;
    }

    private static ClipConfig both(JsonFields root, Map<String, String> origins) throws WeightFormatException {
        OptionalInt projection = projection(root, origins);
        TextConfig text = text(Reader.of(root, "text_config", origins), projection);
        boolean metaClip2 = root.string("model_type").orElse("clip").equals("metaclip_2"); // its vocabulary really ends texts with 2
        return ClipConfig.of(vision(Reader.of(root, "vision_config", origins), projection), metaClip2 ? firstEndOfText(text) : text);
    }

    private static TextConfig firstEndOfText(TextConfig text) {
        return new TextConfig(text.vocabularySize(), text.contextLength(), text.transformer(), switch (text.head()) {
            case TextHead.Bert bert -> bert;
            case TextHead.EndOfText end -> new TextHead.EndOfText(end.projectionDim(), TextHead.Pooling.FIRST_END_OF_TEXT, end.id());
            case TextHead.EndOfPaddedText end -> end;
            case TextHead.LastPosition last -> last;
            case TextHead.FirstPosition first -> first;
        });
    }

    /// The top-level value: those of the parts are wrong or absent in several published checkpoints.
    private static OptionalInt projection(JsonFields root, Map<String, String> origins) throws WeightFormatException {
        return positive(new Reader(root, null, "", origins).integer("projection_dim", 512));
    }

    /// A width, or 0 for a tower that ends without a projection.
    private static OptionalInt positive(int dim) {
        return dim == 0 ? OptionalInt.empty() : OptionalInt.of(dim);
    }

    private static void requireChannels(Reader reader) throws WeightFormatException {
        int channels = reader.integer("num_channels", VisionConfig.CHANNELS);
        if (channels != VisionConfig.CHANNELS) {
            throw reader.fields.wrong("num_channels", "3", String.valueOf(channels));
        }
    }

    private static VisionConfig siglipVision(Reader reader) throws WeightFormatException {
        requireChannels(reader);
        if (!reader.fields.bool("vision_use_head").orElse(true)) {
            throw reader.fields.wrong("vision_use_head", "true, because the head makes the embedding of an image", "false");
        }
        return new VisionConfig(
                reader.integer("image_size", 224), reader.integer("patch_size", 16), siglipTransformer(reader),
                new ImageHead.AttentionPool());
    }

    private static TextConfig siglipText(Reader reader) throws WeightFormatException {
        TransformerConfig transformer = siglipTransformer(reader);
        return new TextConfig(
                reader.integer("vocab_size", 32000), reader.integer("max_position_embeddings", 64), transformer,
                new TextHead.LastPosition(positive(reader.integer("projection_size", transformer.width())), true));
    }

    private static TransformerConfig siglipTransformer(Reader reader) throws WeightFormatException {
        return transformer(reader, 768, 12, 3072, Activation.GELU_TANH, 1e-6);
    }

    private static VisionConfig vision(Reader reader, OptionalInt projection) throws WeightFormatException {
        requireChannels(reader);
        return new VisionConfig(
                reader.integer("image_size", 224), reader.integer("patch_size", 32),
                transformer(reader, 768, 12, 3072, Activation.QUICK_GELU, 1e-5),
                new ImageHead.ClassToken(projection));
    }

    private static TextConfig text(Reader reader, OptionalInt projection) throws WeightFormatException {
        return new TextConfig(
                reader.integer("vocab_size", 49408), reader.integer("max_position_embeddings", 77),
                transformer(reader, 512, 8, 2048, Activation.QUICK_GELU, 1e-5),
                new TextHead.EndOfText(projection, TextHead.Pooling.HUGGING_FACE, reader.integer("eos_token_id", 49407)));
    }

    /// BERT's config, which Chinese-CLIP has for its texts (transformers `configuration_chinese_clip.py`).
    private static TextConfig bert(Reader reader, TextHead.Bert.Rows rows, OptionalInt projection) throws WeightFormatException {
        TransformerConfig transformer = transformer(reader, 768, 12, 3072, Activation.GELU, 1e-12);
        int positions = reader.integer("max_position_embeddings", 512);
        return new TextConfig(
                reader.integer("vocab_size", 30522), positions, transformer,
                new TextHead.Bert(
                        rows, projection.isPresent() ? TextHead.Bert.Projection.LINEAR : TextHead.Bert.Projection.NONE, projection,
                        positions, 0, reader.integer("type_vocab_size", 2), reader.integer("pad_token_id", 0)));
    }

    /// The positions begin behind the padding's (transformers `configuration_xlm_roberta.py`, `modeling_xlm_roberta.py`).
    private static TextConfig roberta(Reader reader, TextHead.Bert.Rows rows) throws WeightFormatException {
        TransformerConfig transformer = transformer(reader, 768, 12, 3072, Activation.GELU, 1e-12);
        int positions = reader.integer("max_position_embeddings", 512);
        int pad = reader.integer("pad_token_id", 1);
        return new TextConfig(
                reader.integer("vocab_size", 30522), positions - pad - 1, transformer,
                new TextHead.Bert(
                        rows, TextHead.Bert.Projection.NONE, OptionalInt.empty(), positions, pad + 1,
                        reader.integer("type_vocab_size", 2), pad));
    }

    /// It has names of its own, and no segments (transformers `configuration_distilbert.py`, `modeling_distilbert.py`).
    private static TextConfig distilBert(Reader reader, TextHead.Bert.Rows rows) throws WeightFormatException {
        Optional<String> name = reader.fields.string("activation");
        Activation activation = Activation.ofConfigName(name.orElse("gelu"))
                .orElseThrow(() -> reader.fields.wrong("activation", "gelu", "'" + name.orElse("") + "'"));
        TransformerConfig transformer = new TransformerConfig(
                reader.integer("dim", 768), reader.integer("n_heads", 12), reader.integer("n_layers", 6),
                reader.integer("hidden_dim", 3072), activation, 1e-12);
        int positions = reader.integer("max_position_embeddings", 512);
        return new TextConfig(
                reader.integer("vocab_size", 30522), positions, transformer,
                new TextHead.Bert(
                        rows, TextHead.Bert.Projection.NONE, OptionalInt.empty(), positions, 0, 0, reader.integer("pad_token_id", 0)));
    }

    /// M-CLIP's config names its encoder; the mean of the outputs is projected with a bias (FreddeFrallan/Multilingual-CLIP
    /// `pt_multilingual_clip.py`).
    private static TextConfig mClip(JsonFields root, Map<String, String> origins) throws WeightFormatException {
        String name = root.string("modelBase").orElse("");
        BertBases base = BertBases.of(name)
                .orElseThrow(() -> root.wrong("modelBase", "one of BERT's kind that is known", "'" + name + "'"));
        Reader reader = new Reader(root, null, "", origins);
        return base.config(
                OptionalInt.empty(), TextHead.Bert.Rows.MEAN, TextHead.Bert.Projection.LINEAR_WITH_BIAS,
                OptionalInt.of(reader.integer("numDims", 512)));
    }

    private static TransformerConfig transformer(
            Reader reader, int width, int heads, int mlpWidth, Activation activation, double epsilon) throws WeightFormatException {
        return new TransformerConfig(
                reader.integer("hidden_size", width), reader.integer("num_attention_heads", heads), reader.integer("num_hidden_layers", 12),
                reader.integer("intermediate_size", mlpWidth), reader.activation(activation), reader.number("layer_norm_eps", epsilon));
    }

    /// One part of the config, its legacy `…_dict` before it, and a note of each value's origin.
    private record Reader(JsonFields fields, @Nullable JsonFields legacy, String part, Map<String, String> origins) {
        static Reader of(JsonFields root, String part, Map<String, String> origins) throws WeightFormatException {
            JsonFields empty = StrictJson.parseObject(new byte[] {'{', '}'}, root.where() + "." + part);
            return new Reader(root.object(part).orElse(empty), root.object(part + "_dict").orElse(null), part, origins);
        }

        /// SigLIP's configs never had the legacy parts.
        static Reader withoutLegacy(JsonFields root, String part, Map<String, String> origins) throws WeightFormatException {
            return new Reader(of(root, part, origins).fields, null, part, origins);
        }

        private JsonFields holder(String key) {
            return legacy != null && legacy.has(key) ? legacy : fields;
        }

        private void note(String key, Object value, boolean isDefault) {
            String origin = isDefault ? DEFAULT : holder(key) == legacy ? CONFIG + " (" + part + "_dict)" : CONFIG;
            origins.put(part.isEmpty() ? key : part + "." + key, value + "  " + origin);
        }

        int integer(String key, int standard) throws WeightFormatException {
            OptionalLong value = holder(key).integer(key);
            if (value.isPresent() && value.getAsLong() > Integer.MAX_VALUE) {
                throw holder(key).wrong(key, "an integer below 2^31", String.valueOf(value.getAsLong()));
            }
            note(key, value.orElse(standard), value.isEmpty());
            return (int) value.orElse(standard);
        }

        double number(String key, double standard) throws WeightFormatException {
            OptionalDouble value = holder(key).number(key);
            note(key, value.orElse(standard), value.isEmpty());
            return value.orElse(standard);
        }

        Activation activation(Activation standard) throws WeightFormatException {
            Optional<String> name = holder("hidden_act").string("hidden_act");
            note("hidden_act", name.orElse(standard.configName()), name.isEmpty());
            if (name.isEmpty()) {
                return standard;
            }
            return Activation.ofConfigName(name.get())
                    .orElseThrow(() ->
                            holder("hidden_act").wrong("hidden_act", "quick_gelu, gelu or gelu_pytorch_tanh", "'" + name.get() + "'"));
        }
    }
}
