package io.github.clip4j.tokenizer;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.clip4j.tokenizer.text.LanguageCodes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The tokenizer of a model that is not CLIP's: SigLIP's Unigram and SigLIP 2's BPE, whose texts fill the context, and those of models with
/// a text encoder of BERT's kind, or with XLM-R's vocabulary, whose texts are as long as they are ([#surrounding]).
///
/// ```
/// "A photo of 2 cats!"  ──►  a · photo · of · 2 · cats  ──►  262 4 43 2 7 … 1 1 1
///                                                             end and padding: 64 ids
/// ```
///
/// The ids of a text are those of [Pieces]. What is around them, and how a text is cleaned before, stands in `tokenizer_config.json` and in
/// the code of the class that it names (huggingface/transformers 5.18 `tokenization_siglip.py`, `tokenization_siglip2.py`,
/// `tokenization_gemma.py`, `tokenization_utils_tokenizers.py`; open_clip 3.3 `tokenizer.py`, class `HFTokenizer`).
final class PaddedTokenizer implements Tokenizer {
    private static final String TOKENIZER_JSON = "tokenizer.json";
    private static final String CONFIG = "tokenizer_config.json";
    private static final int[] NONE = {};
    private static final int STRIPPED = 0;

    private final Pieces base;
    private final TokenizerProfile profile;
    private final UnaryOperator<String> clean;
    private final Around around;
    private final boolean fills;
    private final boolean truncates;

    /// What is put around the ids of a text.
    ///
    /// @param start ids before them
    /// @param end ids after them
    /// @param padId fills the context
    /// @param padsLeft whether padding comes first
    /// @param cutsLeft whether a text that is too long loses its beginning
    @SuppressWarnings("ArrayRecordComponent") // internal, never compared
    private record Around(int[] start, int[] end, int padId, boolean padsLeft, boolean cutsLeft) {}

    private PaddedTokenizer(
            Pieces base, TokenizerProfile profile, UnaryOperator<String> clean, Around around, boolean fills, boolean truncates) {
        this.base = base;
        this.profile = profile;
        this.clean = clean;
        this.around = around;
        this.fills = fills;
        this.truncates = truncates;
    }

    /// One whose texts are as long as they are, with the tokens around them that the file says. open_clip cleans a text as for CLIP but
    /// leaves its case, unless its config says otherwise; transformers leaves it to the file.
    static PaddedTokenizer surrounding(
            String where, Pieces base, TokenizerProfile profile, Optional<String> clean, boolean truncates) throws IOException {
        int[] around = base.specialTokens();
        if (around.length == 0) {
            throw new VocabularyFormatException(where + ": expected a tokenizer that puts tokens around a text, got one that puts none");
        }
        UnaryOperator<String> cleaning =
                profile == TokenizerProfile.HF ? UnaryOperator.identity() : openClip(where, clean.orElse("whitespace"));
        int pad = base.padId() >= 0 ? base.padId() : Math.max(0, firstKnown(base, "[PAD]", "<pad>"));
        int last = around.length - 1;
        Around tokens = new Around(Arrays.copyOf(around, last), new int[] {around[last]}, pad, false, false);
        return new PaddedTokenizer(base, profile, cleaning, tokens, false, truncates);
    }

    /// One without the token that ends a text: open_clip puts 0, the padding of BERT, wherever it is.
    static PaddedTokenizer withoutEnd(String where, Pieces base, TokenizerProfile profile, Optional<String> clean) throws IOException {
        PaddedTokenizer bert = surrounding(where, base, profile, clean, true);
        Around tokens = new Around(bert.around.start, new int[] {STRIPPED}, STRIPPED, false, false);
        return new PaddedTokenizer(new Stripped(base, bert.endOfText()), profile, bert.clean, tokens, true, true);
    }

    /// The pieces of another tokenizer, with 0 in the place of one token.
    private record Stripped(Pieces base, int token) implements Pieces {
        @Override
        public int[] encodeWithoutSpecialTokens(String text) {
            return Arrays.stream(base.encodeWithoutSpecialTokens(text)).map(id -> id == token ? STRIPPED : id).toArray();
        }

        @Override
        public int[] specialTokens() {
            return base.specialTokens();
        }

        @Override
        public int padId() {
            return STRIPPED;
        }

        @Override
        public String lowerCase(String text) {
            return base.lowerCase(text);
        }

        @Override
        public String decode(int[] ids, boolean skipSpecialTokens) {
            return base.decode(ids, skipSpecialTokens);
        }

        @Override
        public int id(String piece) {
            return base.id(piece);
        }

