package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.declared.DeclaredFormatException;
import io.github.clip4j.tokenizer.declared.DeclaredTokens;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A tokenizer as `tokenizer.json` describes it: BPE, Unigram or WordPiece, with all that is around them.
///
/// The ids are those of Hugging Face `tokenizers` 0.23; `docs/tokenizers.md` says what is read, what is refused and what was compared. Half
/// of a surrogate pair, which the reference cannot be given, is read as U+FFFD. Immutable and thread-safe; the `with` methods make copies.
public final class JsonTokenizer implements Tokenizer.Pieces {
    /// The files beside a vocabulary that [#read(String, Map)] looks at.
    public static final List<String> BESIDE = DeclaredTokens.FILES;

    /// SentencePiece's files, the preferred first.
    private static final List<Map.Entry<String, SentencePieceFamily>> PIECES = List.of(
            Map.entry("spiece.model", SentencePieceFamily.T5), Map.entry("tokenizer.model", SentencePieceFamily.GEMMA),
            Map.entry("sentencepiece.bpe.model", SentencePieceFamily.XLM_ROBERTA));

    private final Parts parts;
    private final AddedTokens addedTokens;
    private final @Nullable Truncation truncation;
    private final @Nullable Padding padding;
    private final int namedPad;

    /// @param namedPad the id that a file beside the vocabulary pads with, or −1
    private JsonTokenizer(
            Parts parts, AddedTokens addedTokens, @Nullable Truncation truncation, @Nullable Padding padding, int namedPad) {
        this.parts = parts;
        this.addedTokens = addedTokens;
        this.truncation = truncation;
        this.padding = padding;
        this.namedPad = namedPad;
    }

    /// Reads a `tokenizer.json`, with the truncation and padding it asks for.
    ///
    /// @throws VocabularyFormatException when the file is malformed, or names something that is not supported
    public static JsonTokenizer read(Path file) throws IOException {
        return of(TokenizerJsonReader.read(file), String.valueOf(file.getFileName()));
    }

