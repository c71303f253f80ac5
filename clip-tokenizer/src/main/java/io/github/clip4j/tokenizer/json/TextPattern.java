package io.github.clip4j.tokenizer.json;

/// What `Split` and `Replace` look for: a text, or a regular expression.
sealed interface TextPattern {
    /// The starts and ends of the matches from left to right, none empty: start 0, end 0, start 1, end 1 …
    IntList matches(String text);

    /// `{"String": …}`; not empty.
    record Literal(String text) implements TextPattern {
        @Override
        public IntList matches(String where) {
            IntList matches = new IntList();
            for (int at = where.indexOf(text); at >= 0; at = where.indexOf(text, at + text.length())) {
                matches.add(at);
                matches.add(at + text.length());
            }
            return matches;
        }
    }

    /// `{"Regex": …}`.
    record Expression(Regex regex) implements TextPattern {
        @Override
        public IntList matches(String where) {
            IntList matches = new IntList();
            RegexMatcher matcher = new RegexMatcher(regex, where);
            for (int at = 0; at < where.length(); ) {
                int end = matcher.match(at);
                if (end > at) {
                    matches.add(at);
                    matches.add(end);
                    at = end;
                } else {
                    at += Character.charCount(where.codePointAt(at));
                }
            }
            return matches;
        }
    }
}
