package io.github.clip4j.tokenizer.json;

import java.util.List;

/// A regular expression of the kind that tokenizers use: alternatives, each a row of character classes with a quantifier.
///
/// The first alternative that matches wins, and quantifiers are greedy, as in Oniguruma. There are no groups, so nothing nests and no text
/// can
/// make the search recurse. [RegexParser] reads one and refuses the rest by name.
///
/// @param alternatives the items of each
record Regex(String pattern, List<List<Item>> alternatives) {
    /// A class that is matched `min` to `max` times; `max` −1 means any number.
    record Item(CharClass charClass, int min, int max, Look look) {}

    /// Whether an item takes characters, or only looks at the next one.
    enum Look {
        NONE,
        AHEAD,
        NOT_AHEAD
    }

    /// The end of the match that begins at `at`, or −1.
    int match(String text, int at) {
        for (List<Item> items : alternatives) {
            int end = match(text, at, items, 0);
            if (end >= 0) {
                return end;
            }
        }
        return -1;
    }

    private static int match(String text, int at, List<Item> items, int index) {
        if (index == items.size()) {
            return at;
        }
        Item item = items.get(index);
        if (item.look != Look.NONE) {
            boolean found = at < text.length() && item.charClass.contains(text.codePointAt(at));
            return found == (item.look == Look.AHEAD) ? match(text, at, items, index + 1) : -1;
        }
        int end = at;
        int count = 0;
        while (count != item.max && end < text.length()) {
            int c = text.codePointAt(end);
            if (!item.charClass.contains(c)) {
                break;
            }
            end += Character.charCount(c);
            count++;
        }
        for (; count >= item.min; count--) {
            int rest = match(text, end, items, index + 1);
            if (rest >= 0 || count == 0) {
                return rest;
            }
            end -= Character.charCount(text.codePointBefore(end));
        }
        return -1;
    }
}
