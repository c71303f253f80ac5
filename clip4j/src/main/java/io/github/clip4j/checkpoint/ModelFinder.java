package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.ParameterNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Finds the one CLIP among the tensors of a file, whatever they lie under and beside: the state dict of a training checkpoint with its
/// optimizer, the text encoder of a diffusion model, a model with a head of its own.
///
/// ```
/// model_state_dict.module.visual.class_embedding          the CLIP under `model_state_dict`, as DDP wraps it
/// cond_stage_model.transformer.text_model.embeddings…     the text encoder under `cond_stage_model.transformer`
/// classifier.weight                                       beside the CLIP: left out, and said
/// ```
///
/// What the names mean is decided afterwards, by [LayoutMapper]. Nothing is guessed: of two CLIPs the caller names one.
final class ModelFinder {
    /// What PyTorch's wrappers put into names: DDP, `torch.compile`, checkpointing of activations, FSDP in two versions.
    private static final Set<String> WRAPPERS =
            Set.of("module", "_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module", "_fpw_module");

    /// How the names of each layout are known: a tensor that every tower of it has, and what is before it in the name of a whole model.
    private enum Anchor {
        HF_TEXT(true, "embeddings.token_embedding.weight", ParameterNames.TEXT),
        HF_VISION(true, "embeddings.class_embedding", ParameterNames.VISION),
        /// SigLIP's patches have a bias, and no token of the class beside them.
        HF_SIGLIP_VISION(true, "embeddings.patch_embedding.bias", ParameterNames.VISION),
        /// A text encoder of BERT's kind: in M-CLIP's names and in open_clip's, and by itself or in Chinese-CLIP's.
        OPEN_CLIP_BERT(false, "transformer." + BertNames.ANCHOR, "text."),
        HF_BERT(true, BertNames.ANCHOR, ParameterNames.TEXT),
        /// NLLB-CLIP's text encoder.
        OPEN_CLIP_M2M100(false, M2m100Names.ENCODER + M2m100Names.ANCHOR, "text."),
        OPENAI_TEXT(false, "token_embedding.weight", "text."),
        OPENAI_VISION(false, "class_embedding", "visual."),
        /// An image encoder of the timm library within open_clip's names.
        TIMM_VISION(false, "trunk.pos_embed", "visual.");

        private final boolean huggingFace;
        private final String tensor;
        private final String tower;

        Anchor(boolean huggingFace, String tensor, String tower) {
            this.huggingFace = huggingFace;
            this.tensor = tensor;
            this.tower = tower;
        }

        boolean isText() {
            return this == HF_TEXT || this == OPENAI_TEXT || this == OPEN_CLIP_BERT || this == HF_BERT || this == OPEN_CLIP_M2M100;
        }

        boolean ends(String name) {
            return name.equals(tensor) || name.endsWith("." + tensor);
        }
    }

    /// The first parts of the names that a CLIP's tensors have, after what the CLIP lies under. Tensors of these parts that a model does
    /// not need are errors: they would have changed the result. All others are beside it.
    private static final Set<String> PARTS = Set.of(
            "vision_model", "text_model", "visual_projection", "text_projection", "logit_scale", "logit_bias", "visual", "text",
                    "transformer",
            "token_embedding", "positional_embedding", "positional_embedding_res", "ln_final", "attn_mask", "input_resolution",
            "context_length", "vocab_size", "LinearTransformation");

    /// The same for a tower that is alone, without its own name before its tensors.
    private static final Set<String> TOWER_PARTS = Set.of(
            "embeddings", "encoder", "pre_layrnorm", "post_layernorm", "final_layer_norm", "head", "trunk", "class_embedding", "conv1",
                    "ln_pre",
            "ln_post", "proj");

    private static final List<String> LORA = List.of("lora_", ".hada_", ".lokr_", ".base_layer.");
    private static final int LISTED = 5;

    private final WeightSource source;
    private final Map<String, String> originals;

    private ModelFinder(WeightSource source) {
        this.source = source;
        this.originals = unwrapped(source.tensors().keySet());
    }

    /// The tensors of the CLIP, and in one line what is beside it.
    record Found(WeightSource weights, Optional<String> leftOut) {}

    /// A place where towers of one layout lie.
    private static final class Place {
        private final String root;
        private final String shown;
        private final boolean huggingFace;
        private boolean text;
        private boolean vision;
        private boolean bare;

        Place(String root, String shown, boolean huggingFace) {
            this.root = root;
            this.shown = shown;
            this.huggingFace = huggingFace;
        }

        String describe() {
            return "%s (%s)".formatted(quoted(shown), text && vision ? "both encoders" : text ? "text encoder" : "image encoder");
        }

        boolean isIn(String part) {
            return part.isEmpty() ? root.isEmpty() || shown.isEmpty() : isAtOrIn(root, part) || isAtOrIn(shown, part);
        }

