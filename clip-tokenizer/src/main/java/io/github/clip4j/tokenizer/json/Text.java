package io.github.clip4j.tokenizer.json;

/// A text on its way through the normalisers.
///
/// @param atStart whether its first character comes from the first character of the text that was given. The reference keeps the origin of
///     every character; only `"prepend_scheme": "first"` asks for one of them.
record Text(String value, boolean atStart) {
    /// The text after a step that keeps the origin of the first character.
    Text with(String changed) {
        return new Text(changed, atStart);
    }

    /// The text after a step that may drop leading characters.
    Text with(String changed, boolean keepsStart) {
        return new Text(changed, atStart && keepsStart);
    }
}
