"""Writes clip-tokenizer/src/test/resources/golden/declared: what transformers makes of the files that a repository has beside its
vocabulary (`tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json`), for a CLIP's tokenizer and a BERT's. The first line
of a file is the vocabulary and the texts; each other line is a repository and its ids.

python make_declared_goldens.py    # transformers 5.18.0, tokenizers 0.23.2
"""

import json
import os
import random
import tempfile
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import tokenizers  # noqa: E402
import transformers  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "clip-tokenizer/src/test/resources/golden/declared"
SEED = 20261127
LENGTH = 24
TEXTS = ["a cat", "A <toy> cat!", "A <TOY>  x", "a<toy>b", "a  <pad>! <unk> c", "cat<|endoftext|> Cat <|startoftext|>!", "<|ENDOFTEXT|><|STARTOFTEXT|>",
         "[MASK] a [pad] <s>", "  Cat  ", "x<toy> <toy>x cat's"]
EXPRESSION = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def letters():
    known = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    return [chr(b) for b in known] + [chr(256 + n) for n in range(256 - len(known))]


def token(content, **flags):
    return dict(content=content, lstrip=False, rstrip=False, normalized=False, single_word=False, special=False) | flags


def clip_files():
    merges = ["c a", "ca t</w>", "t o", "to y</w>"]
    names = letters() + [c + "</w>" for c in letters()] + [m.replace(" ", "") for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocab = {name: i for i, name in enumerate(names)}
    start, end = vocab["<|startoftext|>"], vocab["<|endoftext|>"]
    whole = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [dict(token("<|startoftext|>", normalized=True, special=True), id=start), dict(token("<|endoftext|>", special=True), id=end)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": EXPRESSION}, "behavior": "Removed", "invert": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}]},
        "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", end], "cls": ["<|startoftext|>", start],
                           "trim_offsets": False, "add_prefix_space": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>",
                  "fuse_unk": False, "vocab": vocab, "merges": merges}}
    return {"vocab": {"vocab.json": json.dumps(vocab, ensure_ascii=False), "merges.txt": "#version: 0.2\n" + "\n".join(merges) + "\n"},
            "json": {"tokenizer.json": json.dumps(whole, ensure_ascii=False)}}, len(vocab), (start, end)


def bert_files():
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] a A b c x cat Cat s < > ! ' | toy TOY pad unk mask MASK endoftext startoftext [ ]".split()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "vocab.txt").write_text("\n".join(words) + "\n")
        transformers.BertTokenizer.from_pretrained(folder, do_lower_case=False).save_pretrained(folder)
        whole = Path(folder, "tokenizer.json").read_text()
    return {"vocab": {"vocab.txt": "\n".join(words) + "\n"}, "json": {"tokenizer.json": whole}}, len(words), (2, 3)


def answer(model_type, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (files | {"config.json": json.dumps({"model_type": model_type})}).items():
            Path(folder, name).write_text(content, encoding="utf-8")
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        ids = [tokenizer(text)["input_ids"] for text in TEXTS]
        padded = tokenizer([TEXTS[0]], padding="max_length", max_length=LENGTH)["input_ids"][0] if tokenizer.pad_token else None
        declared = {i: str(t) for i, t in tokenizer.added_tokens_decoder.items()}
        return {"class": type(tokenizer).__name__, "size": len(tokenizer), "ids": ids, "padded": padded}, declared


def drawn(draw, size, around, own):
    """The files of one repository, with tokens of every kind."""
    flags = lambda **more: {k: True for k in ("lstrip", "rstrip", "normalized", "single_word") if draw.random() < 0.3} | more  # noqa: E731
    new = draw.sample(["<toy>", "<pad>", "<unk>", "[MASK]", "cat", "!", "Cat", "<s>"], draw.randint(0, 3))
    config, files = {"tokenizer_class": own} if draw.random() < 0.8 else {}, {}
    if draw.random() < 0.5:
        entries = {str(around[0]): token(own_names(own)[0], **flags(special=True))} if draw.random() < 0.5 else {}
        entries |= {str(around[1]): token(own_names(own)[1], **flags(special=True))} if draw.random() < 0.5 else {}
        if draw.random() < 0.7:
            entries[str(size)] = token("<toy>", **flags(special=draw.random() < 0.5))
        config["added_tokens_decoder"] = entries
    elif draw.random() < 0.5:
        files["added_tokens.json"] = json.dumps({"<toy>": size})
    named = lambda: draw.choice(new) if draw.random() < 0.5 else {"__type": "AddedToken", **token(draw.choice(new), **flags())}  # noqa: E731
    if new and draw.random() < 0.6:
        config["pad_token"] = named()
    if new and draw.random() < 0.3:
        config["toy_token"] = draw.choice(new)
    if new and draw.random() < 0.3:
        config["mask_token"] = named()
    if draw.random() < 0.4:
        config[draw.choice(["additional_special_tokens", "extra_special_tokens"])] = draw.choice([[], new, {f"{i}_token": t for i, t in enumerate(new)}])
    if draw.random() < 0.4:
        special = {"pad_token": draw.choice(new)} if new and draw.random() < 0.5 else {}
        special |= {"additional_special_tokens": new} if draw.random() < 0.5 else {}
        special |= {"mask_token": {k: v for k, v in token(draw.choice(new), **flags()).items() if k != "special"}} if new and draw.random() < 0.3 else {}
        files["special_tokens_map.json"] = json.dumps(special)
    if own == "BertTokenizer" and draw.random() < 0.5:
        config["do_lower_case"] = draw.random() < 0.5
    if config or draw.random() < 0.5:
        files["tokenizer_config.json"] = json.dumps(config)
    return files


def own_names(own):
    return ("[CLS]", "[SEP]") if own == "BertTokenizer" else ("<|startoftext|>", "<|endoftext|>")


def write(name, model_type, own, made, count):
    forms, size, around = made
    draw = random.Random(SEED)
    lines = [{"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "seed": SEED, "length": LENGTH, "texts": TEXTS,
              "forms": forms}]
    with open(Path(__file__).with_name("declared_cases.json"), encoding="utf-8") as f:
        chosen = [{k: json.dumps(v) for k, v in case.items()} for case in json.load(f)[name]]
    cases = chosen + [drawn(draw, size, around, own) for _ in range(count)]
    for files in cases:
        for form in forms:
            base = dict(forms[form])
            if form == "json" and draw.random() < 0.3:  # a token that tokenizer.json adds
                whole = json.loads(base["tokenizer.json"])
                whole["added_tokens"].append(dict(token("<toy>", normalized=draw.random() < 0.5, lstrip=draw.random() < 0.3), id=size))
                added = whole["added_tokens"]
                base["tokenizer.json"] = json.dumps(whole)
            else:
                added = None
            try:
                result, declared = answer(model_type, base | files)
            except (ValueError, TypeError, AttributeError):
                continue  # the reference refuses it, too
            asked = json.loads(files.get("tokenizer_config.json", "{}")).get("added_tokens_decoder", {})
            if all(declared.get(int(i)) == t["content"] for i, t in asked.items()):  # else other ids than the file says, which we refuse
                lines.append({"form": form, "files": files} | ({"added": added} if added else {}) | result)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / f"{name}.jsonl", "w", encoding="utf-8") as f:
        f.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


if __name__ == "__main__":
    write("clip", "clip", "CLIPTokenizer", clip_files(), 60)
    write("bert", "chinese_clip", "BertTokenizer", bert_files(), 60)
