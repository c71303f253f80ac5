package io.github.clip4j.tokenizer;

import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;

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

    private static final Pattern DOUBLE_QUOTES = Pattern.compile("[“-‟]");
    private static final Pattern SINGLE_QUOTES = Pattern.compile("[ʼ‘-‛]");
    private static final Pattern LINE_BREAKS = Pattern.compile("\r\n|[\r\u2028\u2029\u0085]");
    private static final Pattern LONE_SURROGATES = Pattern.compile("[\\ud800-\\udfff]");
    private static final Pattern TERMINAL_ESCAPES = Pattern.compile("\u001B\\[[\\p{Nd};]*[a-zA-Z]");
    private static final Pattern CONTROLS =
            Pattern.compile("[\u0000-\u0008\u000B\u000E-\u001F\u007F\u206A-\u206F\uFEFF\uFFF9-\uFFFC]");

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
        while (true) {
            String fixed = unescape ? HtmlEntities.unescapeStrictly(text) : text;
            fixed = Mojibake.fixEncoding(fixed);
            fixed = Mojibake.fixC1Controls(fixed);
            fixed = fixCharacters(fixed);
            fixed = DOUBLE_QUOTES.matcher(fixed).replaceAll("\"");
            fixed = SINGLE_QUOTES.matcher(fixed).replaceAll("'");
            fixed = LINE_BREAKS.matcher(fixed).replaceAll("\n");
            fixed = LONE_SURROGATES.matcher(fixed).replaceAll("\uFFFD");
            fixed = TERMINAL_ESCAPES.matcher(fixed).replaceAll("");
            fixed = CONTROLS.matcher(fixed).replaceAll("");
            fixed = Normalizer.normalize(fixed, Normalizer.Form.NFC);
            if (fixed.equals(text)) {
                return fixed;
            }
            text = fixed;
        }
    }

    /// Takes Latin ligatures apart, then gives full-width and half-width forms their usual width.
    private static String fixCharacters(String text) {
        StringBuilder fixed = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\u3000') {
                fixed.append(' ');
            } else if (c >= '\uFF01' && c <= '\uFFEF') {
                fixed.append(Normalizer.normalize(String.valueOf(c), Normalizer.Form.NFKC));
            } else {
                String apart = LIGATURES.get(c);
                fixed.append(apart == null ? String.valueOf(c) : apart);
            }
        }
        return fixed.toString();
    }
}
