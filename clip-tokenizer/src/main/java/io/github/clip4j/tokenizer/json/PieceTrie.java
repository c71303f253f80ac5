package io.github.clip4j.tokenizer.json;

import java.util.Arrays;

/// A trie of pieces, to find all pieces that begin at a place of a text.
///
/// Nodes are numbered breadth first, so the children of a node are neighbours, sorted by their character, and end where those of the next
/// node begin. A node takes ten bytes; there are at most as many as the pieces have characters.
final class PieceTrie {
    static final int ROOT = 0;
    static final int NONE = -1;

    private int[] firstChild = new int[64];
    private char[] label = new char[64];
    private int[] value = new int[64];
    private int size = 1;

    /// @param pieces the piece of each value; null or empty ones are left out, and of equal ones the last counts
    PieceTrie(String[] pieces) {
        Integer[] order = new Integer[pieces.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> pieces[a].compareTo(pieces[b])); // stable: equal pieces stay in their order
        // the pieces below node i are order[from[i] … to[i]), and share its first depth characters
        IntList from = new IntList();
        IntList to = new IntList();
        from.add(0);
        to.add(order.length);
        int depth = 0;
        int levelEnd = 1;
        value[ROOT] = NONE;
        for (int node = 0; node < size; node++) {
            if (node == levelEnd) {
                depth++;
                levelEnd = size;
            }
            firstChild[node] = size;
            int end = to.get(node);
            for (int i = from.get(node); i < end; ) {
                String piece = pieces[order[i]];
                if (piece.length() == depth) {
                    value[node] = depth == 0 ? NONE : order[i];
                    i++;
                    continue;
                }
                char c = piece.charAt(depth);
                int start = i;
                do {
                    i++;
                } while (i < end && pieces[order[i]].charAt(depth) == c);
                grow();
                label[size] = c;
                value[size] = NONE;
                from.add(start);
                to.add(i);
                size++;
            }
        }
        grow();
        firstChild[size] = size;
    }

    private void grow() {
        if (size + 1 >= label.length) {
            int length = size + (size >> 1) + 2;
            firstChild = Arrays.copyOf(firstChild, length);
            label = Arrays.copyOf(label, length);
            value = Arrays.copyOf(value, length);
        }
    }

    /// The node below `node` for one more character, or [#NONE].
    int child(int node, char c) {
        int low = firstChild[node];
        int high = firstChild[node + 1] - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (label[middle] == c) {
                return middle;
            }
            if (label[middle] < c) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return NONE;
    }

    /// The node below `node` for more characters, or [#NONE].
    int descend(int node, CharSequence text, int start, int end) {
        int result = node;
        for (int i = start; i < end && result != NONE; i++) {
            result = child(result, text.charAt(i));
        }
        return result;
    }

    /// The value of the piece that ends at `node`, or [#NONE].
    int value(int node) {
        return value[node];
    }

    /// The value of a whole piece, or [#NONE].
    int find(CharSequence piece, int start, int end) {
        int node = descend(ROOT, piece, start, end);
        return node == NONE ? NONE : value[node];
    }
}
