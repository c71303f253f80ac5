package io.github.clip4j.tokenizer.json;

import java.text.Normalizer.Form;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A normaliser: what changes the characters of a text before it is split. The records have the names and fields of `tokenizer.json`.
sealed interface NormalizerStep {
    Text apply(Text text);

    /// One after the other.
    record Sequence(List<NormalizerStep> normalizers) implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            Text result = text;
            for (NormalizerStep normalizer : normalizers) {
                result = normalizer.apply(result);
            }
            return result;
        }
    }

    /// `NFC`, `NFD`, `NFKC`, `NFKD`.
    record Unicode(Form form) implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            return text.with(UnicodeForm.of(text.value(), form));
        }
    }

    /// `Lowercase`.
    record Lowercase() implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            return text.with(LowerCase.of(text.value()));
        }
    }

    /// `Strip`: white space at the ends.
    record Strip(boolean stripLeft, boolean stripRight) implements NormalizerStep {
        private static final CodePointSet WHITESPACE = CodePointSet.named("WHITESPACE");

        @Override
        public Text apply(Text text) {
            String value = text.value();
            int end = stripRight ? WHITESPACE.skipBack(value) : value.length();
            int start = stripLeft ? Math.min(end, WHITESPACE.skip(value)) : 0;
            return text.with(value.substring(start, end), start == 0);
        }
    }

    /// `StripAccents`: combining marks of all three kinds go; nothing is decomposed.
    record StripAccents() implements NormalizerStep {
        private static final CodePointSet COMBINING_MARK = CodePointSet.named("COMBINING_MARK");

        @Override
        public Text apply(Text text) {
            return without(text, COMBINING_MARK::contains);
        }
    }

    /// `Nmt`: control characters go, and some separators become spaces.
    record Nmt() implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            Text kept = without(
                    text, c -> (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F);
            StringBuilder spaced = new StringBuilder(kept.value());
            for (int i = 0; i < spaced.length(); i++) {
                char c = spaced.charAt(i);
                boolean space = c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == 0x1680 || (c >= 0x200B && c <= 0x200F);
                if (space || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD) {
                    spaced.setCharAt(i, ' ');
                }
            }
            return kept.with(spaced.toString());
        }
    }

    /// `Precompiled`: SentencePiece's own table of replacements.
    record Precompiled(CharsMap precompiledCharsmap) implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            return text.with(precompiledCharsmap.apply(text.value()));
        }
    }

    /// `Replace`.
    record Replace(TextPattern pattern, String content) implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            String value = text.value();
            IntList matches = pattern.matches(value);
            if (matches.size() == 0) {
                return text;
            }
            // a replacement has the origin of the last character that it replaces
            boolean keepsStart = matches.get(0) > 0 || (!content.isEmpty() && value.codePointCount(0, matches.get(1)) == 1);
            return text.with(replace(value, matches, content), keepsStart);
        }

        static String replace(String value, IntList matches, String content) {
            StringBuilder result = new StringBuilder(value.length());
            int from = 0;
            for (int i = 0; i < matches.size(); i += 2) {
                result.append(value, from, matches.get(i)).append(content);
                from = matches.get(i + 1);
            }
            return result.append(value, from, value.length()).toString();
        }
    }

    /// `Prepend`: before a text that is not empty.
    record Prepend(String prepend) implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            return text.value().isEmpty() ? text : text.with(prepend + text.value());
        }
    }

    /// `ByteLevel`: a letter for each byte.
    record ByteLevel() implements NormalizerStep {
        @Override
        public Text apply(Text text) {
            return text.with(ByteLetters.encode(text.value()));
        }
    }

    /// `BertNormalizer`.
    ///
    /// @param stripAccents null means as `lowercase`
    record Bert(boolean cleanText, boolean handleChineseChars, @Nullable Boolean stripAccents, boolean lowercase)
            implements NormalizerStep {
        private static final CodePointSet CONTROL = CodePointSet.named("BERT_CONTROL");
        private static final CodePointSet WHITESPACE = CodePointSet.named("WHITESPACE");
        private static final CodePointSet NONSPACING_MARK = CodePointSet.named("NONSPACING_MARK");

        @Override
        public Text apply(Text text) {
            Text result = text;
            if (cleanText) {
                result = without(result, CONTROL::contains);
                result = result.with(spaced(result.value()));
            }
            if (handleChineseChars) {
                result = result.with(aroundChinese(result.value()));
            }
            if (stripAccents == null ? lowercase : stripAccents) {
                result = without(result.with(UnicodeForm.of(result.value(), Form.NFD)), NONSPACING_MARK::contains);
            }
            return lowercase ? result.with(LowerCase.of(result.value())) : result;
        }

        /// All white space of the reference is in the Basic Multilingual Plane.
        private static String spaced(String value) {
            StringBuilder spaced = new StringBuilder(value);
            for (int i = 0; i < spaced.length(); i++) {
                if (WHITESPACE.contains(spaced.charAt(i))) {
                    spaced.setCharAt(i, ' ');
                }
            }
            return spaced.toString();
        }

        private static String aroundChinese(String value) {
            if (value.codePoints().noneMatch(Bert::isChinese)) {
                return value;
            }
            StringBuilder result = new StringBuilder(value.length() * 2);
            value.codePoints().forEach(c -> {
                if (isChinese(c)) {
                    result.append(' ').appendCodePoint(c).append(' ');
                } else {
                    result.appendCodePoint(c);
                }
            });
            return result.toString();
        }

        /// The blocks that BERT's authors listed; U+2B820 to U+2B91F is missing in the reference.
        private static boolean isChinese(int c) {
            return (c >= 0x4E00 && c <= 0x9FFF)
                    || (c >= 0x3400 && c <= 0x4DBF)
                    || (c >= 0xF900 && c <= 0xFAFF)
                    || (c >= 0x20000 && c <= 0x2A6DF)
                    || (c >= 0x2A700 && c <= 0x2B81F)
                    || (c >= 0x2B920 && c <= 0x2CEAF)
                    || (c >= 0x2F800 && c <= 0x2FA1F);
        }
    }

    private static Text without(Text text, IntPredicate removed) {
        String value = text.value();
        if (value.codePoints().noneMatch(removed)) {
            return text;
        }
        StringBuilder kept = new StringBuilder(value.length());
        value.codePoints().filter(removed.negate()).forEach(kept::appendCodePoint);
        return text.with(kept.toString(), !removed.test(value.codePointAt(0)));
    }
}
