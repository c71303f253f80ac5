package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// open_clip's `open_clip_config.json`, `{"model_cfg": …, "preprocess_cfg": …}`, or one of its `model_configs/*.json`, which are the first
/// part alone (open_clip `factory.py`, `model.py`, `transform.py`).
///
/// Only fields whose meaning is known are accepted: an unknown one would change the computation unseen.
final class OpenClipConfigFile implements ConfigFile {
    private static final Set<String> MODEL_FIELDS =
            Set.of("embed_dim", "quick_gelu", "custom_text", "init_logit_bias", "init_logit_scale", "vision_cfg", "text_cfg");
    private static final Set<String> VISION_FIELDS = Set.of(
            "image_size", "layers", "width", "patch_size", "head_width", "mlp_ratio", "norm_kwargs", "act_kwargs", "patch_dropout",
                    "output_tokens", "no_ln_pre", "pool_type", "final_ln_after_pool");
    private static final Set<String> TIMM_FIELDS = Set.of(
            "image_size", "timm_model_name", "timm_model_pretrained", "timm_pool", "timm_proj", "timm_drop", "timm_drop_path",
                    "patch_dropout", "output_tokens");
    private static final Set<String> SIGLIP_TEXT_FIELDS = Set.of(
            "context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "norm_kwargs", "act_kwargs", "pool_type",
                    "no_causal_mask", "proj_bias", "proj_type", "hf_tokenizer_name", "tokenizer_kwargs", "output_tokens");
    private static final Set<String> HF_TEXT_FIELDS = Set.of(
            "hf_model_name", "hf_tokenizer_name", "hf_model_pretrained", "hf_pooler_type", "hf_proj_type", "context_length",
            "tokenizer_kwargs", "output_tokens");
    private static final Set<String> TEXT_FIELDS = Set.of(
            "context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "norm_kwargs", "act_kwargs", "pool_type", "eos_id",
                    "hf_tokenizer_name",
            "tokenizer_kwargs", "output_tokens", "no_causal_mask");

    private final ClipConfig config;
    private final ClipPreprocess preprocess;
    private final Optional<String> clean;

    private OpenClipConfigFile(ClipConfig config, ClipPreprocess preprocess, Optional<String> clean) {
        this.config = config;
        this.preprocess = preprocess;
        this.clean = clean;
    }

    /// Understands a config file.
    ///
    /// @throws WeightFormatException when it is malformed, or describes a model of another kind, which the message names
    static OpenClipConfigFile read(JsonFields root) throws WeightFormatException {
        JsonFields model = root.object("model_cfg").orElse(root);
        refuseRelatives(model);
        try {
            ClipConfig config = model(model);
            JsonFields preprocess = root.object("preprocess_cfg")
                    .orElse(StrictJson.parseObject(new byte[] {'{', '}'}, root.where() + ".preprocess_cfg"));
            return new OpenClipConfigFile(config, OpenClipPreprocess.read(preprocess, config.vision().orElseThrow()), clean(model));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new WeightFormatException("%s: %s".formatted(root.where(), e.getMessage()), e);
        }
    }

    @Override
    public String name() {
        return "open_clip_config.json";
    }

    @Override
    public ClipConfig config() {
        return config;
    }

    @Override
    public Map<String, String> origins() {
        return Map.of();
    }

    /// How images are prepared: open_clip's order, and its defaults for what the file leaves out.
    ClipPreprocess preprocess() {
        return preprocess;
    }

    /// How a text is cleaned before its tokenizer: `canonicalize`, `lower` or `whitespace`, if the file says so.
    Optional<String> clean() {
        return clean;
    }

    private static Optional<String> clean(JsonFields model) throws WeightFormatException {
        Optional<JsonFields> kwargs = model.object("text_cfg").orElseThrow().object("tokenizer_kwargs");
        return kwargs.isPresent() ? kwargs.get().string("clean") : Optional.empty();
    }