    /// Reads a `spiece.model` or `tokenizer.model` of SentencePiece and adds what the converters of `transformers` add for a family. There
    /// is no truncation and no padding.
    ///
    /// @throws VocabularyFormatException when the file is malformed, or is not of a kind that the family has
    public static JsonTokenizer readSentencePiece(Path file, SentencePieceFamily family) throws IOException {
        return of(SentencePieceReader.read(file, family), String.valueOf(file.getFileName()));
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// @param where the file's name, for messages
    /// @throws VocabularyFormatException as [#read(Path)]
    public static JsonTokenizer read(byte[] content, String where) throws IOException {
        return of(TokenizerJsonReader.read(new ByteArrayInputStream(content), where), where);
    }

    /// Reads the content of a SentencePiece file.
    ///
    /// @param where the file's name, for messages
    /// @throws VocabularyFormatException as [#readSentencePiece(Path, SentencePieceFamily)]
    public static JsonTokenizer readSentencePiece(byte[] content, String where, SentencePieceFamily family) throws IOException {
        return of(SentencePieceReader.read(content, where, family), where);
    }

    /// Reads the first that is there of `tokenizer.json`, `spiece.model` as T5's, `tokenizer.model` as Gemma's, `sentencepiece.bpe.model`
    /// as XLM-R's and `vocab.txt` as BERT's, with the tokens that `tokenizer_config.json`, `special_tokens_map.json` and
    /// `added_tokens.json` name beside it; it does not cut.
    ///
    /// @param where the repository's name, for messages
    /// @param files bytes by name
    /// @throws VocabularyFormatException when there is none, when the files contradict each other, or as [#read(Path)]
    public static JsonTokenizer read(String where, Map<String, byte[]> files) throws IOException {
        try {
            return readFiles(where, files);
        } catch (DeclaredFormatException e) {
            throw new VocabularyFormatException(String.valueOf(e.getMessage()), e);
        }
    }

    private static JsonTokenizer readFiles(String where, Map<String, byte[]> files) throws IOException {
        DeclaredTokens declared = DeclaredTokens.read(files, where + "/");
        byte[] json = files.get("tokenizer.json");
        byte @Nullable [] config = files.get(DeclaredTokens.CONFIG);
        if (json != null) {
            String name = where + "/tokenizer.json";
            Parts parts = TokenizerJsonReader.read(new ByteArrayInputStream(json), name);
            return of(DeclaredParts.ofJson(parts, declared, WordPieceText.normalizer(config, where)), name)
                    .padded(declared)
                    .withoutTruncation();
        }
        for (Map.Entry<String, SentencePieceFamily> form : PIECES) {
            byte[] pieces = files.get(form.getKey());
            if (pieces != null) {
                String name = where + "/" + form.getKey();
                Parts parts = SentencePieceReader.read(pieces, name, form.getValue());
                return of(DeclaredParts.ofPieces(parts, declared, form.getValue()), name).padded(declared);
            }
        }
        byte[] words = files.get("vocab.txt");
        if (words != null) {
            String name = where + "/vocab.txt";
            byte[] asJson = WordPieceText.json(words, config, where);
            Parts parts = TokenizerJsonReader.read(new ByteArrayInputStream(asJson), name);
            return of(DeclaredParts.ofWords(parts, declared), name).padded(declared);
        }
        throw new VocabularyFormatException(where
                + ": expected tokenizer.json, spiece.model, tokenizer.model, sentencepiece.bpe.model or vocab.txt, got none");
    }

    /// Pads with the token that the files beside the vocabulary name, before that of its own file.
    private JsonTokenizer padded(DeclaredTokens declared) {
        int named = declared.named("pad_token").map(this::id).orElse(-1);
        return new JsonTokenizer(parts, addedTokens, truncation, padding, named);
    }

    private static JsonTokenizer of(Parts parts, String where) throws VocabularyFormatException {
        AddedTokens addedTokens = new AddedTokens(parts.addedTokens(), parts.model(), parts.normalizer(), where);
        return new JsonTokenizer(parts, addedTokens, parts.truncation(), parts.padding(), -1);
    }

    /// A tokenizer that cuts longer texts.
    ///
    /// @param maxLength in tokens, special ones included
    /// @param side where tokens are lost
    /// @throws IllegalArgumentException when the special tokens alone are more
    public JsonTokenizer withTruncation(int maxLength, Side side) {
        if (maxLength < added(true)) {
            throw new IllegalArgumentException(
                    "expected a length of at least the %d special tokens, got %d".formatted(added(true), maxLength));
        }
        return new JsonTokenizer(parts, addedTokens, new Truncation(maxLength, side), padding, namedPad);
    }

    /// A tokenizer that does not cut.
    public JsonTokenizer withoutTruncation() {
        return new JsonTokenizer(parts, addedTokens, null, padding, namedPad);
    }

    /// A tokenizer that pads shorter texts.
    ///
    /// @param length in tokens, special ones included
    /// @param padId the id that is put in
    /// @param side where it is put
    public JsonTokenizer withPadding(int length, int padId, Side side) {
        return new JsonTokenizer(parts, addedTokens, truncation, new Padding(length, 1, padId, side), namedPad);
    }

    /// A tokenizer that does not pad.
    public JsonTokenizer withoutPadding() {
        return new JsonTokenizer(parts, addedTokens, truncation, null, namedPad);
    }

    /// The ids of a text, with special tokens, truncation and padding.
    ///
    /// @throws IllegalArgumentException when the text has a character for which the file has no token, not even one for unknown characters
    public Encoding encode(String text) {
        return encode(List.of(text)).getFirst();
    }

    /// The ids of some texts, with special tokens, truncation and padding; the rows are of one length when the file asks for padding.
    ///
    /// @throws IllegalArgumentException when a text has a character for which the file has no token, not even one for unknown characters
    public List<Encoding> encode(List<String> texts) {
        List<Encoding> rows = new ArrayList<>(texts.size());
        int longest = 0;
        for (String text : texts) {
            Encoding row = Encoding.of(ids(text, true));
            longest = Math.max(longest, row.length());
            rows.add(row);
        }
        if (padding != null) {
            int length = padding.lengthFor(longest);
            rows.replaceAll(row -> row.padded(length, padding.padId(), padding.side()));
        }
        return List.copyOf(rows);
    }

    /// The ids of a text alone: without special tokens around it and without padding; truncated.
    ///
    /// @throws IllegalArgumentException when the text has a character for which the file has no token, not even one for unknown characters
    @Override
    public int[] encodeWithoutSpecialTokens(String text) {
        return ids(text, false);
    }

    private int added(boolean special) {
        PostProcessorStep postProcessor = parts.postProcessor();
        return special && postProcessor != null ? postProcessor.added() : 0;
    }

    private int[] ids(String text, boolean special) {
        IntList list = new IntList();
        Objects.requireNonNull(text, "text");
        addedTokens.splitRaw(new Text(wellFormed(text), true), new AddedTokens.Sink() {
            @Override
            public void text(Text part) {
                encodeNormalized(parts.normalizer() == null ? part : parts.normalizer().apply(part), list);
            }

            @Override
            public void token(int id) {
                list.add(id);
            }
        });
        int[] ids = list.toArray();
        if (truncation != null) {
            ids = truncation.apply(ids, added(special));
        }
        PostProcessorStep postProcessor = parts.postProcessor();
        return special && postProcessor != null ? postProcessor.apply(ids) : ids;
    }

    private void encodeNormalized(Text text, IntList list) {
        addedTokens.splitNormalized(text, new AddedTokens.Sink() {
            @Override
            public void text(Text part) {
                if (part.value().isEmpty()) {
                    return;
                }
                PreTokenizerStep preTokenizer = parts.preTokenizer();
                if (preTokenizer == null) {
                    parts.model().encode(part.value(), list);
                } else {
                    preTokenizer.split(part.value(), part.atStart(), (piece, start) -> parts.model().encode(piece, list));
                }
            }

            @Override
            public void token(int id) {
                list.add(id);
            }
        });
    }

    private static String wellFormed(String text) {
        if (text.codePoints().noneMatch(JsonTokenizer::isSurrogate)) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(c -> result.appendCodePoint(isSurrogate(c) ? 0xFFFD : c));
        return result.toString();
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }

    /// The text of some ids. Ids that are not in use are left out.
    ///
    /// @param skipSpecialTokens whether special tokens are left out, too
    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        List<String> tokens = new ArrayList<>(ids.length);
        for (int id : ids) {
            String token = token(id);
            if (token != null && !(skipSpecialTokens && addedTokens.isSpecial(token))) {
                tokens.add(token);
            }
        }
        return parts.decoder() == null ? String.join(" ", tokens) : String.join("", parts.decoder().apply(tokens));
    }

    /// The id of a token as the file writes it, or −1.
    @Override
    public int id(String token) {
        int id = addedTokens.id(token);
        return id >= 0 ? id : parts.model().id(token);
    }

    /// The token with this id, or null when the id is not in use. An added token that is found in normalised text has its normalised form.
    @Override
    public @Nullable String token(int id) {
        String token = addedTokens.token(id);
        return token != null ? token : parts.model().token(id);
    }

    @Override
    public int[] specialTokens() {
        return ids("", true);
    }

    /// A text in lower case as the normaliser `Lowercase` makes it.
    @Override
    public String lowerCase(String text) {
        return LowerCase.of(text);
    }

    /// The id that the files pad with, or −1 when they do not say one.
    @Override
    public int padId() {
        return namedPad >= 0 || padding == null ? namedPad : padding.padId();
    }

    /// How many tokens there are, added ones included.
    @Override
    public int size() {
        return parts.model().size() + addedTokens.sizeBeyond(parts.model());
    }
}
