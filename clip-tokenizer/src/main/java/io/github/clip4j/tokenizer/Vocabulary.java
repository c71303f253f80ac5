package io.github.clip4j.tokenizer;

import io.github.clip4j.tokenizer.bpe.Merges;
import io.github.clip4j.tokenizer.declared.DeclaredFormatException;
import io.github.clip4j.tokenizer.declared.DeclaredTokens;
import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
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
    private final Merges merges;
    private final int startOfText;
    private final int endOfText;
    private final int padding;
    private final AddedTokenFinder addedRaw;
    private final AddedTokenFinder addedCleaned;

    /// Of merges alone: the special tokens are found as in the published files.
    Vocabulary(Map<String, Integer> ids, List<String[]> merges, String where) throws VocabularyFormatException {
        this(ids, merges, published(ids), Optional.empty(), where);
    }

    private static List<Token> published(Map<String, Integer> ids) {
        return List.of(
                new Token(START_OF_TEXT, ids.getOrDefault(START_OF_TEXT, -1), false, false, false, true, true),
                new Token(END_OF_TEXT, ids.getOrDefault(END_OF_TEXT, -1), false, false, false, false, true));
    }

    /// @param added tokens that are found in a text as they are, with their ids
    /// @param pad fills the context; the end of text when it is empty
    Vocabulary(Map<String, Integer> ids, List<String[]> merges, List<Token> added, Optional<String> pad, String where)
            throws VocabularyFormatException {
        this.ids = ids;
        this.tokens = tokensById(ids, where);
        List<int[]> pairs = new ArrayList<>(merges.size());
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
            pairs.add(new int[] {left, right, merged});
        }
        this.merges = new Merges(pairs);
        this.startOfText = require(START_OF_TEXT, where);
        this.endOfText = require(END_OF_TEXT, where);
        this.padding = pad.isEmpty() ? endOfText : require(pad.orElseThrow(), where);
        this.addedRaw = new AddedTokenFinder(added.stream().filter(token -> !token.normalized()).toList(), false);
        this.addedCleaned = new AddedTokenFinder(added.stream().filter(Token::normalized).toList(), true);
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
    public static final List<List<String>> FORMS = List.of(
            with(DeclaredTokens.FILES, "tokenizer.json"), with(DeclaredTokens.FILES, "vocab.json", "merges.txt"),
            List.of(SimpleVocabulary.FILE));

    private static List<String> with(List<String> others, String... first) {
        return Stream.concat(Stream.of(first), others.stream()).toList();
    }

    /// Reads the vocabulary of a checkpoint directory: `tokenizer.json` when it is there, else `vocab.json` and `merges.txt`, else
    /// `bpe_simple_vocab_16e6.txt.gz`.
    ///
    /// @param directory of a checkpoint
    /// @return the vocabulary
    /// @throws VocabularyFormatException when a file is malformed, or no form is there
    public static Vocabulary read(Path directory) throws IOException {
        Objects.requireNonNull(directory, "directory is null");
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
        Objects.requireNonNull(files, "files is null");
        try {
            return read(files);
        } catch (DeclaredFormatException e) {
            throw new VocabularyFormatException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Vocabulary read(Map<String, byte[]> files) throws IOException {
        byte[] tokenizer = files.get("tokenizer.json");
        if (tokenizer != null) {
            return VocabularyFiles.readTokenizerJson(tokenizer, DeclaredTokens.read(files, ""), "tokenizer.json");
        }
        byte[] vocab = files.get("vocab.json");
        if (vocab != null) {
            return VocabularyFiles.readVocabAndMerges(vocab, files.get("merges.txt"), DeclaredTokens.read(files, ""));
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

    /// Reads `tokenizer.json` of the Hugging Face tokenizers library.
    static Vocabulary readTokenizerJson(Path file) throws IOException {
        return VocabularyFiles.readTokenizerJson(bytes(file), DeclaredTokens.read(Map.of(), ""), String.valueOf(file.getFileName()));
    }

    Merges merges() {
        return merges;
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

    /// The tokens that are found in a text as it was given.
    AddedTokenFinder addedRaw() {
        return addedRaw;
    }

    /// The tokens that are found in a text that has been cleaned.
    AddedTokenFinder addedCleaned() {
        return addedCleaned;
    }

    /// {@return the id of [#START_OF_TEXT]}
    public int startOfText() {
        return startOfText;
    }

    /// {@return the id of [#END_OF_TEXT]}
    public int endOfText() {
        return endOfText;
    }

    /// The id that fills a context, in the profiles of Hugging Face.
    int padding() {
        return padding;
    }
}
