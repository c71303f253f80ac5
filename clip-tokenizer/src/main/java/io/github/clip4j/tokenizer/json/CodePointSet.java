package io.github.clip4j.tokenizer.json;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/// A set of code points. Immutable.
///
/// The sets of the reference come from the resource `code-points.txt`, which the reference library itself was asked for: it mixes several
/// versions of Unicode, and none is Java's.
final class CodePointSet {
    private static final Map<String, CodePointSet> NAMED = new ConcurrentHashMap<>();

    /// Code points below have a bit each, 16 KB; the others are found among the ranges.
    private static final int BITS = 0x20000;

    private final int[] starts;
    private final int[] ends; // inclusive
    private final long[] bits;

    private CodePointSet(int[] starts, int[] ends) {
        this.starts = starts;
        this.ends = ends;
        this.bits = new long[BITS / 64];
        for (int i = 0; i < starts.length; i++) {
            for (int c = starts[i]; c <= ends[i] && c < BITS; c++) {
                bits[c >> 6] |= 1L << c;
            }
        }
    }

    /// A set of the reference, as the resource names it.
    static CodePointSet named(String name) {
        return NAMED.computeIfAbsent(name, key -> parse(CodePointTables.line(key)));
    }

    private static CodePointSet parse(String line) {
        String[] ranges = line.split(" ", -1);
        int[] starts = new int[ranges.length];
        int[] ends = new int[ranges.length];
        for (int i = 0; i < ranges.length; i++) {
            int dash = ranges[i].indexOf('-');
            starts[i] = Integer.parseInt(dash < 0 ? ranges[i] : ranges[i].substring(0, dash), 16);
            ends[i] = dash < 0 ? starts[i] : Integer.parseInt(ranges[i].substring(dash + 1), 16);
        }
        return new CodePointSet(starts, ends);
    }

    boolean contains(int codePoint) {
        if (codePoint < BITS) {
            return (bits[codePoint >> 6] >>> codePoint & 1) != 0;
        }
        int at = Arrays.binarySearch(starts, codePoint);
        return at >= 0 || (at < -1 && codePoint <= ends[-at - 2]);
    }

    /// The index after the leading members of `text`.
    int skip(String text) {
        int i = 0;
        while (i < text.length() && contains(text.codePointAt(i))) {
            i += Character.charCount(text.codePointAt(i));
        }
        return i;
    }

    /// The index where the trailing members of `text` begin.
    int skipBack(String text) {
        int i = text.length();
        while (i > 0 && contains(text.codePointBefore(i))) {
            i -= Character.charCount(text.codePointBefore(i));
        }
        return i;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CodePointSet set && Arrays.equals(starts, set.starts) && Arrays.equals(ends, set.ends);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(starts), Arrays.hashCode(ends));
    }
}
