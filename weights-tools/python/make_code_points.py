"""Asks Hugging Face `tokenizers` about every code point and writes what it answers as a resource of clip-tokenizer.

The library mixes several Unicode versions: Rust's own, those of its crates, and Oniguruma's. Java has another one. So the sets are taken from
the library itself. Usage: python make_code_points.py OUTPUT
"""

import sys

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers
from tokenizers.normalizers import BertNormalizer

import tokenizer_zoo

ALL = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def ranges(code_points):
    result = []
    for c in sorted(code_points):
        if result and result[-1][1] == c - 1:
            result[-1][1] = c
        else:
            result.append([c, c])
    return " ".join("%X" % a if a == b else "%X-%X" % (a, b) for a, b in result)


def erased(normalizer):
    return {ord(c) for c in ALL if normalizer.normalize_str(c) == ""}


def split_off(pre_tokenizer):
    """The characters that a pre-tokenizer removes."""
    kept = "".join(piece for piece, _ in pre_tokenizer.pre_tokenize_str("".join(ALL)))
    return {ord(c) for c in ALL} - {ord(c) for c in kept}


def isolated(pre_tokenizer):
    """The characters that do not stay with an `a` on either side."""
    return {ord(c) for c in ALL if [piece for piece, _ in pre_tokenizer.pre_tokenize_str("a" + c + "a")] == ["a", c, "a"]}


def regex(pattern):
    return split_off(pre_tokenizers.Split(Regex(pattern), "removed"))


def with_role_in_normalization():
    """The characters that decompose, are reordered, or may compose: all others leave their neighbours alone."""
    nfkd, nfd = normalizers.NFKD(), normalizers.NFD()
    role = set()
    for c in ALL:
        decomposed = nfkd.normalize_str(c)
        if decomposed != c:
            role.add(ord(c))
            if len(decomposed) > 1:
                role.update(map(ord, decomposed))
        if nfd.normalize_str("a\u0345" + c) != "a\u0345" + nfd.normalize_str(c):
            role.add(ord(c))
    return role


def joined_to_letter():
    """The characters that are in one grapheme with an A before them: Precompiled loses them when A has a replacement."""
    table = tokenizer_zoo.precompiled(tokenizer_zoo.chars_map({"A": "B"}))
    return {ord(c) for c in ALL if table.normalize_str("A" + c) == "B"}


def sets():
    yield "JOINED_TO_LETTER", joined_to_letter()
    yield "ROLE_IN_NORMALIZATION", with_role_in_normalization()
    yield "WHITESPACE", split_off(pre_tokenizers.WhitespaceSplit())
    yield "NUMERIC", isolated(pre_tokenizers.Digits(True))
    yield "BERT_PUNCTUATION", isolated(pre_tokenizers.BertPreTokenizer())
    clean = BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    yield "BERT_CONTROL", erased(clean)
    bare = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    nfd = normalizers.NFD()
    yield "NONSPACING_MARK", {c for c in erased(bare) if nfd.normalize_str(chr(c)) == chr(c)}
    yield "COMBINING_MARK", erased(normalizers.StripAccents())
    # regex crate: \w+|[^\w\s]+
    whitespace = pre_tokenizers.Whitespace()
    yield "WORD", {ord(c) for c in ALL if [p for p, _ in whitespace.pre_tokenize_str("a" + c + "!")] == ["a" + c, "!"]}
    for name in "L", "M", "N", "P", "S", "Z", "Lu", "Ll", "Nd", "Mn":
        yield "ONIG_" + name, regex(r"\p{%s}" % name)
    yield "ONIG_SPACE", regex(r"\s")
    yield "ONIG_WORD", regex(r"\w")
    yield "ONIG_WORD_BRACKETED", regex(r"[\w]")
    yield "ONIG_DIGIT", regex(r"\d")


def lower_cases():
    lowercase = normalizers.Lowercase()
    runs = []  # start, end, step, delta
    several = []
    for c in ALL:
        lower = lowercase.normalize_str(c)
        if lower == c:
            continue
        if len(lower) != 1:
            several.append("%X=%s" % (ord(c), "+".join("%X" % ord(x) for x in lower)))
            continue
        code, delta = ord(c), ord(lower) - ord(c)
        if runs and runs[-1][3] == delta and (code - runs[-1][1] == runs[-1][2] or (runs[-1][0] == runs[-1][1] and code - runs[-1][1] <= 2)):
            runs[-1][2] = code - runs[-1][1]
            runs[-1][1] = code
        else:
            runs.append([code, code, 1, delta])
    yield "LOWER", " ".join("%X-%X/%d:%d" % tuple(run) for run in runs)
    yield "LOWER_SEVERAL", " ".join(several)


def main():
    with open(sys.argv[1], "w", encoding="ascii", newline="\n") as out:
        out.write("# tokenizers %s, written by weights-tools/python/make_code_points.py\n" % tokenizers.__version__)
        for name, members in sets():
            out.write("%s %s\n" % (name, ranges(members)))
            print(name, len(members))
        for name, text in lower_cases():
            out.write("%s %s\n" % (name, text))


main()
