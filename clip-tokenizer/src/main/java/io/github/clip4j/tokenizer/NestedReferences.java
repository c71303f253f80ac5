package io.github.clip4j.tokenizer;

/// Character references within references, as `&amp;amp;lt;`, resolved at once.
///
/// ftfy resolves what it sees, fixes everything else, and begins again: one level a pass, which takes the square of the length for a
/// text of nothing but levels. Here a stack resolves references as their semicolons come, and remembers with each character the pass in
/// which ftfy would have made it. That gives ftfy's result as long as those passes change nothing else. So the work stops before the first
/// pass that makes anything but printable ASCII, or that makes something close to a character outside ASCII, whose neighbours decide
/// whether it was read in a wrong encoding.
final class NestedReferences {
    /// As many neighbours have a say: `à quele` (7) is the longest that ftfy looks at.
    private static final int MARGIN = 8;

    private static final int LONGEST = 27; // & # 24 ;

    private final String text;
    private final int lastPass;
    private final char[] out;
    private final int[] made; // in which pass the character was made
    private final int[] joined; // in which pass it came to stand behind the one before it
    private int length;
    private int lastOther = -MARGIN - 1; // the position in `out` of the last character outside ASCII
    private int nextOther = -1; // the position in `text` of the next one
    private int gap;
    private int firstUnsafe = Integer.MAX_VALUE;

    private NestedReferences(String text, int lastPass) {
        this.text = text;
        this.lastPass = lastPass;
        this.out = new char[text.length()];
        this.made = new int[text.length()];
        this.joined = new int[text.length()];
    }

    /// The text after as many of ftfy's passes as only resolve references.
    ///
    /// @param text that no other fix of ftfy changes
    static String unescape(String text) {
        NestedReferences all = new NestedReferences(text, Integer.MAX_VALUE - 1);
        String resolved = all.run();
        if (all.firstUnsafe == Integer.MAX_VALUE) {
            return resolved;
        }
        return all.firstUnsafe == 1 ? text : new NestedReferences(text, all.firstUnsafe - 1).run();
    }

    private String run() {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (nextOther <= i) {
                nextOther = i + 1;
                while (nextOther < text.length() && text.charAt(nextOther) < 0x80) {
                    nextOther++;
                }
                nextOther += nextOther == text.length() ? MARGIN + 1 : 0; // none
            }
            if (c >= 0x80) {
                lastOther = length;
            }
            push(c, 0);
            while (length > 0 && out[length - 1] == ';' && resolve(i)) {
                // its result may end the next one: &semi;
            }
        }
        return new String(out, 0, length);
    }

    private void push(char c, int pass) {
        out[length] = c;
        made[length] = pass;
        joined[length] = Math.max(gap, pass);
        gap = 0;
        length++;
    }

    /// Resolves the reference that ends at the end of `out`; `i` is the position in the text. Whether there was one.
    private boolean resolve(int i) {
        int start = length - 2;
        int pass = Math.max(made[length - 1], joined[length - 1]);
        while (start >= 0 && length - start <= LONGEST && isPart(out[start])) {
            pass = Math.max(pass, Math.max(made[start], joined[start]));
            start--;
        }
        if (start < 0 || out[start] != '&' || length - start > LONGEST || !isReference(start)) {
            return false;
        }
        pass = Math.max(pass, made[start]) + 1;
        String reference = new String(out, start, length - start);
        String decoded = HtmlEntities.decodeStrictly(reference);
        if (decoded.equals(reference)) {
            return false;
        }
        if (pass > lastPass || !isSafe(decoded, start, i)) {
            firstUnsafe = Math.min(firstUnsafe, pass);
            return false;
        }
        gap = Math.max(pass, joined[start]);
        length = start;
        for (int k = 0; k < decoded.length(); k++) {
            push(decoded.charAt(k), pass);
        }
        return true;
    }

    private static boolean isPart(char c) {
        return c == '#' || isLetter(c) || (c >= '0' && c <= '9');
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /// Whether there is at most one `#`, at the beginning, and one to 24 letters and digits.
    private boolean isReference(int start) {
        int from = out[start + 1] == '#' ? start + 2 : start + 1;
        for (int k = from; k < length - 1; k++) {
            if (out[k] == '#') {
                return false;
            }
        }
        return length - 1 - from >= 1 && length - 1 - from <= 24;
    }

    private boolean isSafe(String decoded, int start, int i) {
        for (int k = 0; k < decoded.length(); k++) {
            if (decoded.charAt(k) < ' ' || decoded.charAt(k) > '~') {
                return false;
            }
        }
        boolean far = start - lastOther > MARGIN && nextOther - i > MARGIN;
        return far || (decoded.equals("&") && i + 1 < text.length() && nextOther - i > 2 && staysUnseen(start, text.charAt(i + 1)));
    }

    /// Whether what stands before a reference would not notice that the `&` of another takes its place. The one sequence that ftfy looks
    /// for which goes on behind a `&` begins with "ГўВЂВ"; there a letter must remain a letter.
    private boolean staysUnseen(int start, char next) {
        boolean seen = start > 0 && out[start - 1] == 'В';
        return !seen || isLetter(out[start + 1]) == isLetter(next);
    }
}
