package io.github.clip4j.tokenizer.json;

import java.util.List;

/// A pre-tokenizer: what splits a normalised text into the pieces that the model reads one by one. The records have the names and fields of
/// `tokenizer.json`.
sealed interface PreTokenizerStep {
    /// Gives the pieces of `text`, which is not empty, to `sink`.
    void split(String text, boolean atStart, PieceSink sink);

    /// Each splits the pieces of the one before.
    record Sequence(List<PreTokenizerStep> pretokenizers) implements PreTokenizerStep {
        @Override
        public void split(String text, boolean atStart, PieceSink sink) {
            split(0, text, atStart, sink);
        }

        private void split(int index, String text, boolean atStart, PieceSink sink) {
            if (index == pretokenizers.size()) {
                sink.accept(text, atStart);
            } else {
                pretokenizers.get(index).split(text, atStart, (piece, start) -> split(index + 1, piece, start, sink));
            }
        }
    }

    /// `Split`.
    record Split(TextPattern pattern, SplitBehavior behavior, boolean invert) implements PreTokenizerStep {
        @Override
        public void split(String text, boolean atStart, PieceSink sink) {
            behavior.split(text, atStart, pattern.matches(text), invert, sink);
        }
    }

    /// `WhitespaceSplit`, `Digits` with single digits, and the like: the members of a set divide, one by one.
    record SplitAt(CodePointSet members, SplitBehavior behavior) implements PreTokenizerStep {
        @Override
        public void split(String text, boolean atStart, PieceSink sink) {
            IntList matches = new IntList();
            for (int i = 0; i < text.length(); ) {
                int c = text.codePointAt(i);
                int next = i + Character.charCount(c);
                if (members.contains(c)) {
                    matches.add(i);
                    matches.add(next);
                }
                i = next;
            }
            behavior.split(text, atStart, matches, false, sink);
        }
    }

    /// `Whitespace`: runs of word characters, and runs of others that are not white space.
    record Whitespace() implements PreTokenizerStep {
        private static final CodePointSet WHITESPACE = CodePointSet.named("WHITESPACE");
        private static final CodePointSet WORD = CodePointSet.named("WORD");

        @Override
        public void split(String text, boolean atStart, PieceSink sink) {
            IntList matches = new IntList();
            int kind = 0; // of the character before: 0 white space, 1 word, 2 other
            int start = 0;
            for (int i = 0; i < text.length(); ) {
                int c = text.codePointAt(i);
                int k = WORD.contains(c) ? 1 : WHITESPACE.contains(c) ? 0 : 2;
                if (k != kind) {
                    add(matches, kind, start, i);
                    start = i;
                    kind = k;
                }
                i += Character.charCount(c);
            }
            add(matches, kind, start, text.length());
            SplitBehavior.REMOVED.split(text, atStart, matches, true, sink);
        }

        private static void add(IntList matches, int kind, int start, int end) {
            if (kind != 0 && end > start) {
                matches.add(start);
                matches.add(end);
            }
        }
    }

    /// `Metaspace`: spaces become a visible character, and pieces begin with it.
    record Metaspace(char replacement, PrependScheme prependScheme, boolean split) implements PreTokenizerStep {
        @Override
        public void split(String text, boolean atStart, PieceSink sink) {
            String marked = text.replace(' ', replacement);
            boolean prepends = prependScheme == PrependScheme.ALWAYS || (prependScheme == PrependScheme.FIRST && atStart);
            if (prepends && marked.charAt(0) != replacement) {
                marked = replacement + marked;
            }
            if (split) {
                IntList matches = new TextPattern.Literal(String.valueOf(replacement)).matches(marked);
                SplitBehavior.MERGED_WITH_NEXT.split(marked, atStart, matches, false, sink);
            } else {
                sink.accept(marked, atStart);
            }
        }
    }

    /// Where `Metaspace` puts its character although there is no space.
    enum PrependScheme {
        /// Before every piece.
        ALWAYS,
        /// Before the piece that begins the text.
        FIRST,
        /// Nowhere.
        NEVER
    }

    /// `ByteLevel`: GPT-2's words, and a letter for each byte.
    record ByteLevel(boolean addPrefixSpace, boolean useRegex) implements PreTokenizerStep {
        @Override
        public void split(String text, boolean atStart, PieceSink sink) {
            String spaced = addPrefixSpace && text.charAt(0) != ' ' ? " " + text : text;
            PieceSink bytes = (piece, start) -> sink.accept(ByteLetters.encode(piece), start);
            if (useRegex) {
                SplitBehavior.ISOLATED.split(spaced, atStart, Gpt2Words.matches(spaced), false, bytes);
            } else {
                bytes.accept(spaced, atStart);
            }
        }
    }
}
