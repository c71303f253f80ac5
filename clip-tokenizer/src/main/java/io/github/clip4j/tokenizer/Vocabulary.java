package io.github.clip4j.tokenizer;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// The tokens of a model and the merges that build them. Immutable.
///
/// Three file layouts hold the same content: `vocab.json` (token → id) with `merges.txt` (one pair a line, best first); `tokenizer.json`,
/// which has both under `model` and the special tokens under `added_tokens`; and OpenAI's `bpe_simple_vocab_16e6.txt.gz`, which has only
/// the merges.
public final class Vocabulary {
    /// The token at the start of a text, in OpenAI's and all Hugging Face checkpoints.
    public static final String START_OF_TEXT = "<|startoftext|>";

    /// The token at the end of a text, in OpenAI's and all Hugging Face checkpoints.
    public static final String END_OF_TEXT = "<|endoftext|>";

    /// The largest file read. The largest published `tokenizer.json` has some 20 MB.
    static final long MAX_BYTES = 100_000_000;

    private final Map<String, Integer> ids;
    private final @Nullable String[] tokens;
    private final Map<Long, Merge> merges;
    private final int startOfText;
    private final int endOfText;

    /// A merge of two neighbouring tokens: its rank, best first, and the token it makes.
    record Merge(int rank, int token) {}

    Vocabulary(Map<String, Integer> ids, List<String[]> merges, String where) throws VocabularyFormatException {
        this.ids = ids;
        this.tokens = tokensById(ids, where);
        this.merges = new HashMap<>(merges.size() * 2);
        for (int rank = 0; rank < merges.size(); rank++) {
            String[] pair = merges.get(rank);
            Integer left = ids.get(pair[0]);
            Integer right = ids.get(pair[1]);
            Integer merged = ids.get(pair[0] + pair[1]);
            if (left == null || right == null || merged == null) {
                String missing = left == null ? pair[0] : right == null ? pair[1] : pair[0] + pair[1];
                throw new VocabularyFormatException(
                        "%s: merge %d '%s %s': expected both parts and their join in the vocabulary, got no '%s'"
                                .formatted(where, rank, pair[0], pair[1], missing));
            }
            this.merges.putIfAbsent(key(left, right), new Merge(rank, merged));
        }
        this.startOfText = require(START_OF_TEXT, where);
        this.endOfText = require(END_OF_TEXT, where);
        for (int b = 0; b < 256; b++) {
            String character = String.valueOf(ByteAlphabet.characterOf((byte) b));
            require(character, where);
            require(character + Bpe.END_OF_WORD, where);
        }
    }

