package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.CharClass.Member;
import io.github.clip4j.tokenizer.json.CharClass.Named;
import io.github.clip4j.tokenizer.json.CharClass.Range;
import io.github.clip4j.tokenizer.json.Regex.Kind;
import io.github.clip4j.tokenizer.json.Regex.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/// Reads the part of Oniguruma's syntax that [Regex] can do: characters, classes, `| ? * + {n,m}` and `(?=x) (?!x)` of one class.
final class RegexParser {
    private static final int MAX_LENGTH = 1_000;
    private static final int MAX_COUNT = 100;

    /// Of one alternative; published ones have at most fifteen.
    private static final int MAX_STEPS = 200;

    /// The general categories that the resource has, as Oniguruma knows them.
    private static final Set<String> CATEGORIES = Set.of("L", "M", "N", "P", "S", "Z", "Lu", "Ll", "Nd", "Mn");

    private final String pattern;
    private final String where;
    private int at;

    private RegexParser(String pattern, String where) {
        this.pattern = pattern;
        this.where = where;
    }

    /// @param where file and path of the pattern, for messages
    static Regex parse(String pattern, String where) throws VocabularyFormatException {
        RegexParser parser = new RegexParser(pattern, where);
        if (pattern.length() > MAX_LENGTH) {
            throw new VocabularyFormatException(
                    "%s: expected at most %d characters, got %d".formatted(where, MAX_LENGTH, pattern.length()));
        }
        List<List<Step>> alternatives = new ArrayList<>();
        do {
            alternatives.add(parser.alternative());
        } while (parser.skip('|'));
        return new Regex(pattern, List.copyOf(alternatives));
    }

    private List<Step> alternative() throws VocabularyFormatException {
        List<Step> steps = new ArrayList<>();
        while (at < pattern.length() && pattern.charAt(at) != '|') {
            if (skip('(')) {
                Kind look = pattern.startsWith("?=", at) ? Kind.AHEAD : Kind.NOT_AHEAD;
                if (!pattern.startsWith("?=", at) && !pattern.startsWith("?!", at)) {
                    throw refused("a group");
                }
                at += 2;
                steps.add(new Step(charClass(), look));
                if (!skip(')')) {
                    throw refused("more than one class in a look-ahead");
                }
            } else {
                addQuantified(charClass(), steps);
            }
            if (steps.size() > MAX_STEPS) {
                throw refused("more than " + MAX_STEPS + " steps");
            }
        }
        if (steps.stream().noneMatch(step -> step.kind() == Kind.ONE)) {
            throw refused("an alternative that matches the empty text");
        }
        return List.copyOf(steps);
    }

    private void addQuantified(CharClass charClass, List<Step> steps) throws VocabularyFormatException {
        switch (peek()) {
            case '?' -> addQuantified(charClass, 0, 1, steps);
            case '*' -> addQuantified(charClass, 0, -1, steps);
            case '+' -> addQuantified(charClass, 1, -1, steps);
            case '{' -> addCounted(charClass, steps);
            default -> steps.add(new Step(charClass, Kind.ONE));
        }
        if (peek() == '?' || peek() == '*' || peek() == '+' || peek() == '{') {
            throw refused("a second quantifier");
        }
    }

    /// @param max −1 for any number
    private void addQuantified(CharClass charClass, int min, int max, List<Step> steps) {
        at++;
        steps.addAll(Collections.nCopies(min, new Step(charClass, Kind.ONE)));
        if (max < 0) {
            steps.add(new Step(charClass, Kind.REPEATED));
        } else {
            steps.addAll(Collections.nCopies(max - min, new Step(charClass, Kind.OPTIONAL)));
        }
    }

    private void addCounted(CharClass charClass, List<Step> steps) throws VocabularyFormatException {
        at++;
        int min = number();
        int max = min;
        if (skip(',')) {
            max = peek() == '}' ? -1 : number();
        }
        if (peek() != '}' || (max >= 0 && max < min)) {
            throw refused("a quantifier other than {n}, {n,} and {n,m}");
        }
        addQuantified(charClass, min, max, steps);
    }

