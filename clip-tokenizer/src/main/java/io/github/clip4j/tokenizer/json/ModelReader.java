package io.github.clip4j.tokenizer.json;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.Json.JsonNumber;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads `model`. Its `vocab` and `merges` are the greater part of the file and are read without maps between.
final class ModelReader {
    /// The largest id; XLM-V, with the most tokens of the published ones, has 901,629.
    static final int MAX_ID = 10_000_000;

    private final JsonReader reader;
    private final Json json;
    private final String where;
    private final Map<String, @Nullable Object> small = new LinkedHashMap<>();
    private @Nullable Map<String, Integer> ids;
    private @Nullable List<String[]> merges;
    private final List<String> pieces = new ArrayList<>();
    private double[] scores = new double[64];
    private boolean hasPieces;

    ModelReader(JsonReader reader, Json json, String where) {
        this.reader = reader;
        this.json = json;
        this.where = where;
    }

    TokenModel read() throws IOException {
        Set<String> names = new HashSet<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = json.name("model");
            if (!names.add(name)) {
                throw new VocabularyFormatException("%s: model.%s appears twice".formatted(where, name));
            }
            if (name.equals("vocab") && reader.peek() == JsonToken.BEGIN_OBJECT) {
                ids = readIds();
            } else if (name.equals("vocab") && reader.peek() == JsonToken.BEGIN_ARRAY) {
                readPieces();
            } else if (name.equals("merges") && reader.peek() == JsonToken.BEGIN_ARRAY) {
                merges = readMerges();
            } else {
                small.put(name, json.value("model." + name));
            }
        }
        reader.endObject();
        Fields fields = Fields.of(small, where, "model");
        TokenModel model = switch (type(fields)) {
            case "BPE" -> bpe(fields);
            case "WordPiece" -> wordPiece(fields);
            case "Unigram" -> unigram(fields);
            default -> throw new VocabularyFormatException(
                    "%s: the model '%s' is not supported; BPE, Unigram and WordPiece are".formatted(fields.place("type"), type(fields)));
        };
        fields.end();
        return model;
    }

    /// Files of 2020 have no type; what they have tells them apart.
    private String type(Fields fields) throws VocabularyFormatException {
        if (fields.has("type")) {
            return fields.string("type");
        }
        if (hasPieces) {
            return "Unigram";
        }
        return merges != null ? "BPE" : fields.has("max_input_chars_per_word") ? "WordPiece" : fields.string("type");
    }

    private Map<String, Integer> readIds() throws IOException {
        Map<String, Integer> read = new HashMap<>();
        Map<Integer, String> tokens = new HashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String token = json.name("model.vocab");
            int id = json.integer("model.vocab", MAX_ID);
            if (read.put(token, id) != null) {
                throw new VocabularyFormatException("%s: model.vocab: the token '%s' appears twice".formatted(where, token));
            }
            String other = tokens.put(id, token);
            if (other != null) {
                throw new VocabularyFormatException(
                        "%s: model.vocab: '%s' and '%s' have the same id %d".formatted(where, other, token, id));
            }
        }
        reader.endObject();
        return read;
    }

    private void readPieces() throws IOException {
        reader.beginArray();
        while (reader.hasNext()) {
            reader.beginArray();
            int id = pieces.size();
            pieces.add(json.string("model.vocab"));
            if (id == scores.length) {
                scores = Arrays.copyOf(scores, 2 * id);
            }
            scores[id] = json.number("model.vocab");
            reader.endArray();
        }
        reader.endArray();
        if (pieces.size() > MAX_ID) {
            throw new VocabularyFormatException("%s: model.vocab: expected at most %,d pieces, got more".formatted(where, MAX_ID));
        }
        hasPieces = true;
        scores = Arrays.copyOf(scores, pieces.size());
    }

    /// Merges are written `"a b"`, or `["a", "b"]` by newer versions.
    private List<String[]> readMerges() throws IOException {
        List<String[]> read = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            if (reader.peek() == JsonToken.BEGIN_ARRAY) {
                reader.beginArray();
                read.add(new String[] {json.string("model.merges"), json.string("model.merges")});
                reader.endArray();
            } else {
                String line = json.string("model.merges");
                int space = line.indexOf(' ');
                if (space < 0 || line.indexOf(' ', space + 1) >= 0) {
                    throw new VocabularyFormatException(
                            "%s: model.merges: expected two tokens and a space between them, got '%s'".formatted(where, line));
                }
                read.add(new String[] {line.substring(0, space), line.substring(space + 1)});
            }
        }
        reader.endArray();
        return read;
    }

    private Vocab vocab() throws VocabularyFormatException {
        if (ids == null) {
            throw new VocabularyFormatException("%s: model.vocab: expected an object of tokens and ids, got none".formatted(where));
        }
        return new Vocab(ids);
    }

    private BpeModel bpe(Fields fields) throws VocabularyFormatException {
        if (merges == null) {
            throw new VocabularyFormatException("%s: model.merges: expected an array, got none".formatted(where));
        }
        if (fields.get("dropout") instanceof JsonNumber dropout && Double.parseDouble(dropout.text()) == 0) {
            fields.get("dropout"); // no merge is left out
        } else if (fields.has("dropout")) {
            throw fields.refused("dropout", "null: a tokenizer that leaves out merges at random is not supported", fields.get("dropout"));
        }
        Vocab vocab = vocab();
        BpeModel.Options options = new BpeModel.Options(
                known(vocab, fields, fields.stringOrNull("unk_token")),
                or(fields.stringOrNull("continuing_subword_prefix")),
                or(fields.stringOrNull("end_of_word_suffix")),
                fields.bool("fuse_unk", false),
                fields.bool("byte_fallback", false),
                fields.bool("ignore_merges", false));
        return new BpeModel(vocab, pairs(vocab, merges, options.continuingSubwordPrefix(), where), options);
    }

    private static String or(@Nullable String text) {
        return text == null ? "" : text;
    }

    /// The unknown token, which has to be in the vocabulary. Byte-level files of 2020 write `""` for none.
    private static @Nullable String known(Vocab vocab, Fields fields, @Nullable String token) throws VocabularyFormatException {
        if (token != null && vocab.id(token) < 0 && !token.isEmpty()) {
            throw fields.refused("unk_token", "a token of the vocabulary", token);
        }
        return token;
    }

    /// The ids of the parts and the join of every merge.
    static List<int[]> pairs(Vocab vocab, List<String[]> merges, String prefix, String where) throws VocabularyFormatException {
        List<int[]> pairs = new ArrayList<>(merges.size());
        for (String[] merge : merges) {
            String right = merge[1].startsWith(prefix) ? merge[1].substring(prefix.length()) : merge[1];
            int[] pair = {vocab.id(merge[0]), vocab.id(merge[1]), vocab.id(merge[0] + right)};
            if (pair[0] < 0 || pair[1] < 0 || pair[2] < 0) {
                String missing = pair[0] < 0 ? merge[0] : pair[1] < 0 ? merge[1] : merge[0] + right;
                throw new VocabularyFormatException(
                        "%s: model.merges[%d] '%s' '%s': expected both parts and their join in the vocabulary, got no '%s'"
                                .formatted(where, pairs.size(), merge[0], merge[1], missing));
            }
            pairs.add(pair);
        }
        return pairs;
    }

    private WordPieceModel wordPiece(Fields fields) throws VocabularyFormatException {
        Vocab vocab = vocab();
        String unknown = fields.string("unk_token");
        if (vocab.id(unknown) < 0) {
            throw fields.refused("unk_token", "a token of the vocabulary", unknown);
        }
        return new WordPieceModel(vocab, unknown, fields.string("continuing_subword_prefix"), fields.integer("max_input_chars_per_word"));
    }

    private UnigramModel unigram(Fields fields) throws VocabularyFormatException {
        if (!hasPieces) {
            throw new VocabularyFormatException("%s: model.vocab: expected an array of pieces and scores, got none".formatted(where));
        }
        int unknown = fields.integer("unk_id", -1);
        if (unknown >= pieces.size()) {
            throw fields.refused("unk_id", "the id of one of the %d pieces".formatted(pieces.size()), new JsonNumber("" + unknown));
        }
        return new UnigramModel(pieces, scores, unknown, fields.bool("byte_fallback", false));
    }
}
