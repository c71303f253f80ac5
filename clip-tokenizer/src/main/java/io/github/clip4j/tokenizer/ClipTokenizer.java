package io.github.clip4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// CLIP's tokenizer: cleans a text, splits it into words, and encodes each word by byte-pair encoding.
///
/// ```
/// "A photo of 2 cats!"  ──►  a · photo · of · 2 · cats · !  ──►  49406  320 1125 539 273 3989 256  49407
///                                                                 start                             end
/// ```
///
/// Sources: openai/CLIP `clip/simple_tokenizer.py`; huggingface/transformers `convert_slow_tokenizer.py`, class `CLIPConverter`.
/// Immutable and thread-safe.
public final class ClipTokenizer implements Tokenizer {
    /// The published pattern; every digit is a word of its own. The flag gives `\s` Unicode's meaning, which `\p{L}` and `\p{N}` have
    /// without it.
    private static final Pattern HF_WORD = Pattern.compile(
            "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private static final Pattern OPENAI_WORD = ignoringCase("(<\\|startoftext\\|>)|(<\\|endoftext\\|>)");
    private static final Pattern OPEN_CLIP_WORD = ignoringCase("(<start_of_text>)|(<end_of_text>)");

    /// Words are short and repeat; long ones are not worth keeping.
    private static final int CACHED_WORDS = 20_000;

    private static final int CACHED_WORD_LENGTH = 32;

    private final Vocabulary vocabulary;
    private final TokenizerProfile profile;
    private final boolean truncates;
    private final boolean fills;
    private final Bpe bpe;
    private final Map<String, int[]> cache;

    /// OpenAI's pattern ignores case. After lower-casing this still matters for two characters: ſ matches s; and U+0345, a mark whose upper
    /// case is the letter Ι, matches neither the letters nor the rest, and is lost.
    private static Pattern ignoringCase(String specialTokens) {
        return Pattern.compile(
                specialTokens + "|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}\u0345]+",
                Pattern.UNICODE_CHARACTER_CLASS | Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    /// A tokenizer that cuts or refuses texts that are too long as its profile does.
    ///
    /// @param vocabulary the tokens and merges
    /// @param profile the reference implementation to agree with
    public ClipTokenizer(Vocabulary vocabulary, TokenizerProfile profile) {
        this(vocabulary, profile, profile.truncates(), false, new Bpe(vocabulary), new ConcurrentHashMap<>());
    }

    private ClipTokenizer(
            Vocabulary vocabulary, TokenizerProfile profile, boolean truncates, boolean fills, Bpe bpe, Map<String, int[]> cache) {
        this.vocabulary = vocabulary;
        this.profile = profile;
        this.truncates = truncates;
        this.fills = fills;
        this.bpe = bpe;
        this.cache = cache;
    }

    /// {@return this tokenizer with another treatment of texts that are too long, whatever the profile's is}
    ///
    /// @param truncates true: such a text keeps its first tokens, and the end of text stays the last one, as in all reference
    ///     implementations that cut; false: it is refused
    @Override
    public ClipTokenizer withTruncation(boolean truncates) {
        return truncates == this.truncates ? this : new ClipTokenizer(vocabulary, profile, truncates, fills, bpe, cache);
    }

    /// {@return this tokenizer for a model whose texts fill its context, as MobileCLIP2-L-14's do: with 0 after the end of text, which
    /// open_clip pads with, whatever the profile's padding is}
    public ClipTokenizer filling() {
        return new ClipTokenizer(vocabulary, profile, truncates, true, bpe, cache);
    }

    @Override
    public ClipTokenizer withLanguage(String language) {
        throw LanguageException.none(Objects.requireNonNull(language, "language is null"));
    }

    @Override
    public Optional<String> language() {
        return Optional.empty();
    }

    /// {@return the tokens and merges}
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /// {@return the reference implementation that this tokenizer agrees with}
    @Override
    public TokenizerProfile profile() {
        return profile;
    }

    /// {@return whether a text that is too long is cut rather than refused}
    @Override
    public boolean truncates() {
        return truncates;
    }

    /// {@return the token ids of `text`, of any length, between the ids of start and end of text}
    ///
    /// @param text any text; it is cleaned as the profile says
    @Override
    public int[] encode(String text) {
        Objects.requireNonNull(text, "text is null");
        IntList ids = new IntList();
        ids.add(vocabulary.startOfText());
        encode(text, ids);
        ids.add(vocabulary.endOfText());
        return ids.toArray();
    }

    /// {@return the token ids of `text` for a model of `contextLength` positions; as many where texts fill it ([#filling()])}
    ///
    /// @param text any text; it is cleaned as the profile says
    /// @param contextLength the positions of the model, start and end of text included
    /// @throws TextTooLongException when there are more, and this tokenizer does not cut
    @Override
    public int[] encode(String text, int contextLength) {
        int[] ids = encode(text);
        if (ids.length <= contextLength) {
            return fills ? Arrays.copyOf(ids, contextLength) : ids;
        }
        if (!truncates) {
            throw new TextTooLongException(text, ids.length, contextLength);
        }
        return truncated(ids, contextLength);
    }

    /// {@return the token ids of `text`, padded to `contextLength` as the profile does: with 0, or with the padding token
    /// of its files, the end of text where they name none}
    ///
    /// @param text any text; it is cleaned as the profile says
    /// @param contextLength the positions of the model, start and end of text included
    /// @throws TextTooLongException when there are more, and this tokenizer does not cut
    @Override
    public int[] encodePadded(String text, int contextLength) {
        int[] ids = encode(text, contextLength);
        int[] padded = Arrays.copyOf(ids, contextLength);
        boolean ofHuggingFace = profile == TokenizerProfile.HF || profile == TokenizerProfile.IMMICH;
        Arrays.fill(padded, ids.length, contextLength, ofHuggingFace ? vocabulary.padding() : 0);
        return padded;
    }

    /// {@return the token ids of `text`; a longer text keeps its first `contextLength − 1` ids and the end of text}
    ///
    /// @param text any text; it is cleaned as the profile says
    /// @param contextLength the positions of the model, start and end of text included
    @Override
    public int[] encodeTruncated(String text, int contextLength) {
        int[] ids = encode(text);
        if (ids.length > contextLength) {
            return truncated(ids, contextLength);
        }
        return fills ? Arrays.copyOf(ids, contextLength) : ids;
    }

    private int[] truncated(int[] ids, int contextLength) {
        int[] truncated = Arrays.copyOf(ids, contextLength);
        truncated[contextLength - 1] = vocabulary.endOfText();
        return truncated;
    }

    private void encode(String text, IntList ids) {
        switch (profile) {
            case HF -> encodeHf(text, ids);
            case IMMICH -> encodeHf(TextCleaning.splitAndJoined(text), ids);
            case OPENAI -> encodeWords(TextCleaning.openAi(text), OPENAI_WORD, ids);
            case OPEN_CLIP -> encodeWords(TextCleaning.openAi(text), OPEN_CLIP_WORD, ids);
        }
    }

    /// The special tokens are found in the cleaned text, whatever their case, before words are.
    private void encodeWords(String text, Pattern word, IntList ids) {
        Matcher words = word.matcher(text);
        while (words.find()) {
            if (words.start(1) >= 0) {
                ids.add(vocabulary.startOfText());
            } else if (words.start(2) >= 0) {
                ids.add(vocabulary.endOfText());
            } else {
                addWord(words.group(), ids);
            }
        }
    }

    private void addWord(String word, IntList ids) {
        for (int id : encodeWord(word)) {
            ids.add(id);
        }
    }

    /// Added tokens are found in the text as it was given, or after cleaning. `<|endoftext|>` is one of the first, `<|startoftext|>` of the
    /// others: the published `tokenizer.json` marks the one `"normalized": false` and the other `true`. So `<|STARTOFTEXT|>` is the
    /// special token and `<|ENDOFTEXT|>` is not.
    private void encodeHf(String text, IntList ids) {
        vocabulary.addedRaw().split(text, new AddedTokenFinder.Sink() {
            @Override
            public void text(String part) {
                encodeCleaned(TextCleaning.hf(part), ids);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        });
    }

    private void encodeCleaned(String text, IntList ids) {
        vocabulary.addedCleaned().split(text, new AddedTokenFinder.Sink() {
            @Override
            public void text(String part) {
                Matcher words = HF_WORD.matcher(part);
                while (words.find()) {
                    String word = words.group();
                    if (word.endsWith("text|>")) { // `ByteLevel` splits again, by GPT-2's expression, which does not know these
                        addWord(word.substring(0, 2), ids);
                        addWord(word.substring(2, word.length() - 2), ids);
                        addWord(word.substring(word.length() - 2), ids);
                    } else {
                        addWord(word, ids);
                    }
                }
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        });
    }

    private int[] encodeWord(String word) {
        int[] known = cache.get(word);
        if (known != null) {
            return known;
        }
        int[] ids = bpe.encode(word);
        if (word.length() <= CACHED_WORD_LENGTH && cache.size() < CACHED_WORDS) {
            cache.put(word, ids);
        }
        return ids;
    }

    /// {@return the text that `ids` encode: in lower case, with a space after each word, without start and end of text} Bytes that are not
    /// UTF-8 become U+FFFD.
    ///
    /// @param ids start, end and padding may be among them
    /// @throws IllegalArgumentException for an id that the vocabulary does not have
    @Override
    public String decode(int[] ids) {
        Objects.requireNonNull(ids, "ids is null");
        StringBuilder characters = new StringBuilder();
        for (int id : ids) {
            String token = vocabulary.token(id).orElseThrow(() -> new IllegalArgumentException(
                    "token id: expected 0 to %d, got %d".formatted(vocabulary.size() - 1, id)));
            if (id != vocabulary.startOfText() && id != vocabulary.endOfText()) {
                characters.append(token);
            }
        }
        String words = characters.toString().replace(Bpe.END_OF_WORD, " ");
        byte[] bytes = new byte[words.length()];
        for (int i = 0; i < bytes.length; i++) {
            int b = ByteAlphabet.byteOf(words.charAt(i));
            bytes[i] = b >= 0 ? (byte) b : (byte) ' ';
        }
        return new String(bytes, StandardCharsets.UTF_8).strip();
    }

    @Override
    public int endOfText() {
        return vocabulary.endOfText();
    }

    @Override
    public Optional<String> token(int id) {
        return vocabulary.token(id);
    }

    @Override
    public int size() {
        return vocabulary.size();
    }

    /// A growing array of ints.
    private static final class IntList {
        private int[] values = new int[16];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }

        int[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }
}
