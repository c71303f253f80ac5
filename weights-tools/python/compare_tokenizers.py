"""Makes what clip-tokenizer's tokenizer.json reader is compared with. Needs tokenizers 0.23, sentencepiece and protobuf.

  python compare_tokenizers.py golden DIR            small tokenizers, their texts and ids: the tests' resources
  python compare_tokenizers.py large DIR [FILE…]     larger ones, and hashes of their ids for at least 10,000 texts each; read by
                                                     LargeJsonTokenizerTest with -Dclip.tokenizers=DIR. A FILE has texts, lines {"text": …},
                                                     or is another tokenizer.json to compare with
"""
import hashlib
import json
import os
import random
import sys
from array import array

import tokenizers
from tokenizers import Tokenizer

import tokenizer_zoo as zoo


def digest(text_or_ids):
    data = text_or_ids.encode("utf-8") if isinstance(text_or_ids, str) else array("i", text_or_ids).tobytes()
    return hashlib.sha1(data).hexdigest()[:12]


def unique(texts):
    return list(dict.fromkeys(texts))


def golden(folder):
    table = zoo.chars_map(zoo.SMALL_RULES)
    texts = unique(zoo.CAPTIONS + zoo.special_cases() + zoo.random_texts(170, 1))
    with open(folder + "/texts.json", "w", encoding="utf-8") as out:
        json.dump({"tokenizers": tokenizers.__version__, "texts": texts}, out, ensure_ascii=True, indent=0)
    for name, make in zoo.ZOO.items():
        tok = make(zoo.CAPTIONS, 420, table)
        write(tok, folder, name)
        write_ids(tok, folder, name, texts)
    with zoo.rules_file(zoo.SMALL_RULES) as rules:
        for name, model, tok in zoo.sentencepiece_models(zoo.CAPTIONS, 800, rules.name):
            write_model(model, folder, name)
            write_ids(tok, folder, name, texts)


def write_ids(tok, folder, name, texts):
    with open("%s/%s.ids" % (folder, name), "w", encoding="utf-8") as out:
        for text in texts:
            ids = tok.encode(text).ids
            out.write("%s|%s\n" % (" ".join(map(str, ids)), json.dumps(tok.decode(ids, skip_special_tokens=True))))


def write_model(model, folder, name):
    with open("%s/%s.model" % (folder, name), "wb") as out:
        out.write(model)


def write(tok, folder, name):
    data = json.loads(tok.to_str())
    with open("%s/%s.json" % (folder, name), "w", encoding="utf-8") as out:
        json.dump(data, out, ensure_ascii=False, separators=(",", ":"))


def large(folder, files):
    table = zoo.chars_map()
    texts = list(zoo.CAPTIONS)
    for file in files:
        if file.endswith(".json"):
            continue
        with open(file, encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines]
    texts = unique(texts)
    training = texts
    compared = unique(texts + zoo.special_cases() + zoo.random_texts(12_000, 2))
    write_texts(folder + "/texts.jsonl", compared)
    everything = unique(zoo.all_code_points()) + compared
    write_texts(folder + "/code_points.jsonl", everything)
    print("%d texts, %d with all code points" % (len(compared), len(everything)), flush=True)
    random_tokenizers(folder, 600, 100)
    for i, file in enumerate(file for file in files if file.endswith(".json")):
        tok = Tokenizer.from_file(file)
        write(tok, folder, "given_%d" % i)
        compare(tok, folder, "given_%d" % i, compared)
    for name, make in zoo.ZOO.items():
        tok = make(training, 8_000, table)
        write(tok, folder, name)
        compare(tok, folder, name, compared)
    for name, model, tok in zoo.sentencepiece_models([text for text in training if len(text) < 1_000], 6_000, None):
        write_model(model, folder, name)
        compare(tok, folder, name, compared)
    for name, tok in zoo.spies(table).items():
        write(tok, folder, name)
        compare(tok, folder, name, everything)


def random_tokenizers(folder, count, texts):
    """One file of many: each line a tokenizer, its texts, and their ids or null where the reference fails."""
    rng = random.Random(3)
    with open(folder + "/random.jsonl", "w", encoding="utf-8") as out:
        for _ in range(count):
            tok = zoo.random_tokenizer(rng)
            cases = [[text, ids_or_none(tok, text)] for text in zoo.random_words(rng, texts)]
            cases = [case for case in cases if case[1] != "panic"]
            out.write(json.dumps({"tokenizer": tok.to_str(), "cases": cases}) + "\n")
    print("%d random tokenizers, %d texts" % (count, count * texts), flush=True)


def ids_or_none(tok, text):
    try:
        return tok.encode(text).ids
    except Exception:  # an unknown character and no token for it
        return None
    except BaseException as e:  # a panic: added tokens that overlap in white space
        if "bad split" in str(e):
            return "panic"
        raise


def write_texts(file, texts):
    with open(file, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(text) + "\n" for text in texts)


def compare(tok, folder, name, texts):
    with open("%s/%s.hashes" % (folder, name), "w", encoding="ascii") as out:
        for text in texts:
            ids = tok.encode(text).ids
            alone = tok.encode(text, add_special_tokens=False)
            unpadded = [i for i, mask in zip(alone.ids, alone.attention_mask) if mask]
            out.write("%s %s %s\n" % (digest(ids), digest(tok.decode(ids, skip_special_tokens=False)), digest(unpadded)))
    print(name, len(texts), flush=True)


def main():
    os.makedirs(sys.argv[2], exist_ok=True)
    if sys.argv[1] == "golden":
        golden(sys.argv[2])
    else:
        large(sys.argv[2], sys.argv[3:])


main()
