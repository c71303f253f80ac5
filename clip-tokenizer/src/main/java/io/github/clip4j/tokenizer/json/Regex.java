package io.github.clip4j.tokenizer.json;

import java.util.List;

/// A regular expression of the kind that tokenizers use: alternatives, each a row of character classes with a quantifier.
///
/// The first alternative that matches wins, and quantifiers are greedy, as in Oniguruma. There are no groups. [RegexParser] reads an
/// expression and refuses the rest by name; [RegexMatcher] finds it.
///
/// @param alternatives the steps of each
record Regex(String pattern, List<List<Step>> alternatives) {
    /// One step: `x{2,3}` is three of them, two [Kind#ONE] and an [Kind#OPTIONAL].
    record Step(CharClass charClass, Kind kind) {}

    /// What a step does with its class.
    enum Kind {
        /// Takes one character.
        ONE,
        /// Takes one character, or none.
        OPTIONAL,
        /// Takes as many as there are, or fewer.
        REPEATED,
        /// Looks whether the next character is of the class.
        AHEAD,
        /// Looks whether it is not, or the text ends.
        NOT_AHEAD
    }
}
