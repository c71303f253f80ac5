package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.json.Regex.Step;
import java.util.Arrays;
import java.util.List;

/// Finds a [Regex] in one text by trying the greedier way first, and going back when it fails.
///
/// A place (a step, and where it is in the text) from which an alternative has failed once is never tried again, so that all searches of
/// one text together take steps times characters: no expression of a hostile file makes it quadratic.
final class RegexMatcher {
    private final Regex regex;
    private final String text;
    private final Places[] failed;

    /// Places that are still to be tried, the last one first: step and index in the text.
    private final IntStack open = new IntStack();

    /// Places tried in this search.
    private final IntStack tried = new IntStack();

    RegexMatcher(Regex regex, String text) {
        this.regex = regex;
        this.text = text;
        this.failed = new Places[regex.alternatives().size()];
        for (int i = 0; i < failed.length; i++) {
            failed[i] = new Places(regex.alternatives().get(i).size());
        }
    }

    /// The end of the match that begins at `at`, or −1.
    int match(int at) {
        for (int i = 0; i < failed.length; i++) {
            int end = match(regex.alternatives().get(i), failed[i], at);
            if (end >= 0) {
                return end;
            }
        }
        return -1;
    }

    private int match(List<Step> steps, Places failures, int start) {
        int c = start < text.length() ? text.codePointAt(start) : -1;
        Step first = steps.getFirst();
        if (first.kind() == Regex.Kind.ONE && !(c >= 0 && first.charClass().contains(c))) {
            return -1; // most searches end here
        }
        open.clear();
        tried.clear();
        open.push(0, start);
        while (!open.isEmpty()) {
            int at = open.popIndex();
            int number = open.popStep();
            if (number == steps.size()) {
                for (int i = 0; i < tried.size(); i += 2) { // they have not all failed
                    failures.clear(tried.get(i), tried.get(i + 1));
                }
                return at;
            }
            if (!failures.mark(number, at)) {
                continue;
            }
            tried.push(number, at);
            Step step = steps.get(number);
            int next = at < text.length() ? text.codePointAt(at) : -1;
            boolean takes = next >= 0 && step.charClass().contains(next);
            int after = takes ? at + Character.charCount(next) : at;
            switch (step.kind()) {
                case ONE -> {
                    if (takes) {
                        open.push(number + 1, after);
                    }
                }
                case OPTIONAL, REPEATED -> {
                    open.push(number + 1, at);
                    if (takes) {
                        open.push(step.kind() == Regex.Kind.OPTIONAL ? number + 1 : number, after);
                    }
                }
                case AHEAD, NOT_AHEAD -> {
                    if (takes == (step.kind() == Regex.Kind.AHEAD)) {
                        open.push(number + 1, at);
                    }
                }
            }
        }
        return -1;
    }

    /// A bit for each place. (`java.util.BitSet` looks for its highest bit whenever one is cleared.)
    private static final class Places {
        private final int steps;
        private long[] bits = new long[4];

        Places(int steps) {
            this.steps = steps;
        }

        /// Marks a place; false when it was marked before.
        boolean mark(int step, int at) {
            long place = (long) at * steps + step;
            int word = Math.toIntExact(place >> 6);
            if (word >= bits.length) {
                bits = Arrays.copyOf(bits, word + (word >> 1) + 1);
            }
            boolean marked = (bits[word] >>> place & 1) != 0;
            bits[word] |= 1L << place;
            return !marked;
        }

        void clear(int step, int at) {
            long place = (long) at * steps + step;
            bits[(int) (place >> 6)] &= ~(1L << place);
        }
    }

    /// Pairs of ints.
    private static final class IntStack {
        private int[] values = new int[32];
        private int size;

        void push(int step, int index) {
            if (size + 2 > values.length) {
                values = Arrays.copyOf(values, 2 * values.length);
            }
            values[size++] = step;
            values[size++] = index;
        }

        int popIndex() {
            return values[--size];
        }

        int popStep() {
            return values[--size];
        }

        int get(int index) {
            return values[index];
        }

        int size() {
            return size;
        }

        boolean isEmpty() {
            return size == 0;
        }

        void clear() {
            size = 0;
        }
    }
}
