package io.github.clip4j.tokenizer;

import io.github.clip4j.tokenizer.text.NormalForms;
import java.util.regex.Pattern;

/// What happens to a text before it is split into words.
final class TextCleaning {
    /// What Python's `\s` and `str.split` treat as white space, as a character class: Unicode's property, and the separators 1C to 1F.
    static final String PYTHON_WHITE_SPACE = "[\t-\r\u001C- \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]";

    /// Python's `string.punctuation`.
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private static final Pattern PYTHON_SPACES = Pattern.compile(PYTHON_WHITE_SPACE + "+");

    /// The characters beyond Latin letters that may stand within a word (WordBreakProperty.txt: MidLetter, MidNumLet).
    private static final String MIDDLE = "\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    private TextCleaning() {}

    /// The normalizer of CLIP's `tokenizer.json`: `NFC`, then `\s+` to a space, then `Lowercase`.
    ///
    /// `Lowercase` maps each code point by itself, so a Σ at the end of a word becomes σ, where Java and Python make ς of it. `\s` is
    /// Unicode's White_Space, which Java's `\s` and `Character.isWhitespace` are not.
    static String hf(String text) {
        String composed = NormalForms.nfc(text);
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
        return openClipLower(text);
    }

    /// `canonicalize_text` of transformers' `tokenization_siglip.py`: lower case, `string.punctuation` removed, runs of `\s` to a space,
    /// none at the ends.
    static String siglip(String text) {
        return siglipCased(lower(text));
    }

    /// The same with `do_lower_case` false.
    static String siglipCased(String text) {
        return splitAndJoined(withoutPunctuation(text));
    }

    /// `clean: canonicalize` of open_clip's `tokenizer.py`: ftfy, HTML unescaped twice, `_` to a space, `string.punctuation` removed, lower
    /// case, white space to one space and none at the ends.
    static String canonicalize(String text) {
        return splitAndJoined(lower(withoutPunctuation(openClip(text).replace('_', ' '))));
    }

    /// `clean: lower`.
    static String openClipLower(String text) {
        return lower(openClipWhitespace(text));
    }

    /// `clean: whitespace`.
    static String openClipWhitespace(String text) {
        return splitAndJoined(openClip(text));
    }

    private static String openClip(String text) {
        return HtmlEntities.unescape(HtmlEntities.unescape(Ftfy.fixText(text)));
    }

    private static String withoutPunctuation(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (PUNCTUATION.indexOf(text.charAt(i)) < 0) {
                kept.append(text.charAt(i));
            }
        }
        return kept.toString();
    }

    /// Python's `" ".join(text.split())`: white space to one space, and none at the ends.
    static String splitAndJoined(String text) {
        String spaced = PYTHON_SPACES.matcher(text).replaceAll(" ");
        int from = spaced.startsWith(" ") ? 1 : 0;
        int to = spaced.length() > from && spaced.endsWith(" ") ? spaced.length() - 1 : spaced.length();
        return spaced.substring(from, to);
    }

    /// Python's `str.lower`: İ becomes two characters, and a Σ that ends a word becomes ς. Java decides by word boundaries what ends a
    /// word, and looks for them again at each Σ.
    static String lower(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        boolean casedBefore = false; // the last character that is not case-ignorable
        int after = 0; // the next one
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            if (codePoint == 'Σ') {
                after = Math.max(after, i);
                while (after < text.length() && isCaseIgnorable(text.codePointAt(after))) {
                    after += Character.charCount(text.codePointAt(after));
                }
                boolean casedAfter = after < text.length() && isCased(text.codePointAt(after));
                lower.append(casedBefore && !casedAfter ? 'ς' : 'σ');
                casedBefore = true;
                continue;
            }
            if (codePoint == 'İ') {
                lower.append("i̇");
            } else {
                lower.appendCodePoint(Character.toLowerCase(codePoint));
            }
            if (!isCaseIgnorable(codePoint)) {
                casedBefore = isCased(codePoint);
            }
        }
        return lower.toString();
    }

    /// Unicode's Cased (DerivedCoreProperties.txt).
    private static boolean isCased(int codePoint) {
        return Character.isLowerCase(codePoint) || Character.isUpperCase(codePoint) || Character.isTitleCase(codePoint);
    }

    /// Unicode's Case_Ignorable.
    private static boolean isCaseIgnorable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT, Character.MODIFIER_LETTER,
                    Character.MODIFIER_SYMBOL -> true;
            default -> codePoint == '\'' || codePoint == '.' || codePoint == ':' || (codePoint >= 0xB7 && MIDDLE.indexOf(codePoint) >= 0);
        };
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