    private static void refuseRelatives(JsonFields model) throws WeightFormatException {
        String where = model.where();
        if (model.has("audio_cfg") || model.has("audio_naflex_cfg")) {
            throw (model.has("genlap_cfg") ? Relatives.GENERATIVE : Relatives.CLAP).refusal(where);
        }
        if (model.has("genlip_cfg") || model.has("genlap_cfg")) {
            throw Relatives.GENERATIVE.refusal(where);
        }
        if (model.has("multimodal_cfg")) {
            throw Relatives.COCA.refusal(where);
        }
        Optional<JsonFields> vision = model.object("vision_cfg");
        Optional<JsonFields> text = model.object("text_cfg");
        if (vision.isPresent()) {
            Optional<String> timm = vision.get().string("timm_model_name").filter(name -> !name.isEmpty());
            if (timm.isPresent() && TimmVision.vision(timm.get()).isEmpty()) {
                throw Relatives.ofTimmModel(timm.get()).refusal(where);
            }
            if (vision.get().isArray("layers")) {
                throw Relatives.RESNET.refusal(where);
            }
            if (OpenClipDefaults.says(vision.get(), "ls_init_value")) {
                throw Relatives.LAYER_SCALE.refusal(where);
            }
        }
        if (text.isPresent()) {
            boolean other = OpenClipDefaults.says(text.get(), "hf_model_name") && !isM2m100(text.get())
                    && BertBases.of(text.get().string("hf_model_name").orElse("")).isEmpty();
            if (other || OpenClipDefaults.says(text.get(), "text_arch")) {
                throw Relatives.OTHER_TEXT_TOWER.refusal(where);
            }
            if (OpenClipDefaults.says(text.get(), "ls_init_value")) {
                throw Relatives.LAYER_SCALE.refusal(where);
            }
        }
    }

    private static void requireKnown(JsonFields fields, Set<String> known) throws WeightFormatException {
        for (String name : fields.names()) {
            if (!known.contains(name) && !OpenClipDefaults.isDefault(fields, name)) {
                throw new WeightFormatException("%s.%s: expected one of %s, got a field of unknown meaning"
                        .formatted(fields.where(), name, known.stream().sorted().toList()));
            }
        }
    }

    private static ClipConfig model(JsonFields model) throws WeightFormatException {
        requireKnown(model, MODEL_FIELDS);
        boolean quick = model.bool("quick_gelu").orElse(false);
        int embedding = integer(model, "embed_dim", -1);
        JsonFields vision = model.object("vision_cfg").orElseThrow(() -> model.wrong("vision_cfg", "an object", "nothing"));
        JsonFields text = model.object("text_cfg").orElseThrow(() -> model.wrong("text_cfg", "an object", "nothing"));
        if (OpenClipDefaults.says(vision, "timm_model_name")) {
            requireKnown(vision, TIMM_FIELDS);
            VisionConfig timm = timmVision(vision, embedding);
            if (isM2m100(text)) {
                return ClipConfig.of(timm, m2m100Text(text, embedding));
            }
            if (timm.head() instanceof ImageHead.AttentionPool) {
                requireKnown(text, SIGLIP_TEXT_FIELDS);
                return ClipConfig.of(timm, siglipText(text, embedding));
            }
            requireKnown(text, TEXT_FIELDS);
            return ClipConfig.of(timm, mobileClipText(text, embedding, quick));
        }
        requireKnown(vision, VISION_FIELDS);
        if (isM2m100(text)) {
            return ClipConfig.of(vision(vision, embedding, quick), m2m100Text(text, embedding));
        }
        if (OpenClipDefaults.says(text, "hf_model_name")) {
            requireKnown(text, HF_TEXT_FIELDS);
            return ClipConfig.of(vision(vision, embedding, quick), bertText(text, embedding));
        }
        requireKnown(text, TEXT_FIELDS);
        return ClipConfig.of(vision(vision, embedding, quick), text(text, embedding, quick));
    }