        private static boolean isAtOrIn(String place, String part) {
            return place.startsWith(part + ".");
        }
    }

    /// Finds it.
    ///
    /// @param part what it lies under, such as `ema`; `.` for the top level; empty when there is to be one
    /// @throws WeightFormatException when there are several and none was chosen, or it is of a kind that the message names
    static Found find(WeightSource source, Optional<String> part) throws WeightFormatException {
        return new ModelFinder(source).find(part);
    }

    private Found find(Optional<String> part) throws WeightFormatException {
        List<Place> places = places();
        if (places.isEmpty()) {
            refuseAdapters(originals.keySet());
            if (originals.keySet().stream().anyMatch(name -> name.contains("flat_param"))) {
                throw new WeightFormatException(source.location() + ": holds the flattened parameters of FSDP, without their names; save a "
                        + "full state dict (StateDictType.FULL_STATE_DICT)");
            }
            return new Found(source, Optional.empty()); // the message is LayoutMapper's
        }
        List<Place> chosen = chosen(places, part);
        Set<String> near = new TreeSet<>();
        SortedMap<String, String> kept = new TreeMap<>();
        SortedMap<String, String> left = new TreeMap<>();
        originals.forEach((name, original) -> {
            Optional<Place> around = chosen.stream().filter(place -> name.startsWith(place.root)).findFirst();
            around.ifPresent(_ -> near.add(name));
            Optional<String> own = shared(name, chosen).or(() -> around.filter(place -> isPart(name, place)).map(_ -> name));
            if (own.isPresent() && kept.putIfAbsent(own.get(), original) == null) {
                return;
            }
            left.put(name, original);
        });
        Optional<Relatives> relative = Relatives.ofTensors(near);
        if (relative.isPresent()) {
            throw relative.get().refusal(source.location());
        }
        refuseAdapters(kept.keySet());
        dropAbsentTowersParts(kept, left);
        WeightSource weights = left.isEmpty() && kept.entrySet().stream().allMatch(name -> name.getKey().equals(name.getValue()))
                ? source
                : new PartOfWeights(source, kept);
        return new Found(weights, left.isEmpty() ? Optional.empty() : Optional.of(report(chosen, left)));
    }

    /// The names without what wrappers put in, and the file's names; the file's where two would be the same.
    private static Map<String, String> unwrapped(Set<String> names) {
        SortedMap<String, String> originals = new TreeMap<>();
        for (String name : names) {
            String plain = name;
            if (WRAPPERS.stream().anyMatch(name::contains)) {
                plain = String.join(".", List.of(name.split("\\.", -1)).stream().filter(Predicate.not(WRAPPERS::contains)).toList());
            }
            if (originals.put(plain, name) != null) {
                originals.clear();
                names.forEach(each -> originals.put(each, each));
                return originals;
            }
        }
        return originals;
    }

    private List<Place> places() {
        Map<String, Place> places = new LinkedHashMap<>();
        originals.forEach((name, original) -> {
            for (Anchor anchor : Anchor.values()) {
                if (anchor.ends(name)) {
                    String prefix = name.substring(0, name.length() - anchor.tensor.length());
                    boolean bare = !prefix.endsWith(anchor.tower);
                    String root = bare ? prefix : prefix.substring(0, prefix.length() - anchor.tower.length());
                    String end = name.substring(root.length());
                    String shown = original.endsWith(end) ? original.substring(0, original.length() - end.length()) : root;
                    Place place = places.computeIfAbsent(root + anchor.huggingFace, _ -> new Place(root, shown, anchor.huggingFace));
                    place.text |= anchor.isText();
                    place.vision |= !anchor.isText();
                    place.bare |= bare;
                    return;
                }
            }
        });
        return List.copyOf(places.values());
    }

    /// One place, or two of which each has one of the towers.
    private List<Place> chosen(List<Place> places, Optional<String> part) throws WeightFormatException {
        String wanted = part.map(name -> name.replaceFirst("\\.+$", "")).orElse("");
        List<Place> matching = part.isEmpty() ? places : places.stream().filter(place -> place.isIn(wanted)).toList();
        if (matching.size() == 1 || isPair(matching)) {
            return matching;
        }
        String there = String.join(", ", places.stream().limit(LISTED).map(Place::describe).toList()) + (places.size() > LISTED ? ", …"
                : "");
        if (matching.isEmpty()) {
            throw new WeightFormatException("%s: expected a CLIP under %s, got none there; there is one under: %s"
                    .formatted(source.location(), quoted(wanted), there));
        }
        throw new WeightFormatException(
                "%s: expected one CLIP model, got %d: under %s; choose one: --part NAME on the command line, or Checkpoint.choose(NAME)"
                        .formatted(source.location(), places.size(), there));
    }

