package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;

/// The words of GPT-2: contractions, and letters, digits or other signs with at most one space before them.
final class Gpt2Words {
    /// openai/gpt-2 `src/encoder.py`, and `pre_tokenizers/byte_level.rs` of the reference.
    private static final TextPattern PATTERN;

    static {
        try {
            PATTERN = new TextPattern.Expression(RegexParser.parse(
                    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", "ByteLevel"));
        } catch (VocabularyFormatException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Gpt2Words() {}

    static IntList matches(String text) {
        return PATTERN.matches(text);
    }
}
