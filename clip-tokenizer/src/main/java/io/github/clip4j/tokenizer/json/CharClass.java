package io.github.clip4j.tokenizer.json;

import java.util.List;

/// The characters that one item of a [Regex] takes.
///
/// @param members the item takes a character of any of them
/// @param negated the item takes the others instead
record CharClass(List<Member> members, boolean negated) {
    /// A part of a class.
    sealed interface Member {
        boolean contains(int codePoint);
    }

    /// From one character to another, both included.
    record Range(int start, int end) implements Member {
        @Override
        public boolean contains(int codePoint) {
            return codePoint >= start && codePoint <= end;
        }
    }

    /// A set of the reference, such as `\p{L}`, or all others, `\P{L}`.
    record Named(CodePointSet set, boolean negated) implements Member {
        @Override
        public boolean contains(int codePoint) {
            return set.contains(codePoint) != negated;
        }
    }

    boolean contains(int codePoint) {
        for (Member member : members) {
            if (member.contains(codePoint)) {
                return !negated;
            }
        }
        return negated;
    }
}
