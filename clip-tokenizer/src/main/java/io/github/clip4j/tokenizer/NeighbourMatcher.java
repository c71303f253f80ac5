package io.github.clip4j.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whether a text holds one of many short sequences of sets of characters: a regular expression of alternatives, in one pass over the text.
///
/// Baeza-Yates and Gonnet's Shift-And ("A new approach to text searching", 1992): each place in each sequence is a bit, which is set while
/// the characters so far fit up to there. Java's matcher tries some fifty alternatives at every character, which took 7 µs each.
final class NeighbourMatcher {
    /// `^`; or a set or a character, and whether it may be left out; or the end of an alternative.
    private static final Pattern ELEMENT = Pattern.compile("(\\^)|(\\[[^]]+]|[^|\\[^])(\\?)?|\\|");

    private static final int NOT_NAMED = 0xFFFF; // as any character that no set names and that is no letter
    private static final int LETTER = 0x4E00; // as any letter or number that no set names

    private final List<String> sets = new ArrayList<>(); // by bit
    private final long[] begin; // the first places of all sequences
    private final long[] beginOfText; // and of those that are looked for at the beginning of the text alone
    private final long[] end; // the last places
    private final Map<String, long[]> known = new HashMap<>();
    private final long[][] fitting = new long[Character.MAX_VALUE + 1][]; // by character; null for one that no set names
    private final long[] fittingLetter;
    private final long[] fittingOther;

    /// @param alternatives a regular expression of sets and single characters; its properties are those of letters and numbers
    NeighbourMatcher(String alternatives) {
        List<Integer> begins = new ArrayList<>();
        List<Integer> beginsOfText = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (List<String> sequence : sequences(alternatives)) {
            boolean atBegin = sequence.getFirst().equals("^");
            (atBegin ? beginsOfText : begins).add(sets.size());
            sets.addAll(atBegin ? sequence.subList(1, sequence.size()) : sequence);
            ends.add(sets.size() - 1);
        }
        begin = bits(begins);
        end = bits(ends);
        beginsOfText.addAll(begins);
        beginOfText = bits(beginsOfText);
        List<Pattern> patterns = sets.stream().map(Pattern::compile).toList();
        for (int c : named(alternatives)) {
            fitting[c] = fitting(c, patterns);
        }
        fittingLetter = fitting(LETTER, patterns);
        fittingOther = fitting(NOT_NAMED, patterns);
    }

    /// Each alternative as its elements; one with an element that may be left out is two.
    static List<List<String>> sequences(String alternatives) {
        List<List<String>> all = new ArrayList<>();
        List<List<String>> current = new ArrayList<>(List.of(List.of()));
        Matcher element = ELEMENT.matcher(alternatives);
        while (element.find()) {
            if (element.group().equals("|")) {
                all.addAll(current);
                current = new ArrayList<>(List.of(List.of()));
                continue;
            }
            List<List<String>> longer = element.group(3) == null ? new ArrayList<>() : new ArrayList<>(current);
            for (List<String> sequence : current) {
                List<String> with = new ArrayList<>(sequence);
                with.add(element.group(1) == null ? element.group(2) : "^");
                longer.add(with);
            }
            current = longer;
        }
        all.addAll(current);
        return all;
    }

    /// The characters that are written in the expression, those within ranges, ASCII, and the ends of lines, which `.` is not.
    private static Set<Integer> named(String alternatives) {
        Set<Integer> named = new TreeSet<>(List.of(0x85, 0x2028, 0x2029));
        for (int i = 0; i < alternatives.length(); i++) {
            boolean range = i + 2 < alternatives.length() && alternatives.charAt(i + 1) == '-';
            for (int c = alternatives.charAt(i); c <= alternatives.charAt(range ? i + 2 : i); c++) {
                named.add(c);
            }
        }
        for (int c = 0; c < 0x80; c++) {
            named.add(c);
        }
        return named;
    }

    private long[] bits(List<Integer> places) {
        long[] bits = new long[(sets.size() + 63) / 64];
        for (int place : places) {
            bits[place >> 6] |= 1L << place;
        }
        return bits;
    }

    private long[] fitting(int c, List<Pattern> patterns) {
        String character = Character.toString(c);
        List<Integer> places = new ArrayList<>();
        Map<String, Boolean> tried = new HashMap<>();
        for (int place = 0; place < sets.size(); place++) {
            Pattern pattern = patterns.get(place);
            if (tried.computeIfAbsent(sets.get(place), set -> pattern.matcher(character).matches())) {
                places.add(place);
            }
        }
        return known.computeIfAbsent(places.toString(), key -> bits(places));
    }

    /// Whether one of the sequences is in the text.
    boolean findsIn(String text) {
        long[] state = new long[begin.length];
        long[] start = beginOfText;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            long[] fits = fitting[c];
            if (fits == null) {
                int codePoint = text.codePointAt(i);
                i += Character.charCount(codePoint) - 1;
                fits = isLetterOrNumber(codePoint) ? fittingLetter : fittingOther;
            }
            long carried = 0;
            long ended = 0;
            for (int k = 0; k < state.length; k++) {
                long before = state[k];
                state[k] = (before << 1 | carried | start[k]) & fits[k];
                carried = before >>> 63;
                ended |= state[k] & end[k];
            }
            if (ended != 0) {
                return true;
            }
            start = begin;
        }
        return false;
    }

    private static boolean isLetterOrNumber(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isLetter(codePoint) || type == Character.DECIMAL_DIGIT_NUMBER || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }
}