        @Override
        public @Nullable String token(int id) {
            return base.token(id);
        }

        @Override
        public int size() {
            return base.size();
        }
    }

    private static UnaryOperator<String> openClip(String where, String clean) throws VocabularyFormatException {
        return switch (clean) {
            case "canonicalize" -> TextCleaning::canonicalize;
            case "lower" -> TextCleaning::openClipLower;
            case "whitespace" -> TextCleaning::openClipWhitespace;
            default -> throw new VocabularyFormatException(
                    "%s: tokenizer_kwargs.clean: expected canonicalize, lower or whitespace, got '%s'".formatted(where, clean));
        };
    }

    /// Reads the files of a repository. A text that is too long is cut, as the pipelines of transformers and open_clip do for these models.
    static PaddedTokenizer read(
            String where, Pieces base, Map<String, byte[]> files, TokenizerProfile profile, Optional<String> clean) throws IOException {
        JsonObject config = config(where, files.get(CONFIG));
        String type = string(config, "tokenizer_class").orElse(files.containsKey(TOKENIZER_JSON) ? "" : "SiglipTokenizer");
        return new PaddedTokenizer(
                base, profile, cleaning(where, base, profile, clean, type, config), around(where, base, type, config), true, true);
    }

    private static JsonObject config(String where, byte @Nullable [] content) throws VocabularyFormatException {
        if (content == null) {
            return new JsonObject();
        }
        try {
            JsonElement read = JsonParser.parseString(new String(content, StandardCharsets.UTF_8));
            if (read.isJsonObject()) {
                return read.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new VocabularyFormatException("%s/%s: malformed JSON: %s".formatted(where, CONFIG, e.getMessage()), e);
        }
        throw new VocabularyFormatException("%s/%s: expected an object".formatted(where, CONFIG));
    }

    private static UnaryOperator<String> cleaning(
            String where, Pieces base, TokenizerProfile profile, Optional<String> clean, String type, JsonObject config)
            throws VocabularyFormatException {
        if (profile != TokenizerProfile.HF) {
            return openClip(where, clean.orElse("canonicalize"));
        }
        return switch (type) {
            case "SiglipTokenizer" -> flag(config, "do_lower_case").orElse(true) ? TextCleaning::siglip : TextCleaning::siglipCased;
            // what its tokenizer.json does, too, when the class wrote it
            case "Siglip2Tokenizer", "Siglip2TokenizerFast" -> base::lowerCase;
            default -> UnaryOperator.identity();
        };
    }

    /// The tokens around a text: those of the flags `add_bos_token` and `add_eos_token`, of which transformers makes a template of its own;
    /// without flags those of the file. A text that ends with neither gets the end of text, which these models were trained with.
    private static Around around(String where, Pieces base, String type, JsonObject config) throws VocabularyFormatException {
        int end = id(base, config, "eos_token").orElseGet(() -> firstKnown(base, "</s>", "<eos>"));
        int pad = id(base, config, "pad_token")
                .or(() -> base.padId() >= 0 ? Optional.of(base.padId()) : Optional.empty())
                .orElseGet(() -> type.equals("SiglipTokenizer") ? end : firstKnown(base, "<pad>", "</s>"));
        if (end < 0 || pad < 0) {
            throw new VocabularyFormatException("%s: expected tokens that end a text and fill the context, got none: say eos_token and "
                    .formatted(where) + "pad_token in " + CONFIG);
        }
        int[] starts = NONE;
        int[] ends = {end};
        if (flag(config, "add_bos_token").isPresent() || flag(config, "add_eos_token").isPresent()) {
            if (flag(config, "add_bos_token").orElse(false)) {
                starts = new int[] {id(base, config, "bos_token").orElseGet(() -> firstKnown(base, "<bos>", "<s>"))};
            }
        } else {
            int[] empty = base.specialTokens();
            if (empty.length > 0 && empty[empty.length - 1] == end) {
                starts = Arrays.copyOf(empty, empty.length - 1);
            }
        }
        // the classes' defaults
        boolean left = type.startsWith("Gemma") || type.startsWith("Siglip2");
        return new Around(
                starts, ends, pad, side(where, config, "padding_side").map("left"::equals).orElse(left),
                side(where, config, "truncation_side").map("left"::equals).orElse(false));
    }

    private static Optional<String> side(String where, JsonObject config, String key) throws VocabularyFormatException {
        Optional<String> side = string(config, key).map(value -> value.toLowerCase(Locale.ROOT));
        if (side.isPresent() && !side.get().equals("left") && !side.get().equals("right")) {
            throw new VocabularyFormatException("%s/%s.%s: expected left or right, got '%s'".formatted(where, CONFIG, key, side.get()));
        }
        return side;
    }

    /// A token is written as a string or as an object with its content.
    private static Optional<Integer> id(Pieces base, JsonObject config, String key) {
        JsonElement value = config.get(key);
        Optional<String> token = value != null && value.isJsonObject() ? string(value.getAsJsonObject(), "content") : string(config, key);
        return token.map(base::id).filter(id -> id >= 0);
    }

    private static int firstKnown(Pieces base, String... tokens) {
        return Arrays.stream(tokens).mapToInt(base::id).filter(id -> id >= 0).findFirst().orElse(-1);
    }

    private static Optional<String> string(JsonObject object, String key) {
        JsonElement value = object.get(key);
        return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()
                ? Optional.of(value.getAsString())
                : Optional.empty();
    }

    private static Optional<Boolean> flag(JsonObject object, String key) {
        JsonElement value = object.get(key);
        return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean()
                ? Optional.of(value.getAsBoolean())
                : Optional.empty();
    }

    @Override
    public PaddedTokenizer withTruncation(boolean cut) {
        return cut == truncates ? this : new PaddedTokenizer(base, profile, clean, around, fills, cut);
    }

    @Override
    public PaddedTokenizer withLanguage(String language) {
        Objects.requireNonNull(language, "language is null");
        int at = languageAt();
        if (at < 0) {
            throw LanguageException.none(language);
        }
        int[] start = around.start.clone();
        start[at] = Languages.id(base, language);
        Around other = new Around(start, around.end, around.padId, around.padsLeft, around.cutsLeft);
        return new PaddedTokenizer(base, profile, clean, other, fills, truncates);
    }

    @Override
    public Optional<String> language() {
        int at = languageAt();
        return at < 0 ? Optional.empty() : token(around.start[at]);
    }

    /// The place of the language among the ids before a text, or −1.
    private int languageAt() {
        for (int i = 0; i < around.start.length; i++) {
            if (token(around.start[i]).filter(LanguageCodes::isCode).isPresent()) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public TokenizerProfile profile() {
        return profile;
    }

    @Override
    public boolean truncates() {
        return truncates;
    }

    @Override
    public int[] encode(String text) {
        return surrounded(ids(text));
    }

    private int[] ids(String text) {
        Objects.requireNonNull(text, "text is null");
        return base.encodeWithoutSpecialTokens(clean.apply(text));
    }

    private int[] surrounded(int[] ids) {
        int[] all = Arrays.copyOf(around.start, around.start.length + ids.length + around.end.length);
        System.arraycopy(ids, 0, all, around.start.length, ids.length);
        System.arraycopy(around.end, 0, all, around.start.length + ids.length, around.end.length);
        return all;
    }

    @Override
    public int[] encode(String text, int contextLength) {
        return fills ? encodePadded(text, contextLength) : fitted(text, contextLength);
    }

    private int[] fitted(String text, int contextLength) {
        int[] all = encode(text);
        if (all.length > contextLength) {
            if (!truncates) {
                throw new TextTooLongException(text, all.length, contextLength);
            }
            return encodeTruncated(text, contextLength);
        }
        return all;
    }

    @Override
    public int[] encodePadded(String text, int contextLength) {
        int[] all = fitted(text, contextLength);
        int[] padded = new int[contextLength];
        Arrays.fill(padded, around.padId);
        System.arraycopy(all, 0, padded, around.padsLeft ? contextLength - all.length : 0, all.length);
        return padded;
    }

    @Override
    public int[] encodeTruncated(String text, int contextLength) {
        int[] ids = ids(text);
        int room = contextLength - around.start.length - around.end.length;
        if (room < 0) {
            throw new IllegalArgumentException(
                    "context: expected at least %d positions, got %d".formatted(contextLength - room, contextLength));
        }
        if (ids.length > room) {
            ids = around.cutsLeft ? Arrays.copyOfRange(ids, ids.length - room, ids.length) : Arrays.copyOf(ids, room);
        }
        return surrounded(ids);
    }

    @Override
    public String decode(int[] ids) {
        Objects.requireNonNull(ids, "ids is null");
        for (int id : ids) {
            if (base.token(id) == null) {
                throw new IllegalArgumentException("token id: expected one of the vocabulary's %d, got %d".formatted(base.size(), id));
            }
        }
        return base.decode(ids, true).strip();
    }

    @Override
    public int endOfText() {
        return around.end[0];
    }

    @Override
    public Optional<String> token(int id) {
        return Optional.ofNullable(base.token(id));
    }

    @Override
    public int size() {
        return base.size();
    }
}