    private static VisionConfig vision(JsonFields vision, int embedding, boolean quick) throws WeightFormatException {
        int width = integer(vision, "width", 768);
        int headWidth = integer(vision, "head_width", 64);
        if (headWidth < 1 || width % headWidth != 0) {
            throw vision.wrong("head_width", "a divisor of the width " + width, String.valueOf(headWidth));
        }
        return new VisionConfig(
                square(vision, "image_size", 224), integer(vision, "patch_size", 16),
                transformer(vision, width, width / headWidth, quick),
                isClipa(vision) ? new ImageHead.PatchMean(projection(embedding)) : new ImageHead.ClassToken(projection(embedding)));
    }

    /// Whether an image encoder has the three differences of CLIPA; one of them alone is no model that is known.
    private static boolean isClipa(JsonFields vision) throws WeightFormatException {
        boolean noNorm = vision.bool("no_ln_pre").orElse(false);
        String pooling = vision.string("pool_type").orElse("tok");
        if (!pooling.equals(noNorm ? "avg" : "tok")) {
            throw vision.wrong("pool_type", noNorm ? "avg beside no_ln_pre, as CLIPA has it" : "tok, the class token", "'" + pooling + "'");
        }
        if (vision.bool("final_ln_after_pool").orElse(false) != noNorm) {
            throw vision.wrong("final_ln_after_pool", noNorm + ", as no_ln_pre is", String.valueOf(!noNorm));
        }
        return noNorm;
    }

    /// What timm's name says; it has its own activation whatever `quick_gelu` is (open_clip `model.py`, `_build_vision_tower`).
    private static VisionConfig timmVision(JsonFields vision, int embedding) throws WeightFormatException {
        String name = vision.string("timm_model_name").orElseThrow();
        VisionConfig config = TimmVision.vision(name).orElseThrow();
        int size = integer(vision, "image_size", config.imageSize());
        if (size != config.imageSize()) {
            throw vision.wrong("image_size", config.imageSize() + ", that of " + name, String.valueOf(size));
        }
        if (!(config.head() instanceof ImageHead.AttentionPool)) {
            return mobileClipVision(vision, config, embedding);
        }
        requireValue(vision, "timm_pool", "map", "SigLIP");
        requireValue(vision, "timm_proj", "none", "SigLIP");
        if (embedding != config.transformer().width()) {
            throw vision.wrong("timm_model_name", "an image encoder of the width embed_dim " + embedding, name);
        }
        return config;
    }

    /// The network's own last layer is the projection, where the config says `null`: without the field open_clip adds another one.
    private static VisionConfig mobileClipVision(JsonFields vision, VisionConfig config, int embedding) throws WeightFormatException {
        requireValue(vision, "timm_pool", "token", "MobileCLIP");
        String projection = vision.names().contains("timm_proj") ? vision.string("timm_proj").orElse("") : "nothing";
        if (!projection.isEmpty()) {
            throw vision.wrong("timm_proj", "null, as MobileCLIP has it", projection);
        }
        if (embedding < 1) {
            throw vision.wrong("timm_model_name", "an embed_dim of at least 1 beside it", String.valueOf(embedding));
        }
        return config.withProjection(projection(embedding));
    }

    private static void requireValue(JsonFields fields, String name, String expected, String family) throws WeightFormatException {
        String value = fields.string(name).orElse("nothing");
        if (!value.equals(expected)) {
            throw fields.wrong(name, "'" + expected + "', as " + family + " has it", "'" + value + "'");
        }
    }

    /// Beside MobileCLIP's image encoders: CLIP's texts, or in MobileCLIP2-L-14 texts without a causal mask.
    private static TextConfig mobileClipText(JsonFields text, int embedding, boolean quick) throws WeightFormatException {
        if (!text.bool("no_causal_mask").orElse(false)) {
            return text(text, embedding, quick);
        }
        String pooling = text.string("pool_type").orElse("argmax");
        if (!pooling.equals("argmax")) {
            throw text.wrong("pool_type", "argmax beside no_causal_mask, as MobileCLIP2 has it", "'" + pooling + "'");
        }
        if (OpenClipDefaults.says(text, "hf_tokenizer_name")) {
            throw text.wrong("hf_tokenizer_name", "none, because the tokenizer of MobileCLIP2 is CLIP's", "one");
        }
        return new TextConfig(
                integer(text, "vocab_size", 49408), integer(text, "context_length", 77),
                transformer(text, integer(text, "width", 512), integer(text, "heads", 8), quick),
                new TextHead.EndOfPaddedText(projection(embedding)));
    }

