package io.github.clip4j.tokenizer;

import io.github.clip4j.tokenizer.text.LanguageCodes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// The languages of a vocabulary.
final class Languages {
    private static final int SUGGESTED = 5;

    private Languages() {}

    /// The id of a language.
    ///
    /// @throws LanguageException which lists what is near when there is none of that name
    static int id(Tokenizer.Pieces base, String language) {
        int id = LanguageCodes.isCode(language) ? base.id(language) : -1;
        if (id < 0) {
            throw new LanguageException("language: expected one of the vocabulary's, such as %s, got '%.40s'"
                    .formatted(String.join(", ", near(base, language)), language));
        }
        return id;
    }

    private static List<String> near(Tokenizer.Pieces base, String language) {
        List<String> codes = new ArrayList<>();
        for (int id = 0; id < base.size(); id++) {
            String token = base.token(id);
            if (token != null && LanguageCodes.isCode(token)) {
                codes.add(token);
            }
        }
        String asked = language.toLowerCase(Locale.ROOT).substring(0, Math.min(language.length(), 20));
        codes.sort(Comparator.comparingInt((String code) -> distance(code, asked)).thenComparing(Comparator.naturalOrder()));
        return codes.subList(0, Math.min(SUGGESTED, codes.size()));
    }

    /// How many letters differ: of the whole code, or of the language alone, or of its first letters where no more were given.
    private static int distance(String code, String asked) {
        String lower = code.toLowerCase(Locale.ROOT);
        String start = lower.substring(0, Math.min(3, Math.max(1, asked.length())));
        return 2 * Math.min(edits(lower, asked), edits(start, asked)) + (lower.startsWith(asked) ? 0 : 1);
    }

    /// Levenshtein's distance.
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
