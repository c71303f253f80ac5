package io.github.clip4j.tokenizer.text;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Unicode's normalisation forms in linear time.
///
/// Java sorts a run of combining marks by insertion, so that a hundred thousand marks in mixed order take minutes. Here a text with a long
/// run is taken apart and sorted first, by counting; Java then finds nothing left to sort. A text means the same in any order of
/// marks that the sort may make, so the result is that of `Normalizer`, whose own tables give the order: whichever of two marks it puts
/// first.
public final class NormalForms {
    /// A shorter run costs less than the sort.
    private static final int LONG_RUN = 32;

    private NormalForms() {}

    /// {@return the text in form NFC}
    ///
    /// @param text any
    public static String nfc(String text) {
        return of(text, Form.NFC);
    }

    /// {@return the text in a form, as `Normalizer.normalize` has it}
    ///
    /// @param text any
    /// @param form one of the four
    public static String of(String text, Form form) {
        int marks = 0;
        boolean plain = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x300 && (c < 0x80 || form == Form.NFC)) {
                marks = 0;
                continue;
            }
            plain = false;
            marks = c >= 0x300 && mayMove(text, i) ? marks + 1 : 0;
            if (marks > LONG_RUN) {
                return Normalizer.normalize(sorted(text, form == Form.NFC || form == Form.NFD ? Form.NFD : Form.NFKD), form);
            }
        }
        return plain ? text : Normalizer.normalize(text, form);
    }

    /// Whether the character at `i` may be a mark, or half of one, or become one.
    private static boolean mayMove(String text, int i) {
        char c = text.charAt(i);
        return Character.isSurrogate(c) || isMark(c) || c == '\uFF9E' || c == '\uFF9F';
    }

    private static boolean isMark(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK || type == Character.ENCLOSING_MARK;
    }

    /// The text taken apart, each run of marks sorted by combining class, stably.
    private static String sorted(String text, Form form) {
        StringBuilder result = new StringBuilder(text.length());
        Map<Integer, int[]> parts = new HashMap<>();
        int[] run = new int[LONG_RUN];
        int length = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            int[] apart = codePoint < 0x80 ? null : parts.get(codePoint);
            if (codePoint >= 0x80 && apart == null) {
                apart = Normalizer.normalize(Character.toString(codePoint), form).codePoints().toArray();
                parts.put(codePoint, apart);
            }
            for (int k = 0; k < (apart == null ? 1 : apart.length); k++) {
                int c = apart == null ? codePoint : apart[k];
                if (classOf(c) > 0) {
                    run = length == run.length ? Arrays.copyOf(run, 2 * length) : run;
                    run[length++] = c;
                } else {
                    append(result, run, length);
                    length = 0;
                    result.appendCodePoint(c);
                }
            }
        }
        append(result, run, length);
        return result.toString();
    }

    private static void append(StringBuilder result, int[] run, int length) {
        if (length == 0) {
            return;
        }
        int[] end = new int[256];
        for (int i = 0; i < length; i++) {
            end[classOf(run[i])]++;
        }
        for (int k = 1; k < end.length; k++) {
            end[k] += end[k - 1];
        }
        int[] sorted = new int[length];
        for (int i = length - 1; i >= 0; i--) {
            sorted[--end[classOf(run[i])]] = run[i];
        }
        for (int c : sorted) {
            result.appendCodePoint(c);
        }
    }

    /// The rank of a mark's combining class among all, from 1; 0 for a character that marks do not pass.
    private static int classOf(int codePoint) {
        return codePoint < Marks.CLASS.length ? Marks.CLASS[codePoint] : 0;
    }

    /// The ranks of the combining classes. Made when the first long run is met: some ten thousand comparisons.
    private static final class Marks {
        static final byte[] CLASS = ranks();

        private static byte[] ranks() {
            List<Integer> marks = new ArrayList<>();
            for (int c = 0x300; c < 0x20000; c++) {
                if (isMark(c) && isOfOnePart(c) && (passes(0x334, c) || passes(c, 0x301))) { // U+0334 is of the first class
                    marks.add(c);
                }
            }
            marks.sort((a, b) -> passes(b, a) ? 1 : passes(a, b) ? -1 : 0);
            byte[] ranks = new byte[0x20000];
            byte rank = 0;
            for (int i = 0; i < marks.size(); i++) {
                rank += (byte) (i == 0 || passes(marks.get(i - 1), marks.get(i)) ? 1 : 0);
                ranks[marks.get(i)] = rank;
            }
            return ranks;
        }

        private static boolean isOfOnePart(int mark) {
            String text = Character.toString(mark);
            return Normalizer.normalize(text, Form.NFD).equals(text);
        }

        /// Whether `mark` is put before `other`, which it is written after.
        private static boolean passes(int mark, int other) {
            String written = Character.toString(other) + Character.toString(mark);
            return !Normalizer.normalize(written, Form.NFD).equals(written);
        }
    }
}
