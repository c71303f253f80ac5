package io.github.clip4j.tokenizer;

import java.text.Normalizer;

/// What happens to a text before it is split into words.
final class TextCleaning {
    private TextCleaning() {}

    /// The normalizer of CLIP's `tokenizer.json`: `NFC`, then `\s+` to a space, then `Lowercase`.
    ///
    /// `Lowercase` maps each code point by itself, so a Σ at the end of a word becomes σ, where Java and Python make ς of it. `\s` is Unicode's
    /// White_Space, which Java's `\s` and `Character.isWhitespace` are not.
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
