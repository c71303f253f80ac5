package io.github.clip4j.tokenizer;

/// A language was asked for that a tokenizer does not have, or of a tokenizer whose texts do not name theirs.
public final class LanguageException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    LanguageException(String message) {
        super(message);
    }

    static LanguageException none(String language) {
        return new LanguageException("language: expected none, as the texts of this model do not begin with their language, got '%s'; "
                .formatted(language) + "only NLLB-CLIP's do");
    }
}
