package io.github.clip4j.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// Short sequences of sets of bytes that are looked for in bytes, each of which is the character of its number in a string: a regular
/// expression of alternatives, with the alternatives found by their first byte. Java's matcher tries each of them at every byte.
final class ByteSequences {
    private final boolean[][][][] byFirst = new boolean[256][][][]; // the sequences that begin with a byte, in the order of preference

    /// @param alternatives as in a regular expression: sets in brackets and single characters, joined by `|`
    ByteSequences(String alternatives) {
        List<List<boolean[][]>> sequences = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            sequences.add(new ArrayList<>());
        }
        for (List<String> sequence : NeighbourMatcher.sequences(alternatives)) {
            boolean[][] sets = sequence.stream().map(ByteSequences::set).toArray(boolean[][]::new);
            for (int b = 0; b < 256; b++) {
                if (sets[0][b]) {
                    sequences.get(b).add(sets);
                }
            }
        }
        for (int b = 0; b < 256; b++) {
            byFirst[b] = sequences.get(b).toArray(boolean[][][]::new);
        }
    }

    /// The bytes of `[abc-f]` or of a single character.
    private static boolean[] set(String element) {
        boolean[] set = new boolean[256];
        int from = element.length() > 1 ? 1 : 0;
        int to = element.length() > 1 ? element.length() - 1 : 1;
        for (int i = from; i < to; i++) {
            boolean range = i + 2 < to && element.charAt(i + 1) == '-';
            for (int c = element.charAt(i); c <= element.charAt(range ? i + 2 : i); c++) {
                set[c] = true;
            }
            i += range ? 2 : 0;
        }
        return set;
    }

    /// The length of the first sequence that stands at a position; 0 if none does.
    private int lengthAt(String bytes, int at) {
        for (boolean[][] sequence : byFirst[bytes.charAt(at)]) {
            int k = 1;
            while (k < sequence.length && at + k < bytes.length() && sequence[k][bytes.charAt(at + k)]) {
                k++;
            }
            if (k == sequence.length) {
                return k;
            }
        }
        return 0;
    }

    /// Whether one of the sequences is in the bytes.
    boolean findsIn(String bytes) {
        for (int i = 0; i < bytes.length(); i++) {
            if (lengthAt(bytes, i) > 0) {
                return true;
            }
        }
        return false;
    }

    /// The bytes with each sequence replaced, from the left.
    String replaceAll(String bytes, UnaryOperator<String> replacement) {
        StringBuilder replaced = new StringBuilder();
        int copied = 0;
        for (int i = 0; i < bytes.length(); i++) {
            int length = lengthAt(bytes, i);
            if (length > 0) {
                replaced.append(bytes, copied, i).append(replacement.apply(bytes.substring(i, i + length)));
                copied = i + length;
                i = copied - 1;
            }
        }
        return copied == 0 ? bytes : replaced.append(bytes, copied, bytes.length()).toString();
    }
}
