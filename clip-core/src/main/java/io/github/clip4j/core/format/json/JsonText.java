package io.github.clip4j.core.format.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A JSON document as its bytes, which are known to be well formed, and a walk over them.
///
/// Values are offsets into the bytes: nothing is made of a value that nobody asks for, so that a document of any shape costs memory in
/// proportion to its size. A DOM takes forty times the size of `[0,0,0,…]`.
final class JsonText {
    private static final int QUOTED = 60;

    private final byte[] utf8;

    JsonText(byte[] utf8) {
        this.utf8 = utf8;
    }

    /// The members of an object: where each name begins, in the order of the document, and the same sorted for [#find].
    static final class Members {
        private final int[] nameAt;
        private final long[] sorted;

        Members(int[] nameAt, long[] sorted) {
            this.nameAt = nameAt;
            this.sorted = sorted;
        }

        int size() {
            return nameAt.length;
        }

        /// Where the `i`-th name begins.
        int nameAt(int i) {
            return nameAt[i];
        }
    }

    /// The byte at an offset; 0, which no document holds, at the end.
    byte at(int offset) {
        return offset < utf8.length ? utf8[offset] : 0;
    }

    int length() {
        return utf8.length;
    }

    int skipSpace(int from) {
        int at = from;
        while (at < utf8.length && (utf8[at] == ' ' || utf8[at] == '\n' || utf8[at] == '\r' || utf8[at] == '\t')) {
            at++;
        }
        return at;
    }

    /// The offset after the string that begins at `from`.
    int stringEnd(int from) {
        int at = from + 1;
        while (utf8[at] != '"') {
            at += utf8[at] == '\\' ? 2 : 1;
        }
        return at + 1;
    }

    /// The offset after the value that begins at `from`.
    int end(int from) {
        int depth = 0;
        int at = from;
        do {
            switch (utf8[at]) {
                case '"' -> at = stringEnd(at);
                case '{', '[' -> {
                    depth++;
                    at++;
                }
                case '}', ']' -> {
                    depth--;
                    at++;
                }
                case ',', ':', ' ', '\n', '\r', '\t' -> at++;
                default -> at = plainEnd(at);
            }
        } while (depth > 0);
        return at;
    }

    /// The offset after a number, `true`, `false` or `null`.
    private int plainEnd(int from) {
        int at = from;
        while (at < utf8.length && isPlainPart(utf8[at])) {
            at++;
        }
        return at;
    }

    private static boolean isPlainPart(byte b) {
        return b > ' ' && b != ',' && b != ':' && b != ']' && b != '}';
    }

    /// The offset of the first element of the array, or of the first name of the object, that begins at `from`; −1 when it is empty.
    int first(int from) {
        int at = skipSpace(from + 1);
        return utf8[at] == ']' || utf8[at] == '}' ? -1 : at;
    }

    /// The offset of the element, or name, after the value that begins at `value`; −1 when it is the last.
    int next(int value) {
        int at = skipSpace(end(value));
        return utf8[at] == ',' ? skipSpace(at + 1) : -1;
    }

    /// The offset of the value whose name begins at `name`.
    int valueOf(int name) {
        return skipSpace(skipSpace(stringEnd(name)) + 1);
    }

    /// The members of the object that begins at `from`.
    Members members(int from) {
        int[] nameAt = new int[16];
        int count = 0;
        for (int name = first(from); name >= 0; name = next(valueOf(name))) { // one walk: it goes over all that is nested
            if (count == nameAt.length) {
                nameAt = Arrays.copyOf(nameAt, count + (count >> 1));
            }
            nameAt[count++] = name;
        }
        int[] exact = Arrays.copyOf(nameAt, count);
        return new Members(exact, sorted(exact, 0, count));
    }

