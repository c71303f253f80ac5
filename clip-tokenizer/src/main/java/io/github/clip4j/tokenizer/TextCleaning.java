package io.github.clip4j.tokenizer;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/// What happens to a text before it is split into words.
final class TextCleaning {
    /// What Python's `\s` and `str.split` treat as white space, as a character class: Unicode's property, and the separators 1C to 1F.
    static final String PYTHON_WHITE_SPACE = "[\t-\r\u001C- \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]";

    private static final Pattern PYTHON_SPACES = Pattern.compile(PYTHON_WHITE_SPACE + "+");

    private TextCleaning() {}

    /// The normalizer of CLIP's `tokenizer.json`: `NFC`, then `\s+` to a space, then `Lowercase`.
    ///
    /// `Lowercase` maps each code point by itself, so a Σ at the end of a word becomes σ, where Java and Python make ς of it. `\s` is
    /// Unicode's White_Space, which Java's `\s` and `Character.isWhitespace` are not.
    static String hf(String text) {
        String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
        StringBuilder clean = new StringBuilder(composed.length());
        boolean space = false;
        for (int i = 0; i < composed.length(); ) {
            int codePoint = composed.codePointAt(i);
            i += Character.charCount(codePoint);
            if (isWhiteSpace(codePoint)) {
                if (!space) {
                    clean.append(' ');
                }
                space = true;
                continue;
            }
            space = false;
            if (codePoint == 'İ') {
                clean.append("i̇"); // the one code point whose lower case is two
            } else {
                clean.appendCodePoint(Character.toLowerCase(codePoint)); // independent of the locale
            }
        }
        return clean.toString();
    }

    /// `basic_clean`, `whitespace_clean` and `lower` of openai/CLIP `simple_tokenizer.py`, and of open_clip's `tokenizer.py`, which differs
    /// only in form: ftfy, HTML unescaped twice, white space to one space and none at the ends, lower case.
    static String openAi(String text) {
        String plain = HtmlEntities.unescape(HtmlEntities.unescape(Ftfy.fixText(text)));
        return splitAndJoined(plain).toLowerCase(Locale.ROOT); // as in Python, a final Σ becomes ς, and İ two characters
    }

    /// Python's `" ".join(text.split())`: white space to one space, and none at the ends.
    static String splitAndJoined(String text) {
        String spaced = PYTHON_SPACES.matcher(text).replaceAll(" ");
        int from = spaced.startsWith(" ") ? 1 : 0;
        int to = spaced.length() > from && spaced.endsWith(" ") ? spaced.length() - 1 : spaced.length();
        return spaced.substring(from, to);
    }

    /// Unicode's White_Space property (PropList.txt).
    static boolean isWhiteSpace(int codePoint) {
        return codePoint == ' '
                || (codePoint >= '\t' && codePoint <= '\r')
                || codePoint == 0x85
                || codePoint == 0xA0
                || codePoint == 0x1680
                || (codePoint >= 0x2000 && codePoint <= 0x200A)
                || codePoint == 0x2028
                || codePoint == 0x2029
                || codePoint == 0x202F
                || codePoint == 0x205F
                || codePoint == 0x3000;
    }
}
