package io.github.clip4j.tokenizer.json;

/// What becomes of the text between two pieces. For `the-final--countdown`, split at `-`:
enum SplitBehavior {
    /// `the` `final` `countdown`
    REMOVED,
    /// `the` `-` `final` `-` `-` `countdown`
    ISOLATED,
    /// `the-` `final-` `-` `countdown`
    MERGED_WITH_PREVIOUS,
    /// `the` `-final` `-` `-countdown`
    MERGED_WITH_NEXT,
    /// `the` `-` `final` `--` `countdown`
    CONTIGUOUS;

    /// Splits `text`.
    ///
    /// @param matches starts and ends of what divides, as [TextPattern#matches] gives them
    /// @param invert whether the matches are the pieces, and what is between them divides
    void split(String text, boolean atStart, IntList matches, boolean invert, PieceSink sink) {
        IntList spans = spans(text, matches); // ends of all spans; matches and others
        int start = 0;
        boolean previousMatch = false;
        int open = -1; // start of a piece that may still grow
        for (int i = 0; i < spans.size(); i++) {
            int end = spans.get(i) >> 1;
            boolean match = ((spans.get(i) & 1) == 1) != invert;
            boolean joins = switch (this) {
                case REMOVED, ISOLATED -> false;
                case CONTIGUOUS -> match == previousMatch;
                case MERGED_WITH_PREVIOUS -> match && !previousMatch;
                case MERGED_WITH_NEXT -> !match && previousMatch;
            };
            if (open >= 0 && !joins) {
                sink.accept(text.substring(open, start), atStart && open == 0);
                open = -1;
            }
            if (open < 0 && !(this == REMOVED && match)) {
                open = start;
            }
            previousMatch = match;
            start = end;
        }
        if (open >= 0) {
            sink.accept(text.substring(open, start), atStart && open == 0);
        }
    }

    /// The ends of the matches and of what is between them, in order: twice the end, plus one for a match.
    private static IntList spans(String text, IntList matches) {
        IntList spans = new IntList();
        int from = 0;
        for (int i = 0; i < matches.size(); i += 2) {
            if (matches.get(i) > from) {
                spans.add(2 * matches.get(i));
            }
            from = matches.get(i + 1);
            spans.add(2 * from + 1);
        }
        if (from < text.length()) {
            spans.add(2 * text.length());
        }
        return spans;
    }
}