    /// The names from `from` to `to`, sorted by their hashes and then as strings: a hash in the upper half, the index in the lower.
    ///
    /// Names of one hash, which a hostile file can have by the million, still take n·log n steps.
    long[] sorted(int[] nameAt, int from, int to) {
        long[] sorted = new long[to - from];
        for (int i = from; i < to; i++) {
            sorted[i - from] = (long) hash(nameAt[i]) << 32 | i;
        }
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; ) {
            int run = i + 1;
            while (run < sorted.length && sorted[run] >> 32 == sorted[i] >> 32) {
                run++;
            }
            sortByText(nameAt, sorted, i, run);
            i = run;
        }
        return sorted;
    }

    private void sortByText(int[] nameAt, long[] indices, int from, int to) {
        if (to - from > 16) {
            long[] byText = Arrays.stream(indices, from, to).boxed()
                    .sorted((a, b) -> compare(nameAt[(int) (long) a], nameAt[(int) (long) b]))
                    .mapToLong(Long::longValue).toArray();
            System.arraycopy(byText, 0, indices, from, byText.length);
            return;
        }
        for (int i = from + 1; i < to; i++) {
            long moved = indices[i];
            int at = i;
            while (at > from && compare(nameAt[(int) indices[at - 1]], nameAt[(int) moved]) > 0) {
                indices[at] = indices[at - 1];
                at--;
            }
            indices[at] = moved;
        }
    }

    /// The offset of the value with this name, or −1.
    int find(Members members, String name) {
        int hash = name.hashCode();
        int low = 0;
        int high = members.sorted.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int at = members.nameAt[(int) members.sorted[middle]];
            int hashThere = (int) (members.sorted[middle] >> 32);
            int order = hashThere != hash ? Integer.compare(hashThere, hash) : string(at).compareTo(name);
            if (order == 0) {
                return valueOf(at);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /// The hash that Java gives the string.
    private int hash(int from) {
        int hash = 0;
        int at = from + 1;
        while (utf8[at] != '"') {
            if (isOfTwoUnits(at)) {
                int codePoint = (utf8[at] & 7) << 18 | (utf8[at + 1] & 0x3F) << 12 | (utf8[at + 2] & 0x3F) << 6 | (utf8[at + 3] & 0x3F);
                hash = 31 * (31 * hash + Character.highSurrogate(codePoint)) + Character.lowSurrogate(codePoint);
                at += 4;
            } else {
                hash = 31 * hash + unit(at);
                at = unitEnd(at);
            }
        }
        return hash;
    }

    /// Whether the character at an offset has four bytes, and two units of UTF-16.
    private boolean isOfTwoUnits(int at) {
        return (utf8[at] & 0xF8) == 0xF0;
    }

    /// Compares two strings of the document, as [String#compareTo] does. Nothing is made of them: a hostile file has them by the million,
    /// of one hash and with a long beginning in common.
    int compare(int a, int b) {
        int i = a + 1;
        int j = b + 1;
        while (true) {
            while (utf8[i] == utf8[j] && utf8[i] != '"' && utf8[i] != '\\') {
                i++;
                j++;
            }
            while ((utf8[i] & 0xC0) == 0x80 && (utf8[j] & 0xC0) == 0x80) { // within a character, whose first bytes are equal
                i--;
                j--;
            }
            if (utf8[i] == '"' || utf8[j] == '"') {
                return Boolean.compare(utf8[j] == '"', utf8[i] == '"');
            }
            if (isOfTwoUnits(i) || isOfTwoUnits(j)) {
                return string(i - 1).compareTo(string(j - 1));
            }
            int order = Character.compare(unit(i), unit(j));
            if (order != 0) {
                return order;
            }
            i = unitEnd(i);
            j = unitEnd(j);
        }
    }

    /// The character at an offset, of up to three bytes, or an escape sequence.
    private char unit(int at) {
        byte b = utf8[at];
        if (b != '\\') {
            return (char) (b >= 0 ? b
                    : (b & 0xE0) == 0xC0 ? (b & 0x1F) << 6 | (utf8[at + 1] & 0x3F)
                    : (b & 0x0F) << 12 | (utf8[at + 1] & 0x3F) << 6 | (utf8[at + 2] & 0x3F));
        }
        return switch (utf8[at + 1]) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> (char) (digit(at + 2) << 12 | digit(at + 3) << 8 | digit(at + 4) << 4 | digit(at + 5));
            default -> (char) utf8[at + 1];
        };
    }

    private int digit(int at) {
        return Character.digit(utf8[at], 16);
    }

    private int unitEnd(int at) {
        byte b = utf8[at];
        return at + (b == '\\' ? (utf8[at + 1] == 'u' ? 6 : 2) : b >= 0 ? 1 : (b & 0xE0) == 0xC0 ? 2 : 3);
    }

    /// The string that begins at `from`.
    String string(int from) {
        int to = stringEnd(from) - 1;
        String raw = new String(utf8, from + 1, to - from - 1, StandardCharsets.UTF_8);
        return raw.indexOf('\\') < 0 ? raw : unescaped(raw);
    }

    private static String unescaped(String raw) {
        StringBuilder text = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char escape = raw.charAt(i++);
            switch (escape) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    text.append((char) Integer.parseInt(raw, i, i + 4, 16));
                    i += 4;
                }
                default -> text.append(escape);
            }
        }
        return text.toString();
    }

    /// The number that begins at `from`, as it is written.
    String number(int from) {
        return new String(utf8, from, plainEnd(from) - from, StandardCharsets.US_ASCII);
    }

    boolean isNumber(int value) {
        return utf8[value] == '-' || (utf8[value] >= '0' && utf8[value] <= '9');
    }

    /// The beginning of a value for a message, on one line.
    String quoted(int from) {
        int to = end(from);
        String text = new String(utf8, from, Math.min(to - from, 4 * QUOTED), StandardCharsets.UTF_8);
        boolean whole = to - from <= 4 * QUOTED && text.length() <= QUOTED;
        return (whole ? text : text.substring(0, QUOTED) + "…").replaceAll("[\r\n\t]+ *", " ");
    }

    /// What a value is, for a message.
    String kind(int value) {
        return switch (utf8[value]) {
            case '{' -> "an object";
            case '[' -> "an array";
            case '"' -> "a string";
            case 'n' -> "null";
            case 't', 'f' -> "a boolean";
            default -> "a number";
        };
    }
}