    private int number() throws VocabularyFormatException {
        int start = at;
        int value = 0;
        while (peek() >= '0' && peek() <= '9' && value <= MAX_COUNT) {
            value = value * 10 + peek() - '0';
            at++;
        }
        if (at == start || value > MAX_COUNT) {
            throw refused("a quantifier without a number of at most " + MAX_COUNT);
        }
        return value;
    }

    private CharClass charClass() throws VocabularyFormatException {
        int c = next();
        return switch (c) {
            case '[' -> bracket();
            case '\\' -> new CharClass(List.of(escape(false)), false);
            case '.', '^', '$', '?', '*', '+', '{', '}', ')', ']', '|' -> throw refused("'" + (char) c + "' here");
            default -> new CharClass(List.of(new Range(c, c)), false);
        };
    }

    private CharClass bracket() throws VocabularyFormatException {
        boolean negated = skip('^');
        List<Member> members = new ArrayList<>();
        while (peek() != ']' || members.isEmpty()) {
            int c = next();
            if (c == '[' || c == ']' || c == '&' || c == '-') {
                throw refused("'" + (char) c + "' in a class");
            }
            Member member = c == '\\' ? escape(true) : new Range(c, c);
            if (peek() == '-' && member instanceof Range from) {
                at++;
                int end = next();
                if (end == '\\' && escape(true) instanceof Range to) {
                    end = to.start();
                } else if (end == '\\' || end == '[' || end == ']') {
                    throw refused("a range without an end");
                }
                if (end < from.start()) {
                    throw refused("a range that ends before it starts");
                }
                member = new Range(from.start(), end);
            }
            members.add(member);
        }
        at++;
        return new CharClass(List.copyOf(members), negated);
    }

    /// @param bracketed whether it is in brackets, where `\w` leaves out six digits of Latin-1 that it has elsewhere
    private Member escape(boolean bracketed) throws VocabularyFormatException {
        int c = next();
        return switch (c) {
            case 'n' -> new Range('\n', '\n');
            case 'r' -> new Range('\r', '\r');
            case 't' -> new Range('\t', '\t');
            case 'f' -> new Range('\f', '\f');
            case 's', 'S' -> new Named(CodePointSet.named("ONIG_SPACE"), c == 'S');
            case 'w', 'W' -> new Named(CodePointSet.named(bracketed ? "ONIG_WORD_BRACKETED" : "ONIG_WORD"), c == 'W');
            case 'd', 'D' -> new Named(CodePointSet.named("ONIG_DIGIT"), c == 'D');
            case 'p', 'P' -> category(c == 'P');
            default -> {
                if (c > 126 || Character.isLetterOrDigit(c)) {
                    throw refused("'\\" + Character.toString(c) + "'");
                }
                yield new Range(c, c);
            }
        };
    }

    private Named category(boolean negated) throws VocabularyFormatException {
        int end = pattern.indexOf('}', at);
        if (!skip('{') || end < 0 || !CATEGORIES.contains(pattern.substring(at, end))) {
            throw refused("a property other than " + CATEGORIES.stream().sorted().toList());
        }
        String name = pattern.substring(at, end);
        at = end + 1;
        return new Named(CodePointSet.named("ONIG_" + name), negated);
    }

    private int next() throws VocabularyFormatException {
        if (at >= pattern.length()) {
            throw refused("an end here");
        }
        int c = pattern.codePointAt(at);
        at += Character.charCount(c);
        return c;
    }

    /// The next character, or NUL at the end.
    private char peek() {
        return at < pattern.length() ? pattern.charAt(at) : 0;
    }

    private boolean skip(char c) {
        if (peek() != c || at >= pattern.length()) {
            return false;
        }
        at++;
        return true;
    }

    private VocabularyFormatException refused(String what) {
        return new VocabularyFormatException(
                "%s: the regular expression '%s' has %s at character %d, which is not supported".formatted(where, pattern, what, at));
    }
}
