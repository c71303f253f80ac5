"""CLIP's byte-level BPE in plain Python, and the learning of a small vocabulary; independent of the Java tokenizer it checks."""
import re
import unicodedata
from collections import Counter

SPECIAL = ["<|startoftext|>", "<|endoftext|>"]


def byte_alphabet():
    """GPT-2's characters for bytes: printable Latin-1 as it is, the rest from U+0100 on."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    characters, extra = {}, 0
    for b in range(256):
        if b in printable:
            characters[b] = chr(b)
        else:
            characters[b] = chr(256 + extra)
            extra += 1
    return characters


def bytes_in_vocabulary_order():
    """The order in which the published vocabulary lists the byte characters: the printable ones first."""
    alphabet = byte_alphabet()
    return sorted(alphabet.values(), key=lambda c: (ord(c) >= 256, ord(c)))


def words(text):
    """Splits cleaned text: contractions, runs of letters, single digits, runs of anything else."""
    contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
    i = 0
    while i < len(text):
        for special in SPECIAL:
            if text.startswith(special, i):
                yield from (special[:2], special[2:-2], special[-2:])  # GPT-2's expression splits again, and does not know it
                i += len(special)
                break
        else:
            for contraction in contractions:
                if text.startswith(contraction, i):
                    yield contraction
                    i += len(contraction)
                    break
            else:
                start, kind = i, kind_of(text[i])
                if kind == "space":
                    i += 1
                elif kind == "number":
                    i += 1
                    yield text[start:i]
                else:
                    while i < len(text) and kind_of(text[i]) == kind:
                        i += 1
                    yield text[start:i]


def kind_of(c):
    category = unicodedata.category(c)
    if category[0] == "L":
        return "letter"
    if category[0] == "N":
        return "number"
    return "space" if c.isspace() and c not in "\x1c\x1d\x1e\x1f" else "other"


def clean(text):
    """The Hugging Face normalizer: NFC, white space to one space, lower case by code point."""
    text = unicodedata.normalize("NFC", text)
    out = []
    for c in text:
        if kind_of(c) == "space":
            if not out or out[-1] != " ":
                out.append(" ")
        else:
            out.append(c.lower())
    return "".join(out)


def symbols(word):
    characters = byte_alphabet()
    parts = [characters[b] for b in word.encode("utf-8")]
    parts[-1] += "</w>"
    return parts


def merge(parts, pair):
    out, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


def learn(texts, merges):
    """Learns the most frequent merges of a corpus, ties by the pair itself."""
    corpus = Counter(word for text in texts for word in words(clean(text)) if word not in SPECIAL)
    split = {word: symbols(word) for word in corpus}
    learnt = []
    while len(learnt) < merges:
        pairs = Counter()
        for word, count in corpus.items():
            for pair in zip(split[word], split[word][1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        learnt.append(best)
        split = {word: merge(parts, best) for word, parts in split.items()}
    return learnt


def vocabulary(merges):
    tokens = bytes_in_vocabulary_order()
    tokens = tokens + [t + "</w>" for t in tokens] + [a + b for a, b in merges] + SPECIAL
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def encode(text, ids, merges):
    """Token ids with start and end of text."""
    ranks = {pair: i for i, pair in enumerate(merges)}
    out = [ids[SPECIAL[0]]]
    for segment in re.split("(" + "|".join(map(re.escape, SPECIAL)) + ")", text):  # found before cleaning, when no file says otherwise
        if segment in SPECIAL:
            out.append(ids[segment])
            continue
        for word in words(clean(segment)):
            parts = symbols(word)
            while len(parts) > 1:
                best = min(zip(parts, parts[1:]), key=lambda pair: ranks.get(pair, len(ranks)))
                if best not in ranks:
                    break
                parts = merge(parts, best)
            out += [ids[p] for p in parts]
    return out + [ids[SPECIAL[1]]]
