package io.github.clip4j.tokenizer;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.clip4j.tokenizer.declared.DeclaredTokens;
import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import io.github.clip4j.tokenizer.declared.FailedDownload;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads the files of a [Vocabulary].
final class VocabularyFiles {
    /// The class of transformers, which is CLIP's when no file names one.
    private static final String CLASS = "CLIPTokenizer";

    /// What that class names when no file does.
    private static final Map<String, String> NAMES = Map.of(
            "bos_token", Vocabulary.START_OF_TEXT, "eos_token", Vocabulary.END_OF_TEXT, "unk_token", Vocabulary.END_OF_TEXT,
            "pad_token", Vocabulary.END_OF_TEXT);

    /// The parts of CLIP's published `tokenizer.json` that [ClipTokenizer] has written out.
    private static final String CLIPS_PARTS = """
            {"normalizer": {"type": "Sequence", "normalizers": [
                {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "}, {"type": "Lowercase"}]},
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>\
            |'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"},
                 "behavior": "Removed", "invert": true},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}]}}""";

    private VocabularyFiles() {}

    /// Reads `vocab.json` and `merges.txt`.
    static Vocabulary readVocabAndMerges(byte[] vocab, byte @Nullable [] merges, DeclaredTokens declared) throws IOException {
        String where = "vocab.json";
        Map<String, Integer> ids = new HashMap<>(1 << 17);
        try (JsonReader reader = open(vocab, where)) {
            readIds(reader, ids, where);
            expectEnd(reader, where);
        } catch (JsonParseException | IllegalStateException | NumberFormatException | MalformedJsonException | EOFException e) {
            throw new VocabularyFormatException("%s: malformed JSON: %s".formatted(where, e.getMessage()), e);
        }
        if (merges == null) {
            throw new VocabularyFormatException("merges.txt: expected a file, got none");
        }
        return vocabulary(ids, readMergesText(merges), List.of(), declared, where);
    }

    /// Adds what the files beside the vocabulary name. `CLIPTokenizer` builds itself of the vocabulary alone; any other class takes
    /// `tokenizer.json` as it is.
    private static Vocabulary vocabulary(
            Map<String, Integer> ids, List<String[]> merges, List<Token> ofFile, DeclaredTokens declared, String where)
            throws IOException {
        declared.require("bos_token", Vocabulary.START_OF_TEXT, "with which a CLIP's texts begin");
        declared.require("eos_token", Vocabulary.END_OF_TEXT, "with which a CLIP's texts end");
        declared.require("split_special_tokens", new JsonPrimitive(false), "as special tokens are found in a text");
        declared.require("padding_side", new JsonPrimitive("right"), "as a CLIP's texts begin at its first position");
        declared.require("truncation_side", new JsonPrimitive("right"), "as the first words of a text are kept");
        boolean rebuilt = declared.tokenizerClass().orElse(CLASS).equals(CLASS);
        List<Token> named = declared.added(ofFile, rebuilt ? NAMES : Map.of(), rebuilt).stream()
                .filter(token -> token.id() >= 0 || ids.containsKey(token.content()) || !NAMES.containsValue(token.content()))
                .toList(); // a vocabulary without start and end is not a CLIP's, and is not given them here
        Map<String, Integer> known = Map.copyOf(ids);
        List<Token> added = declared.withIds(named, token -> known.getOrDefault(token, -1), ids.size());
        added.forEach(token -> ids.put(token.content(), token.id()));
        String pad = declared.named("pad_token").orElse(Vocabulary.END_OF_TEXT);
        return new Vocabulary(ids, merges, added, Optional.of(pad), where);
    }

    private static List<String[]> readMergesText(byte[] utf8) throws IOException {
        String where = "merges.txt";
        requireKind(utf8, where);
        String place = where + ":";
        List<String[]> merges = new ArrayList<>();
        int number = 0;
        for (String line : text(utf8, where).split("\r?\n", -1)) {
            number++;
            if ((number == 1 && line.startsWith("#version")) || line.isEmpty()) {
                continue;
            }
            merges.add(pair(line, place, number));
        }
        return merges;
    }

