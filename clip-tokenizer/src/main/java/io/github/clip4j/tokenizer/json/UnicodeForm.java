package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.text.NormalForms;
import java.text.Normalizer.Form;

/// The Unicode normalisation forms of the reference, whose tables are of Unicode 9.
///
/// Java's tables are newer. The newer characters must stay as they are and must not combine with others. A character that has no role in
/// the reference's tables leaves its neighbours alone, so a text may be cut there and its parts normalised one by one.
final class UnicodeForm {
    private static final CodePointSet ROLE = CodePointSet.named("ROLE_IN_NORMALIZATION");

    private UnicodeForm() {}

    static String of(String text, Form form) {
        boolean plain = true;
        boolean newer = false;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (unit >= 0x300 || (unit >= 0xA0 && form != Form.NFC)) {
                plain = false;
                int c = text.codePointAt(i);
                i += Character.charCount(c) - 1;
                newer = newer || mayBeNewer(c);
            }
        }
        return plain ? text : newer ? inParts(text, form) : NormalForms.of(text, form);
    }

    /// Whether Java may change a character that the reference does not know: a mark, a letter outside the Basic Multilingual Plane, or one
    /// of the few compatibility characters added inside it (U+32FF, U+A7F2 to U+A7F4, U+AB69).
    private static boolean mayBeNewer(int c) {
        if (c < 0x300 || ROLE.contains(c)) {
            return false;
        }
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || (c >= 0x10000 && c < 0x20000)
                || (c >= 0x3200 && c < 0x3400)
                || (c >= 0xA700 && c < 0xAC00);
    }

    private static String inParts(String text, Form form) {
        StringBuilder result = new StringBuilder(text.length());
        int start = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            int next = i + Character.charCount(c);
            if (!ROLE.contains(c)) {
                if (start < i) {
                    result.append(NormalForms.of(text.substring(start, i), form));
                }
                result.append(text, i, next);
                start = next;
            }
            i = next;
        }
        return result.append(NormalForms.of(text.substring(start), form)).toString();
    }
}
