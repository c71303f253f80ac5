package io.github.clip4j.tokenizer;

/// Which reference implementation a tokenizer agrees with. They clean text differently, and so give different ids for the same text.
public enum TokenizerProfile {
    /// Hugging Face's fast CLIP tokenizer (`tokenizer.json`, the Rust tokenizers): NFC, runs of white space to one space, lower case per
    /// code point. A text that is too long is an error. Padded with the end of text.
    HF("hf"),
    /// openai/CLIP `clip/simple_tokenizer.py`: ftfy, HTML unescaped twice, white space to one space, lower case. A text that is too long is
    /// an error. Padded with 0.
    OPENAI("openai"),
    /// open_clip `tokenizer.py`: as OpenAI's, but `<start_of_text>` and `<end_of_text>` in a text are the special tokens, and a text that
    /// is too long is cut, its last token the end of text.
    OPEN_CLIP("open_clip"),
    /// immich's machine learning service (immich-app/immich `machine-learning/immich_ml/models/clip/textual.py`): what Python's `str.split`
    /// splits at to one space and none at the ends, then as Hugging Face's. A text that is too long is cut, its last token the end of text.
    /// Padded with the end of text.
    IMMICH("immich");

    private final String id;

    TokenizerProfile(String id) {
        this.id = id;
    }

    /// {@return the name on the command line}
    public String id() {
        return id;
    }

    /// {@return whether a text that is too long is cut rather than refused}
    public boolean truncates() {
        return this == OPEN_CLIP || this == IMMICH;
    }
}