    private static boolean isPair(List<Place> places) {
        return places.size() == 2 && places.get(0).huggingFace == places.get(1).huggingFace
                && places.get(0).text != places.get(1).text && places.get(0).vision != places.get(1).vision;
    }

    private static boolean isPart(String name, Place place) {
        String rest = name.substring(place.root.length());
        String first = rest.substring(0, rest.indexOf('.') < 0 ? rest.length() : rest.indexOf('.'));
        return PARTS.contains(first) || (place.bare && TOWER_PARTS.contains(first));
    }

    /// A projection or scale of two towers that lie apart, as it is called beside the text encoder: it may lie beside either, or above
    /// both.
    private static Optional<String> shared(String name, List<Place> chosen) {
        if (chosen.size() < 2) {
            return Optional.empty();
        }
        Place text = chosen.get(0).text ? chosen.get(0) : chosen.get(1);
        Place vision = chosen.get(0).text ? chosen.get(1) : chosen.get(0);
        String above = commonStart(text.root, vision.root);
        for (String root : List.of(vision.root, above)) {
            for (String shared : List.of(
                    ParameterNames.VISUAL_PROJECTION, ParameterNames.TEXT_PROJECTION, ParameterNames.LOGIT_SCALE,
                            ParameterNames.LOGIT_BIAS)) {
                if (name.equals(root + shared)) {
                    return Optional.of(text.root + shared);
                }
            }
        }
        return Optional.empty();
    }

    private static String commonStart(String a, String b) {
        int end = 0;
        for (int i = 0; i < Math.min(a.length(), b.length()) && a.charAt(i) == b.charAt(i); i++) {
            end = a.charAt(i) == '.' ? i + 1 : end;
        }
        return a.substring(0, end);
    }

    private void refuseAdapters(Set<String> names) throws WeightFormatException {
        if (names.stream().anyMatch(name -> LORA.stream().anyMatch(name::contains))) {
            throw new WeightFormatException(("%s: holds a LoRA adapter, which changes the weights of another model and is none by "
                    + "itself; merge "
                    + "it into that model in Python (peft: model.merge_and_unload()), and save the result").formatted(source.location()));
        }
    }

    /// A text encoder alone needs no scale of logits and no projection of images; the image encoder alike.
    private static void dropAbsentTowersParts(SortedMap<String, String> kept, SortedMap<String, String> left) {
        boolean vision = kept.keySet().stream().anyMatch(name -> name.contains("vision_model.") || name.contains("visual.")
                || Arrays.stream(Anchor.values()).anyMatch(anchor -> !anchor.isText() && anchor.ends(name)));
        boolean text = kept.keySet().stream()
                .anyMatch(name -> Arrays.stream(Anchor.values()).anyMatch(anchor -> anchor.isText() && anchor.ends(name)));
        kept.entrySet().removeIf(entry -> {
            String name = entry.getKey();
            if ((!vision && name.endsWith(ParameterNames.VISUAL_PROJECTION)) || (!text && name.endsWith(ParameterNames.TEXT_PROJECTION))) {
                left.put(name, entry.getValue());
                return true;
            }
            return !(vision && text) && (name.endsWith(ParameterNames.LOGIT_SCALE) || name.endsWith(ParameterNames.LOGIT_BIAS));
        });
    }

    /// Names what is left out by the first part of the name in which it differs from the CLIP's, with the number of tensors.
    private String report(List<Place> chosen, SortedMap<String, String> left) {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        left.values().forEach(name -> groups.computeIfAbsent(group(name, chosen), _ -> new ArrayList<>()).add(name));
        List<String> named = new ArrayList<>();
        groups.forEach((group, names) -> {
            if (named.size() < LISTED) {
                named.add(names.size() == 1 ? Excerpt.of(names.getFirst()) : "%s (%,d tensors)".formatted(Excerpt.of(group), names.size()));
            }
        });
        List<String> places = chosen.stream().filter(place -> !place.shown.isEmpty()).map(place -> quoted(place.shown)).toList();
        return "%s: left out %,d of %,d tensors, which are not part of the CLIP%s: %s%s".formatted(
                source.location(), left.size(), source.tensors().size(), places.isEmpty() ? "" : " in " + String.join(" and ", places),
                String.join(", ", named), groups.size() > named.size() ? ", and %,d others".formatted(groups.size() - named.size()) : "");
    }

    private static String group(String name, List<Place> chosen) {
        int start = chosen.stream().mapToInt(place -> commonStart(place.shown, name).length()).max().orElse(0);
        int end = name.indexOf('.', start);
        return end < 0 ? name : name.substring(0, end);
    }

    private static String quoted(String place) {
        return place.isEmpty() ? "'.' (the top level)" : "'" + Excerpt.of(place.replaceFirst("\\.+$", "")) + "'";
    }
}
