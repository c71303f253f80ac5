package io.github.clip4j.tokenizer.json;

import java.util.Arrays;

/// Lower case as Rust's `char::to_lowercase` gives it: one character at a time, so that Σ is always σ, and of Rust's version of Unicode.
final class LowerCase {
    /// Runs of characters at a fixed distance from each other (1 or 2) and from their lower case.
    private static final int[] STARTS;

    private static final int[] ENDS;
    private static final int[] STEPS;
    private static final int[] DELTAS;

    static {
        String[] runs = CodePointTables.line("LOWER").split(" ", -1); // start-end/step:delta
        STARTS = new int[runs.length];
        ENDS = new int[runs.length];
        STEPS = new int[runs.length];
        DELTAS = new int[runs.length];
        for (int i = 0; i < runs.length; i++) {
            String run = runs[i];
            int dash = run.indexOf('-');
            int slash = run.indexOf('/');
            int colon = run.indexOf(':');
            STARTS[i] = Integer.parseInt(run.substring(0, dash), 16);
            ENDS[i] = Integer.parseInt(run.substring(dash + 1, slash), 16);
            STEPS[i] = Integer.parseInt(run.substring(slash + 1, colon));
            DELTAS[i] = Integer.parseInt(run.substring(colon + 1));
        }
    }

    private LowerCase() {}

    static String of(String text) {
        int i = 0;
        while (i < text.length() && unchanged(text.codePointAt(i))) {
            i += Character.charCount(text.codePointAt(i));
        }
        if (i == text.length()) {
            return text;
        }
        StringBuilder lower = new StringBuilder(text.length()).append(text, 0, i);
        for (; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            if (c == 'İ') {
                lower.append("i\u0307"); // the only character whose lower case is two
            } else {
                lower.appendCodePoint(of(c));
            }
        }
        return lower.toString();
    }

    private static boolean unchanged(int codePoint) {
        return codePoint != 'İ' && of(codePoint) == codePoint;
    }

    private static int of(int codePoint) {
        if (codePoint < 128) {
            return codePoint >= 'A' && codePoint <= 'Z' ? codePoint + 32 : codePoint;
        }
        int at = Arrays.binarySearch(STARTS, codePoint);
        int run = at >= 0 ? at : -at - 2;
        return codePoint <= ENDS[run] && (codePoint - STARTS[run]) % STEPS[run] == 0 ? codePoint + DELTAS[run] : codePoint;
    }
}