    private static @Nullable String[] tokensById(Map<String, Integer> ids, String where) throws VocabularyFormatException {
        int size = 0;
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            if (entry.getValue() > 10_000_000) {
                throw new VocabularyFormatException(
                        "%s: token '%s': expected an id of at most 10,000,000, got %d".formatted(where, entry.getKey(), entry.getValue()));
            }
            size = Math.max(size, entry.getValue() + 1);
        }
        @Nullable String[] tokens = new @Nullable String[size];
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            String other = tokens[entry.getValue()];
            if (other != null) {
                throw new VocabularyFormatException(
                        "%s: tokens '%s' and '%s' have the same id %d".formatted(where, other, entry.getKey(), entry.getValue()));
            }
            tokens[entry.getValue()] = entry.getKey();
        }
        return tokens;
    }

    private int require(String token, String where) throws VocabularyFormatException {
        Integer id = ids.get(token);
        if (id == null) {
            throw new VocabularyFormatException("%s: expected the token '%s', got none; is this a CLIP tokenizer?".formatted(where, token));
        }
        return id;
    }

    /// The files of each form that a vocabulary may have, the preferred form first. The first file of a form says that it is there.
    public static final List<List<String>> FORMS =
            List.of(List.of("tokenizer.json"), List.of("vocab.json", "merges.txt"), List.of(SimpleVocabulary.FILE));

    /// Reads the vocabulary of a checkpoint directory: `tokenizer.json` when it is there, else `vocab.json` and `merges.txt`, else
    /// `bpe_simple_vocab_16e6.txt.gz`.
    ///
    /// @param directory of a checkpoint
    /// @return the vocabulary
    /// @throws VocabularyFormatException when a file is malformed, or no form is there
    public static Vocabulary read(Path directory) throws IOException {
        for (List<String> form : FORMS) {
            if (Files.isRegularFile(directory.resolve(form.getFirst()))) {
                Map<String, byte[]> files = new HashMap<>();
                for (String name : form) {
                    if (Files.isRegularFile(directory.resolve(name))) {
                        files.put(name, bytes(directory.resolve(name)));
                    }
                }
                return of(files);
            }
        }
        throw new VocabularyFormatException("%s: expected tokenizer.json, vocab.json and merges.txt, or %s, got none"
                .formatted(directory.getFileName(), SimpleVocabulary.FILE));
    }

    /// Reads a vocabulary whose files are in memory, the preferred of its [#FORMS].
    ///
    /// @param files by their names, such as `tokenizer.json`
    /// @return the vocabulary
    /// @throws VocabularyFormatException when a file is malformed, or no form is there
    public static Vocabulary of(Map<String, byte[]> files) throws IOException {
        byte[] tokenizer = files.get("tokenizer.json");
        if (tokenizer != null) {
            return readTokenizerJson(tokenizer, "tokenizer.json");
        }
        byte[] vocab = files.get("vocab.json");
        if (vocab != null) {
            return readVocabAndMerges(vocab, files.get("merges.txt"));
        }
        byte[] simple = files.get(SimpleVocabulary.FILE);
        if (simple != null) {
            return SimpleVocabulary.read(simple, SimpleVocabulary.FILE);
        }
        throw new VocabularyFormatException(
                "expected tokenizer.json, vocab.json and merges.txt, or %s, got %s".formatted(SimpleVocabulary.FILE, files.keySet()));
    }

    /// Refuses a file that is larger than any vocabulary, before it is read.
    ///
    /// @param name of the file, which tells its form
    /// @param bytes of the file
    /// @throws VocabularyFormatException when it has more than 100 MB
    public static void requireSize(String name, long bytes) throws VocabularyFormatException {
        if (bytes > MAX_BYTES) {
            throw new VocabularyFormatException("%s: expected at most %,d bytes, got %,d".formatted(name, MAX_BYTES, bytes));
        }
    }

    static byte[] bytes(Path file) throws IOException {
        requireSize(String.valueOf(file.getFileName()), Files.size(file));
        return Files.readAllBytes(file);
    }

    /// Reads `vocab.json` and `merges.txt`.
    private static Vocabulary readVocabAndMerges(byte[] vocab, byte @Nullable [] merges) throws IOException {
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
        return new Vocabulary(ids, readMergesText(merges), where);
    }

    private static List<String[]> readMergesText(byte[] utf8) throws IOException {
        String where = "merges.txt";
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
    static Vocabulary readTokenizerJson(Path file) throws IOException {
        return readTokenizerJson(bytes(file), String.valueOf(file.getFileName()));
    }

    private static Vocabulary readTokenizerJson(byte[] utf8, String where) throws IOException {
        Map<String, Integer> added = new HashMap<>();
        Map<String, Integer> ids = new HashMap<>(1 << 17);
        List<String[]> merges = new ArrayList<>();
        try (JsonReader reader = open(utf8, where)) {
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "added_tokens" -> readAddedTokens(reader, added);
                    case "model" -> readModel(reader, ids, merges, where);
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            expectEnd(reader, where);
        } catch (JsonParseException | IllegalStateException | NumberFormatException | MalformedJsonException | EOFException e) {
            throw new VocabularyFormatException("%s: malformed JSON: %s".formatted(where, e.getMessage()), e);
        }
        for (Map.Entry<String, Integer> token : added.entrySet()) {
            Integer id = ids.putIfAbsent(token.getKey(), token.getValue());
            if (id != null && !id.equals(token.getValue())) {
                throw new VocabularyFormatException("%s: token '%s' has the id %d in the vocabulary and %d among the added tokens"
                        .formatted(where, token.getKey(), id, token.getValue()));
            }
        }
        return new Vocabulary(ids, merges, where);
    }

    private static void readAddedTokens(JsonReader reader, Map<String, Integer> added) throws IOException {
        reader.beginArray();
        while (reader.hasNext()) {
            String content = "";
            int id = -1;
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "content" -> content = reader.nextString();
                    case "id" -> id = reader.nextInt();
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            if (id < 0) {
                throw new VocabularyFormatException("added token '%s': expected an id of at least 0, got %d".formatted(content, id));
            }
            added.put(content, id);
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
        JsonReader reader = new JsonReader(new StringReader(text(utf8, where)));
        reader.setStrictness(Strictness.STRICT);
        return reader;
    }

    private static String text(byte[] utf8, String where) throws IOException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new VocabularyFormatException(where + ": expected UTF-8 text, got bytes that are not", e);
        }
    }

    private static long key(int left, int right) {
        return ((long) left << 32) | right;
    }

    /// The merge of two neighbouring tokens, or null when they do not merge.
    @Nullable Merge merge(int left, int right) {
        return merges.get(key(left, right));
    }

    /// {@return the id of a token as it is written in the vocabulary; empty when it has no such token}
    ///
    /// @param token in the vocabulary's alphabet, such as `cat</w>`
    public OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /// {@return the token with this id as it is written in the vocabulary; empty when the id is not in use}
    ///
    /// @param id from 0
    public Optional<String> token(int id) {
        return id >= 0 && id < tokens.length ? Optional.ofNullable(tokens[id]) : Optional.empty();
    }

    /// {@return one more than the greatest id}
    public int size() {
        return tokens.length;
    }

    /// {@return the id of [#START_OF_TEXT]}
    public int startOfText() {
        return startOfText;
    }

    /// {@return the id of [#END_OF_TEXT]}
    public int endOfText() {
        return endOfText;
    }
}
