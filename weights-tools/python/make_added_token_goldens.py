"""Writes what transformers' CLIPTokenizer makes of folders whose tokens stand in tokenizer_config.json, special_tokens_map.json or added_tokens.json:

    python3 make_added_token_goldens.py ../../clip-tiny/src/main/resources/io/github/clip4j/tiny/model ../../clip-tokenizer/src/test/resources/golden

The vocabulary is clip-tiny's. A case whose ids transformers renumbers, or whose texts begin or end otherwise, has no ids: clip4j refuses it by name.
"""
import json
import os
import shutil
import sys
import tempfile

import tokenizers
import transformers
from transformers import CLIPTokenizer

TEXTS = ["a <dog> photo<cat>of A Cat <Dog>", "<pad><unk> red! circle !", "<sep><cls><mask>a  <dog>  b", "red</w> a C  <|endoftext|> x"]
N = 753  # clip-tiny's vocabulary


def token(content, **flags):
    return dict(dict(content=content, lstrip=False, rstrip=False, single_word=False, normalized=False, special=True), **flags)


def plain(content):
    return token(content, special=False, normalized=True)


BASE = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 32}
ENDS = {str(N - 2): token("<|startoftext|>", normalized=True), str(N - 1): token("<|endoftext|>")}


def decoder(*tokens, **more):
    return dict(BASE, added_tokens_decoder=dict(ENDS, **{str(N + i): t for i, t in enumerate(tokens)}), **more)


CASES = {  # config, special_tokens_map, added_tokens
    "nothing": (BASE, None, None),
    "decoder": (decoder(plain("<dog>"), token("<cat>")), None, None),
    "flags": (decoder(token("<dog>", lstrip=True, rstrip=True), token("<cat>", single_word=True)), None, None),
    "capitals": (decoder(plain("<Dog>"), token("a C", special=False)), None, None),
    "a word": (dict(BASE, pad_token="red</w>"), None, None),
    "pad is a character": (dict(BASE, pad_token="!"), None, None),
    "pad of the map": (BASE, {"pad_token": "!", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}, None),
    "special ones in order": (decoder(plain("<dog>"), unk_token="<unk>", pad_token="<pad>", sep_token="<sep>", cls_token="<cls>", mask_token="<mask>",
                                      additional_special_tokens=["<cat>"]), None, None),
    "additional": (dict(BASE, additional_special_tokens=["<cat>", dict(token("<dog>", lstrip=True), __type="AddedToken")]), None, None),
    "additional of the map": (BASE, {"additional_special_tokens": ["<cat>", "<dog>"]}, None),
    "extra": (dict(BASE, extra_special_tokens=["<cat>"]), None, None),
    "extra by name": (dict(BASE, extra_special_tokens={"cat_token": "<cat>"}), None, None),
    "no map beside a decoder": (decoder(plain("<dog>")), {"additional_special_tokens": ["<cat>"]}, None),
    "no added_tokens beside a decoder": (decoder(plain("<dog>")), None, {"<cat>": N + 1}),
    "map before config": (dict(BASE, pad_token="<cat>"), {"pad_token": "<dog>"}, None),
    "twice": (dict(BASE, pad_token="<cat>", additional_special_tokens=["<cat>", "<cat>"]), None, None),
    "null": (dict(BASE, pad_token=None, unk_token=None), None, None),
}
REFUSED = {
    "a gap": (dict(BASE, added_tokens_decoder=dict(ENDS, **{str(N + 9): plain("<dog>")})), None, None),
    "an id in use": (dict(BASE, added_tokens_decoder=dict(ENDS, **{"3": plain("<dog>")})), None, None),
    "another end": (dict(BASE, eos_token="red</w>"), None, None),
    "another start in the map": (BASE, {"bos_token": "red</w>"}, None),
}


def folder(model, parent, files, with_json):
    directory = tempfile.mkdtemp(dir=parent)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(os.path.join(model, name), directory)
    if with_json:
        shutil.copy(with_json, os.path.join(directory, "tokenizer.json"))
    for name, content in files.items():
        with open(os.path.join(directory, name), "w") as f:
            json.dump(content, f)
    return directory


def main(model, out):
    with tempfile.TemporaryDirectory() as parent:
        plain_folder = folder(model, parent, {"tokenizer_config.json": BASE}, None)
        saved = os.path.join(parent, "saved")
        CLIPTokenizer.from_pretrained(plain_folder).save_pretrained(saved)
        with_json = os.path.join(out, "added-tokens-tokenizer.json")
        with open(os.path.join(saved, "tokenizer.json"), encoding="utf-8") as f:
            content = json.load(f)
        with open(with_json, "w", encoding="utf-8") as f:
            json.dump(content, f, ensure_ascii=False)
        cases = []
        for name, parts in list(CASES.items()) + list(REFUSED.items()):
            files = {n: c for n, c in zip(("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"), parts) if c is not None}
            case = dict(name=name, files=files)
            if name in CASES:
                for form, path in (("vocab", None), ("json", with_json)):
                    tokenizer = CLIPTokenizer.from_pretrained(folder(model, parent, files, path))
                    case[form] = [tokenizer(text).input_ids for text in TEXTS]
            cases.append(case)
    with open(os.path.join(out, "added-tokens.json"), "w") as f:
        head = dict(transformers=transformers.__version__, tokenizers=tokenizers.__version__, texts=TEXTS)
        f.write(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")


main(*sys.argv[1:])