    private static TextConfig siglipText(JsonFields text, int embedding) throws WeightFormatException {
        requireValue(text, "pool_type", "last", "SigLIP");
        String projection = text.string("proj_type").orElse("linear");
        if (!projection.equals("linear") && !projection.equals("none")) {
            throw text.wrong("proj_type", "linear or none", "'" + projection + "'");
        }
        boolean projected = projection.equals("linear");
        for (String flag : projected ? List.of("no_causal_mask", "proj_bias") : List.of("no_causal_mask")) {
            if (!text.bool(flag).orElse(false)) {
                throw text.wrong(flag, "true, as SigLIP has it", "false");
            }
        }
        return new TextConfig(
                integer(text, "vocab_size", 49408), integer(text, "context_length", 77),
                transformer(text, integer(text, "width", 512), integer(text, "heads", 8), false),
                new TextHead.LastPosition(projected ? projection(embedding) : OptionalInt.empty(), true));
    }

    private static TextConfig text(JsonFields text, int embedding, boolean quick) throws WeightFormatException {
        int width = integer(text, "width", 512);
        int vocabulary = integer(text, "vocab_size", 49408);
        String pooling = text.string("pool_type").orElse("argmax");
        if (text.bool("no_causal_mask").orElse(false)) {
            return clipaText(text, pooling, embedding, quick);
        }
        if (!pooling.equals("argmax") && !pooling.equals("eos")) {
            throw text.wrong("pool_type", "argmax or eos", "'" + pooling + "'");
        }
        boolean first = pooling.equals("eos");
        if (first && !text.has("eos_id")) {
            throw text.wrong("eos_id", "the id of the end of text, which pool_type eos looks for", "nothing");
        }
        return new TextConfig(
                vocabulary, integer(text, "context_length", 77), transformer(text, width, integer(text, "heads", 8), quick),
                new TextHead.EndOfText(
                        projection(embedding), first ? TextHead.Pooling.FIRST_END_OF_TEXT : TextHead.Pooling.GREATEST_ID,
                        first ? integer(text, "eos_id", 0) : vocabulary - 1));
    }

    /// A text fills the context, and its end is padding too: the tokenizer of BERT puts `[SEP]` there, and `strip_sep_token` takes it away.
    private static TextConfig clipaText(JsonFields text, String pooling, int embedding, boolean quick) throws WeightFormatException {
        if (!pooling.equals("last")) {
            throw text.wrong("pool_type", "last beside no_causal_mask, as CLIPA has it", "'" + pooling + "'");
        }
        Optional<JsonFields> kwargs = text.object("tokenizer_kwargs");
        if (kwargs.isEmpty() || !kwargs.get().bool("strip_sep_token").orElse(false)) {
            throw text.wrong("tokenizer_kwargs", "strip_sep_token, as CLIPA has it", "none");
        }
        return new TextConfig(
                integer(text, "vocab_size", 49408), integer(text, "context_length", 77),
                transformer(text, integer(text, "width", 512), integer(text, "heads", 8), quick),
                new TextHead.LastPosition(projection(embedding), false));
    }

