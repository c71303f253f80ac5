package io.github.clip4j.tokenizer.json;

import java.text.BreakIterator;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The graphemes of a text (Unicode Standard Annex 29, extended grapheme clusters), as the reference finds them.
///
/// Java's are those of its own version of Unicode. The characters that the reference joins to the one before, and Java does not, or the
/// other way
/// round, are found once by asking Java about each.
final class Graphemes {
    private static final CodePointSet JOINED = CodePointSet.named("JOINED_TO_LETTER");

    /// A prefix letter of the Zanabazar Square script to Java, and an ordinary one to the reference.
    private static final int ZANABAZAR_RA = 0x11A3A;

    private final String text;
    private @Nullable BreakIterator breaks;

    Graphemes(String text) {
        this.text = text;
    }

    /// The end of the grapheme that begins at `start`.
    int end(int start) {
        int first = start + Character.charCount(text.codePointAt(start));
        if (first >= text.length() || !mayJoin(text.charAt(start), text.charAt(first))) {
            return first;
        }
        if (breaks == null) {
            breaks = BreakIterator.getCharacterInstance(Locale.ROOT);
            breaks.setText(text);
        }
        int end = breaks.following(start);
        if (text.codePointAt(start) == ZANABAZAR_RA && !JOINED.contains(text.codePointAt(first))) {
            return first;
        }
        while (end < text.length() && Differences.joined(text.codePointAt(end)) && !isControl(text.codePointBefore(end))) {
            end = breaks.following(end);
        }
        for (int i = first; i < end; i += Character.charCount(text.codePointAt(i))) {
            if (Differences.parted(text.codePointAt(i))) {
                return i;
            }
        }
        return end;
    }

    /// Whether two characters may belong to one grapheme: below U+0300 only CR and LF do.
    private static boolean mayJoin(char c, char next) {
        return next >= 0x300 || (c == '\r' && next == '\n') || c >= 0x300;
    }

    private static boolean isControl(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || (type == Character.FORMAT && c != 0x200C && c != 0x200D);
    }

    /// The characters that Java and the reference treat otherwise, looked for when the first unusual text comes.
    private static final class Differences {
        private static final Set<Integer> JOINED_HERE = new HashSet<>();
        private static final Set<Integer> PARTED_HERE = new HashSet<>();

        static {
            BreakIterator breaks = BreakIterator.getCharacterInstance(Locale.ROOT);
            for (int c = 0x300; c <= Character.MAX_CODE_POINT; c++) {
                boolean joined = JOINED.contains(c);
                if (joined || isMark(c)) {
                    breaks.setText("A" + Character.toString(c));
                    boolean joinedByJava = breaks.following(0) > 1;
                    if (joined != joinedByJava) {
                        (joined ? JOINED_HERE : PARTED_HERE).add(c);
                    }
                }
            }
        }

        private static boolean isMark(int c) {
            int type = Character.getType(c);
            return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK || type == Character.ENCLOSING_MARK;
        }

        static boolean joined(int c) {
            return JOINED_HERE.contains(c);
        }

        static boolean parted(int c) {
            return PARTED_HERE.contains(c);
        }
    }
}
