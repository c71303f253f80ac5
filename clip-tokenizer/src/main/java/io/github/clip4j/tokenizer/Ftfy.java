package io.github.clip4j.tokenizer;

import io.github.clip4j.tokenizer.text.NormalForms;
import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `ftfy.fix_text` with its defaults, which OpenAI's tokenizer applies to every text (rspeer/python-ftfy, version 6, `ftfy/__init__.py` and
/// `fixes.py`).
final class Ftfy {
    /// The longest part that is fixed as one, in code points there; lines are parts of their own.
    private static final int MAX_PART = 1_000_000;

    private static final Map<Character, String> LIGATURES = Map.ofEntries(
            Map.entry('Ĳ', "IJ"), Map.entry('ĳ', "ij"), Map.entry('ŉ', "ʼn"), Map.entry('Ǳ', "DZ"), Map.entry('ǲ', "Dz"),
            Map.entry('ǳ', "dz"), Map.entry('Ǆ', "DŽ"), Map.entry('ǅ', "Dž"), Map.entry('ǆ', "dž"), Map.entry('Ǉ', "LJ"),
            Map.entry('ǈ', "Lj"), Map.entry('ǉ', "lj"), Map.entry('Ǌ', "NJ"), Map.entry('ǋ', "Nj"), Map.entry('ǌ', "nj"),
            Map.entry('ﬀ', "ff"), Map.entry('ﬁ', "fi"), Map.entry('ﬂ', "fl"), Map.entry('ﬃ', "ffi"), Map.entry('ﬄ', "ffl"),
            Map.entry('ﬅ', "ſt"), Map.entry('ﬆ', "st"));

    /// What becomes of a character, by its number: null for one that stays. Line breaks and controls are not in it.
    private static final @Nullable String[] FIXED = fixedCharacters();

    private static final Pattern TERMINAL_ESCAPES = Pattern.compile("\u001B\\[[\\p{Nd};]*[a-zA-Z]");
    private Ftfy() {}

    /// The text with its mistakes fixed. From the first line with a `<` on, HTML references stay: the text seems to be HTML itself.
    static String fixText(String text) {
        StringBuilder fixed = new StringBuilder(text.length());
        boolean unescape = true;
        int from = 0;
        while (from < text.length()) {
            int to = text.indexOf('\n', from) + 1;
            if (to == 0) {
                to = text.length();
            }
            if (to - from > MAX_PART && text.codePointCount(from, to) > MAX_PART) {
                to = text.offsetByCodePoints(from, MAX_PART);
            }
            String part = text.substring(from, to);
            unescape = unescape && part.indexOf('<') < 0;
            fixed.append(fixPart(part, unescape));
            from = to;
        }
        return fixed.toString();
    }

    /// Applies the fixes in their order until none changes anything.
    private static String fixPart(String part, boolean unescape) {
        String text = part;
        for (int pass = 0; true; pass++) {
            if (unescape && pass >= 2 && text.indexOf('&') >= 0 && fixAllButReferences(text).equals(text)) {
                text = NestedReferences.unescape(text);
            }
            String fixed = fixAllButReferences(unescape ? HtmlEntities.unescapeStrictly(text) : text);
            if (fixed.equals(text)) {
                return fixed;
            }
            text = fixed;
        }
    }

    private static String fixAllButReferences(String text) {
        if (isPlain(text)) {
            return text;
        }
        String fixed = fixCharacters(Mojibake.fixEncoding(text));
        if (fixed.indexOf('\u001B') >= 0) {
            fixed = TERMINAL_ESCAPES.matcher(fixed).replaceAll("");
        }
        return NormalForms.nfc(withoutControls(fixed));
    }

    /// Whether the text has nothing but printable ASCII, which no fix changes.
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\n' && c != '\t') || c > '~') {
                return false;
            }
        }
        return true;
    }

    /// C1 controls, ligatures of Latin letters, full-width and half-width forms, quotes, line breaks, halves of surrogate pairs: what is
    /// fixed character by character.
    private static String fixCharacters(String text) {
        StringBuilder fixed = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            String better = FIXED[c];
            if (better != null) {
                fixed.append(better);
            } else if (c == '\r') {
                fixed.append('\n');
                i += i + 1 < text.length() && text.charAt(i + 1) == '\n' ? 1 : 0;
            } else if (Character.isSurrogate(c)) {
                int codePoint = text.codePointAt(i);
                boolean whole = Character.isSupplementaryCodePoint(codePoint);
                fixed.appendCodePoint(whole ? codePoint : 0xFFFD);
                i += whole ? 1 : 0;
            } else {
                fixed.append(c);
            }
        }
        return fixed.toString();
    }

    /// Applies the fixes of single characters in ftfy's order to each.
    private static @Nullable String[] fixedCharacters() {
        @Nullable String[] fixed = new @Nullable String[Character.MAX_VALUE + 1];
        for (char c = 0x80; c < Character.MAX_VALUE; c++) {
            boolean changes = c < 0xA0 || LIGATURES.containsKey(c) || c == '\u02BC' || (c >= '\u2018' && c <= '\u2029') || c >= '\u3000';
            if (!changes || (c > '\u3000' && c < '\uFB00')) {
                continue;
            }
            String text = c < 0xA0 ? Mojibake.windows1252(c) : String.valueOf(c);
            text = LIGATURES.getOrDefault(text.charAt(0), text);
            if (c == '\u3000') {
                text = " ";
            } else if (c >= '\uFF01' && c <= '\uFFEF') {
                text = Normalizer.normalize(text, Normalizer.Form.NFKC);
            }
            text = text.replaceAll("[“-‟]", "\"").replaceAll("[ʼ‘-‛]", "'").replaceAll("[\u2028\u2029\u0085]", "\n");
            if (!text.equals(String.valueOf(c))) {
                fixed[c] = text;
            }
        }
        return fixed;
    }

    private static String withoutControls(String text) {
        int i = 0;
        while (i < text.length() && !isControl(text.charAt(i))) {
            i++;
        }
        if (i == text.length()) {
            return text;
        }
        StringBuilder without = new StringBuilder(text.length()).append(text, 0, i);
        for (; i < text.length(); i++) {
            if (!isControl(text.charAt(i))) {
                without.append(text.charAt(i));
            }
        }
        return without.toString();
    }

    private static boolean isControl(char c) {
        return c < ' ' ? c != '\t' && c != '\n' && c != '\f' && c != '\r'
                : c == 0x7F || (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
    }
}