    /// open_clip `hf_model.py`, class `HFTextEncoder`. The pooler of `cls_pooler` is a further layer, which no published model has.
    private static TextConfig bertText(JsonFields text, int embedding) throws WeightFormatException {
        String pooler = text.string("hf_pooler_type").orElse("mean_pooler");
        TextHead.Bert.Rows rows = switch (pooler) {
            case "mean_pooler" -> TextHead.Bert.Rows.MEAN;
            case "cls_last_hidden_state_pooler" -> TextHead.Bert.Rows.FIRST;
            default -> throw text.wrong("hf_pooler_type", "mean_pooler or cls_last_hidden_state_pooler", "'" + pooler + "'");
        };
        String kind = text.string("hf_proj_type").orElse("mlp");
        TextHead.Bert.Projection projection = switch (kind) {
            case "mlp" -> TextHead.Bert.Projection.MLP;
            case "linear" -> TextHead.Bert.Projection.LINEAR;
            default -> throw text.wrong("hf_proj_type", "mlp or linear", "'" + kind + "'");
        };
        return BertBases.of(text.string("hf_model_name").orElseThrow()).orElseThrow().config(
                OptionalInt.of(integer(text, "context_length", 77)), rows, projection, projection(embedding));
    }

    private static boolean isM2m100(JsonFields text) throws WeightFormatException {
        return M2m100Bases.of(text.string("hf_model_name").orElse("")).isPresent();
    }

    /// NLLB-CLIP's: its encoder has no layer for `cls_pooler`, so that the first output is taken as it is.
    private static TextConfig m2m100Text(JsonFields text, int embedding) throws WeightFormatException {
        requireKnown(text, HF_TEXT_FIELDS);
        String pooler = text.string("hf_pooler_type").orElse("cls_pooler");
        if (!pooler.equals("cls_pooler") && !pooler.equals("cls_last_hidden_state_pooler")) {
            throw text.wrong("hf_pooler_type", "cls_pooler, as NLLB-CLIP has it", "'" + pooler + "'");
        }
        String projection = text.string("hf_proj_type").orElse("mlp");
        if (!projection.equals("linear")) {
            throw text.wrong("hf_proj_type", "linear, as NLLB-CLIP has it", "'" + projection + "'");
        }
        return M2m100Bases.of(text.string("hf_model_name").orElseThrow()).orElseThrow()
                .config(integer(text, "context_length", 77), projection(embedding));
    }

    private static OptionalInt projection(int embedding) {
        return embedding == 0 ? OptionalInt.empty() : OptionalInt.of(embedding);
    }

    /// The MLP's width is `int(width * mlp_ratio)`: the ratio of g/14 is 4.3637.
    private static TransformerConfig transformer(JsonFields fields, int width, int heads, boolean quick) throws WeightFormatException {
        double epsilon = 1e-5;
        Optional<JsonFields> norm = fields.object("norm_kwargs");
        if (norm.isPresent()) {
            requireKnown(norm.get(), Set.of("eps"));
            epsilon = norm.get().number("eps").orElse(epsilon);
        }
        Activation activation = quick ? Activation.QUICK_GELU : Activation.GELU;
        Optional<JsonFields> act = fields.object("act_kwargs");
        if (act.isPresent()) {
            requireKnown(act.get(), Set.of("approximate"));
            activation = act.get().string("approximate").orElse("none").equals("tanh") ? Activation.GELU_TANH : activation;
        }
        return new TransformerConfig(
                width, heads, integer(fields, "layers", 12), (int) (width * fields.number("mlp_ratio").orElse(4.0)), activation, epsilon);
    }

    /// An edge, or two that are the same.
    private static int square(JsonFields fields, String name, int standard) throws WeightFormatException {
        if (!fields.isArray(name)) {
            return integer(fields, name, standard);
        }
        List<Long> edges = fields.integers(name).orElseThrow();
        if (edges.size() != 2 || !edges.get(0).equals(edges.get(1)) || edges.get(0) > Integer.MAX_VALUE) {
            throw fields.wrong(name, "a square", edges.size() == 2 ? edges.toString() : edges.size() + " numbers");
        }
        return edges.getFirst().intValue();
    }

    static int integer(JsonFields fields, String name, int standard) throws WeightFormatException {
        long value = fields.integer(name).orElse(standard);
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw fields.wrong(name, "a number of at least 0", fields.has(name) ? String.valueOf(value) : "nothing");
        }
        return (int) value;
    }
}
