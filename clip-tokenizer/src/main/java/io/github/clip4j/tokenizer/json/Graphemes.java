package io.github.clip4j.tokenizer.json;

import java.text.BreakIterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The graphemes of a text (Unicode Standard Annex 29, extended grapheme clusters), as the reference finds them.
///
/// Java's are those of an older version of Unicode, to which a newer character is a control character. Where Java ends a grapheme before a
/// character that the reference joins to the one before, it goes on; and two vowel signs that only Java joins end it.
final class Graphemes {
    private static final CodePointSet JOINED = CodePointSet.named("JOINED_TO_LETTER");

    /// A prefix letter of the Zanabazar Square script to Java, and an ordinary one to the reference.
    private static final int ZANABAZAR_RA = 0x11A3A;

    /// Vowel signs that Unicode leaves to themselves (UAX 29, table 2) and Java joins.
    private static final int AHOM_A = 0x11720;

    private static final int AHOM_AA = 0x11721;

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
        while (end < text.length() && JOINED.contains(text.codePointAt(end)) && !isControl(text.codePointBefore(end))) {
            end = breaks.following(end);
        }
        for (int i = first; i < end; i += Character.charCount(text.codePointAt(i))) {
            if (text.codePointAt(i) == AHOM_A || text.codePointAt(i) == AHOM_AA) {
                return i;
            }
        }
        return end;
    }

    /// Whether two characters may belong to one grapheme: below U+0300 only CR and LF do.
    private static boolean mayJoin(char c, char next) {
        return next >= 0x300 || (c == '\r' && next == '\n') || c >= 0x300;
    }

    /// Whether a grapheme ends behind `c` whatever comes: controls, separators, and what has no glyph and is not assigned.
    private static boolean isControl(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            case Character.FORMAT -> !JOINED.contains(c);
            case Character.UNASSIGNED -> (c >= 0xE0000 && c <= 0xE0FFF) || (c >= 0xFFF0 && c <= 0xFFF8) || c == 0x2065;
            default -> false;
        };
    }
}