    /// The two tokens of a merge. Its place, `place` followed by `number`, is needed for the message only and written out there: making
    /// 49,000 such texts took a fifth of the time that reading takes.
    static String[] pair(String line, String place, int number) throws VocabularyFormatException {
        int space = line.indexOf(' ');
        if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
            throw new VocabularyFormatException(
                    "%s%d: expected two tokens and a space between them, got '%s'".formatted(place, number, line));
        }
        return new String[] {line.substring(0, space), line.substring(space + 1)};
    }

    /// Reads `tokenizer.json` of the Hugging Face tokenizers library.
    ///
    /// Only CLIP's model is understood: BPE with `</w>` at the end of words, and no dropout.
    static Vocabulary readTokenizerJson(byte[] utf8, DeclaredTokens declared, String where) throws IOException {
        List<Token> added = new ArrayList<>();
        Map<String, JsonElement> parts = new HashMap<>();
        Map<String, Integer> ids = new HashMap<>(1 << 17);
        List<String[]> merges = new ArrayList<>();
        try (JsonReader reader = open(utf8, where)) {
            reader.beginObject();
            while (reader.hasNext()) {
                String name = reader.nextName();
                switch (name) {
                    case "added_tokens" -> readAddedTokens(reader, added);
                    case "normalizer", "pre_tokenizer" -> parts.put(name, JsonParser.parseReader(reader));
                    case "model" -> readModel(reader, ids, merges, where);
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            expectEnd(reader, where);
        } catch (JsonParseException | IllegalStateException | NumberFormatException | MalformedJsonException | EOFException e) {
            throw new VocabularyFormatException("%s: malformed JSON: %s".formatted(where, e.getMessage()), e);
        }
        if (!declared.tokenizerClass().orElse(CLASS).equals(CLASS)) {
            requireClips(parts, where);
        }
        return vocabulary(ids, merges, added, declared, where);
    }

    /// Classes other than CLIP's take the normaliser and the splitting from the file; CLIP's own are those of [ClipTokenizer].
    private static void requireClips(Map<String, JsonElement> parts, String where) throws VocabularyFormatException {
        for (Map.Entry<String, JsonElement> expected : JsonParser.parseString(CLIPS_PARTS).getAsJsonObject().entrySet()) {
            if (!expected.getValue().equals(parts.get(expected.getKey()))) {
                throw new VocabularyFormatException("%s: %s: expected CLIP's own, as %s does not name %s, got another; is this a CLIP "
                        .formatted(where, expected.getKey(), DeclaredTokens.CONFIG, CLASS) + "tokenizer?");
            }
        }
    }

    private static void readAddedTokens(JsonReader reader, List<Token> added) throws IOException {
        reader.beginArray();
        while (reader.hasNext()) {
            String content = "";
            int id = -1;
            Map<String, Boolean> flags = new HashMap<>();
            reader.beginObject();
            while (reader.hasNext()) {
                String name = reader.nextName();
                switch (name) {
                    case "content" -> content = reader.nextString();
                    case "id" -> id = reader.nextInt();
                    case "single_word", "lstrip", "rstrip", "normalized", "special" -> flags.put(name, reader.nextBoolean());
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            if (id < 0) {
                throw new VocabularyFormatException("added token '%s': expected an id of at least 0, got %d".formatted(content, id));
            }
            boolean special = flags.getOrDefault("special", false);
            added.add(new Token(content, id, flags.getOrDefault("single_word", false), flags.getOrDefault("lstrip", false),
                    flags.getOrDefault("rstrip", false), flags.getOrDefault("normalized", !special), special));
        }
        reader.endArray();
    }

    private static void readModel(JsonReader reader, Map<String, Integer> ids, List<String[]> merges, String where) throws IOException {
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            switch (name) {
                case "type" -> expect("model.type", "BPE", reader.nextString(), where);
                case "end_of_word_suffix" -> expect("model.end_of_word_suffix", Bpe.END_OF_WORD, reader.nextString(), where);
                case "vocab" -> readIds(reader, ids, where);
                case "merges" -> readMerges(reader, merges, where);
                default -> reader.skipValue();
            }
        }
        reader.endObject();
    }

    /// Merges are written `"a b"`, or `["a", "b"]` by newer versions.
    private static void readMerges(JsonReader reader, List<String[]> merges, String where) throws IOException {
        String place = where + ": model.merges, index ";
        reader.beginArray();
        while (reader.hasNext()) {
            if (reader.peek() == JsonToken.BEGIN_ARRAY) {
                reader.beginArray();
                merges.add(new String[] {reader.nextString(), reader.nextString()});
                reader.endArray();
            } else {
                merges.add(pair(reader.nextString(), place, merges.size()));
            }
        }
        reader.endArray();
    }

    private static void expect(String field, String expected, String got, String where) throws VocabularyFormatException {
        if (!got.equals(expected)) {
            throw new VocabularyFormatException(
                    "%s: %s: expected '%s', got '%s'; is this a CLIP tokenizer?".formatted(where, field, expected, got));
        }
    }

    private static void readIds(JsonReader reader, Map<String, Integer> ids, String where) throws IOException {
        reader.beginObject();
        while (reader.hasNext()) {
            String token = reader.nextName();
            if (reader.peek() != JsonToken.NUMBER) {
                throw new VocabularyFormatException("%s: token '%s': expected an id, got %s".formatted(where, token, reader.peek()));
            }
            int id = reader.nextInt();
            if (id < 0) {
                throw new VocabularyFormatException("%s: token '%s': expected an id of at least 0, got %d".formatted(where, token, id));
            }
            if (ids.put(token, id) != null) {
                throw new VocabularyFormatException("%s: the token '%s' appears twice".formatted(where, token));
            }
        }
        reader.endObject();
    }

    private static void expectEnd(JsonReader reader, String where) throws IOException {
        if (reader.peek() != JsonToken.END_DOCUMENT) {
            throw new VocabularyFormatException(where + ": expected the end of the document, got more text");
        }
    }

    private static JsonReader open(byte[] utf8, String where) throws IOException {
        requireKind(utf8, where);
        JsonReader reader = new JsonReader(new StringReader(text(utf8, where)));
        reader.setStrictness(Strictness.STRICT);
        return reader;
    }

    /// Says what a failed download left where the file should be.
    private static void requireKind(byte[] bytes, String where) throws VocabularyFormatException {
        Optional<String> got = FailedDownload.of(bytes);
        if (got.isPresent()) {
            throw new VocabularyFormatException("%s: expected a file of a tokenizer, got %s".formatted(where, got.get()));
        }
    }

    private static String text(byte[] utf8, String where) throws IOException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new VocabularyFormatException(where + ": expected UTF-8 text, got bytes that are not", e);
        }
    }
}
