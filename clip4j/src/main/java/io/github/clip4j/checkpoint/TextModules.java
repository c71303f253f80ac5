package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.TextHead;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/// A chain of sentence-transformers' modules that makes an embedding of a text: an encoder of BERT's kind, which row of its outputs is
/// taken, and a layer behind it (sentence-transformers `models/Transformer.py`, `Pooling.py`, `Dense.py`).
///
/// ```
/// [{"path": "",          "type": "sentence_transformers.models.Transformer"},     config.json, the weights, the tokenizer
///  {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},         pooling_mode_mean_tokens
///  {"path": "2_Dense",   "type": "sentence_transformers.models.Dense"}]           in_features, out_features, bias, linear.weight
/// ```
///
/// @param transformer the folder of the encoder
/// @param rows which row is taken
/// @param dense the folder of the layer, if there is one
/// @param dim the width of its outputs; empty without it
/// @param bias whether it has one
/// @param maxLength the most tokens of a text; longer ones are cut
record TextModules(
        Folder transformer, TextHead.Bert.Rows rows, Optional<Folder> dense, OptionalInt dim, boolean bias, OptionalInt maxLength) {
    private static final String CONFIG = "config.json";
    private static final String IDENTITY = "torch.nn.modules.linear.Identity";
    private static final Map<String, TextHead.Bert.Rows> MODES = Map.of(
            "pooling_mode_mean_tokens", TextHead.Bert.Rows.MEAN, "pooling_mode_cls_token", TextHead.Bert.Rows.FIRST,
            "mean", TextHead.Bert.Rows.MEAN, "cls", TextHead.Bert.Rows.FIRST);

    /// Understands a chain.
    ///
    /// @param root the folder of the chain
    /// @param kinds the last part of each module's type
    /// @param folders of the modules
    /// @throws WeightFormatException when a module computes something that clip4j does not
    static TextModules of(Folder root, List<String> kinds, List<Folder> folders) throws IOException {
        Optional<Folder> dense = Optional.empty();
        OptionalInt dim = OptionalInt.empty();
        boolean bias = false;
        TextHead.Bert.Rows rows = rows(CheckpointFiles.json(folders.get(1), CONFIG));
        for (int i = 2; i < kinds.size(); i++) {
            switch (kinds.get(i)) {
                case "Normalize" -> {} // embeddings have length 1 anyway
                case "Dense" -> {
                    JsonFields config = CheckpointFiles.json(folders.get(i), CONFIG);
                    String activation = config.string("activation_function").orElse("torch.nn.modules.activation.Tanh");
                    if (dense.isPresent() || !activation.equals(IDENTITY)) {
                        throw config.wrong("activation_function", "one layer, with " + IDENTITY, Excerpt.of(activation));
                    }
                    dense = Optional.of(folders.get(i));
                    dim = OptionalInt.of(positive(config, "out_features"));
                    bias = config.bool("bias").orElse(true);
                }
                default -> throw new WeightFormatException("%s: module %d: expected Dense or Normalize after Pooling, got %s; clip4j does "
                        .formatted(SentenceTransformers.MODULES, i, Excerpt.of(kinds.get(i))) + "not compute such a module");
            }
        }
        return new TextModules(folders.getFirst(), rows, dense, dim, bias, maxLength(root, folders.getFirst()));
    }

    private static TextHead.Bert.Rows rows(JsonFields config) throws WeightFormatException {
        Optional<String> said = config.string("pooling_mode");
        if (said.isPresent()) {
            if (!MODES.containsKey(said.get())) {
                throw config.wrong("pooling_mode", "mean or cls", "'" + Excerpt.of(said.get()) + "'");
            }
            return MODES.get(said.get());
        }
        List<String> on = config.names().stream()
                .filter(name -> name.startsWith("pooling_mode_"))
                .filter(name -> isTrue(config, name))
                .toList();
        if (on.size() != 1 || !MODES.containsKey(on.getFirst())) {
            throw new WeightFormatException("%s: expected pooling_mode_mean_tokens or pooling_mode_cls_token alone, got %s"
                    .formatted(config.where(), on.isEmpty() ? "neither" : String.join(", ", on)));
        }
        return MODES.get(on.getFirst());
    }

    private static boolean isTrue(JsonFields config, String name) {
        try {
            return config.bool(name).orElse(false);
        } catch (WeightFormatException e) {
            return false; // not a flag
        }
    }

    private static OptionalInt maxLength(Folder root, Folder transformer) throws IOException {
        for (Folder folder : List.of(transformer, root)) {
            if (folder.has("sentence_bert_config.json")) {
                JsonFields config = CheckpointFiles.json(folder, "sentence_bert_config.json");
                if (config.bool("do_lower_case").orElse(false)) {
                    throw config.wrong("do_lower_case", "false, as clip4j leaves the case to the tokenizer", "true; say it in "
                            + "tokenizer_config.json");
                }
                return config.integer("max_seq_length").isPresent() ? OptionalInt.of(positive(config, "max_seq_length"))
                        : OptionalInt.empty();
            }
        }
        return OptionalInt.empty();
    }

    private static int positive(JsonFields config, String name) throws WeightFormatException {
        long value = config.integer(name).orElse(0);
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw config.wrong(name, "a number of at least 1", String.valueOf(value));
        }
        return (int) value;
    }

    /// The weights of the encoder and of the layer behind it, which is called `text_projection`.
    ///
    /// @param encoder is closed when the layer cannot be read
    WeightSource joined(WeightSource encoder) throws IOException {
        if (dense.isEmpty()) {
            return encoder;
        }
        try {
            return new JoinedWeights(encoder, layer(dense.get()));
        } catch (IOException | RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    private static WeightSource layer(Folder folder) throws IOException {
        WeightSource layer = WeightFile.open(folder, WeightFile.find(folder, false, folder.name()));
        SortedMap<String, String> names = new TreeMap<>();
        for (String name : layer.tensors().keySet()) {
            names.put(name.replaceFirst("^linear\\.", "text_projection."), name);
        }
        return new PartOfWeights(layer, names);
    }
}
