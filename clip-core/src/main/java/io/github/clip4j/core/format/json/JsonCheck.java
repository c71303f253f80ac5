package io.github.clip4j.core.format.json;

import io.github.clip4j.core.weights.WeightFormatException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Checks that bytes are one JSON document as RFC 8259 defines it, in UTF-8, and that no object has a name twice.
///
/// The names of the objects that are open wait in a stack of offsets; nothing else of the document is kept. Nesting is bounded, so that
/// recursion is.
final class JsonCheck {
    private static final int MAX_DEPTH = 255;
    private static final int MAX_NUMBER = 64; // parsing costs more than linear time
    private static final int QUOTED_NAME = 100;

    private final byte[] utf8;
    private final JsonText text;
    private final String where;
    private int[] names = new int[64];
    private int open; // of the names
    private int at;

    private JsonCheck(byte[] utf8, String where) {
        this.utf8 = utf8;
        this.text = new JsonText(utf8);
        this.where = where;
    }

    /// {@return the offset of the document's value}
    static int check(byte[] utf8, String where) throws WeightFormatException {
        return new JsonCheck(utf8, where).document();
    }

    private int document() throws WeightFormatException {
        requireUtf8();
        if (utf8.length >= 3 && utf8[0] == (byte) 0xEF && utf8[1] == (byte) 0xBB && utf8[2] == (byte) 0xBF) {
            at = 3; // a byte order mark
        }
        space();
        int start = at;
        value(0);
        space();
        if (at < utf8.length) {
            throw malformed("the end of the document");
        }
        return start;
    }

    private void requireUtf8() throws WeightFormatException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(utf8);
        CharBuffer out = CharBuffer.allocate(8192);
        while (in.hasRemaining()) {
            if (decoder.decode(in, out, true).isError()) {
                throw new WeightFormatException(where + ": expected UTF-8 text, got bytes that are not");
            }
            out.clear();
        }
    }

    private void space() {
        at = text.skipSpace(at);
    }

    private void value(int depth) throws WeightFormatException {
        switch (text.at(at)) {
            case '{' -> object(depth + 1);
            case '[' -> array(depth + 1);
            case '"' -> string();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw malformed("a value");
        }
    }

    private void requireDepth(int depth) throws WeightFormatException {
        if (depth > MAX_DEPTH) {
            throw malformed("at most %d levels of arrays and objects".formatted(MAX_DEPTH));
        }
    }

    private void array(int depth) throws WeightFormatException {
        requireDepth(depth);
        at++;
        space();
        if (text.at(at) == ']') {
            at++;
            return;
        }
        while (true) {
            value(depth);
            space();
            if (text.at(at) == ']') {
                at++;
                return;
            }
            expect(',', "',' or ']'");
            space();
        }
    }

    private void object(int depth) throws WeightFormatException {
        requireDepth(depth);
        int first = open;
        at++;
        space();
        if (text.at(at) == '}') {
            at++;
            return;
        }
        while (true) {
            if (text.at(at) != '"') {
                throw malformed("a name in quotes");
            }
            if (open == names.length) {
                names = Arrays.copyOf(names, open + (open >> 1));
            }
            names[open++] = at;
            string();
            space();
            expect(':', "':'");
            space();
            value(depth);
            space();
            if (text.at(at) == '}') {
                at++;
                requireDistinct(first);
                open = first;
                return;
            }
            expect(',', "',' or '}'");
            space();
        }
    }

    private void requireDistinct(int first) throws WeightFormatException {
        long[] sorted = text.sorted(names, first, open);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] >> 32 == sorted[i - 1] >> 32) {
                int a = names[(int) sorted[i - 1]];
                int b = names[(int) sorted[i]];
                if (text.compare(a, b) == 0) {
                    at = Math.max(a, b);
                    throw new WeightFormatException("%s: the name '%s' appears twice in an object, %s"
                            .formatted(where, shortened(text.string(a), QUOTED_NAME), place()));
                }
            }
        }
    }

    private void string() throws WeightFormatException {
        boolean halfOfAPair = false; // an escaped high surrogate, which the low one must follow
        at++;
        while (at < utf8.length) {
            byte b = utf8[at];
            if (b >= 0 && b < ' ') {
                throw malformed("an escape sequence for a control character");
            }
            char escaped = b == '\\' ? escape() : 0;
            if (halfOfAPair != Character.isLowSurrogate(escaped)) {
                throw malformed("both halves of a surrogate pair");
            }
            halfOfAPair = Character.isHighSurrogate(escaped);
            at++;
            if (b == '"') {
                return;
            }
        }
        throw malformed("'\"'");
    }

    /// Stops at the last character of the escape sequence. Returns the code unit of one with digits, 0 for others.
    private char escape() throws WeightFormatException {
        at++;
        byte b = text.at(at);
        if (b == 0 || "\"\\/bfnrtu".indexOf(b) < 0) {
            throw malformed("one of the escape sequences of JSON");
        }
        int unit = 0;
        for (int i = 0; b == 'u' && i < 4; i++) {
            at++;
            int digit = Character.digit(text.at(at), 16);
            if (digit < 0) {
                throw malformed("four hexadecimal digits");
            }
            unit = 16 * unit + digit;
        }
        return (char) unit;
    }

    private void word(String word) throws WeightFormatException {
        for (int i = 0; i < word.length(); i++, at++) {
            if (text.at(at) != word.charAt(i)) {
                throw malformed(word);
            }
        }
    }

    private void number() throws WeightFormatException {
        int start = at;
        if (text.at(at) == '-') {
            at++;
        }
        if (text.at(at) == '0') {
            at++;
        } else {
            digits();
        }
        if (text.at(at) == '.') {
            at++;
            digits();
        }
        if (text.at(at) == 'e' || text.at(at) == 'E') {
            at++;
            if (text.at(at) == '+' || text.at(at) == '-') {
                at++;
            }
            digits();
        }
        if (at - start > MAX_NUMBER) {
            at = start;
            throw malformed("numbers of at most %d characters".formatted(MAX_NUMBER));
        }
    }

    private void digits() throws WeightFormatException {
        int start = at;
        while (text.at(at) >= '0' && text.at(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw malformed("a digit");
        }
    }

    private void expect(char expected, String what) throws WeightFormatException {
        if (text.at(at) != expected) {
            throw malformed(what);
        }
        at++;
    }

    private WeightFormatException malformed(String expected) {
        String got = at >= utf8.length
                ? "the end"
                : "'" + new String(utf8, at, Math.min(20, utf8.length - at), StandardCharsets.UTF_8)
                        .replaceAll("\\p{Cntrl}|\uFFFD", "·") + "'";
        return new WeightFormatException("%s: malformed JSON, %s: expected %s, got %s".formatted(where, place(), expected, got));
    }

    /// Where the check has come to; columns are counted in bytes.
    private String place() {
        int line = 1;
        int start = 0;
        for (int i = 0; i < Math.min(at, utf8.length); i++) {
            if (utf8[i] == '\n') {
                line++;
                start = i + 1;
            }
        }
        return "line %d, column %d".formatted(line, Math.min(at, utf8.length) - start + 1);
    }

    static String shortened(String name, int most) {
        return name.length() <= most ? name : name.substring(0, most) + "…";
    }
}
