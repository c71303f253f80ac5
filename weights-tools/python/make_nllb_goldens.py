"""NLLB-CLIPs of open_clip with random weights, and what open_clip and transformers make of texts and images in float64.

    python make_nllb_goldens.py ../../clip4j/src/test/resources/golden/nllb       the goldens of the tests
    python make_nllb_goldens.py tokenizers FOLDER [FILE…]                         ids of more than 10,000 texts, for LargeNllbTokenizerTest
    python make_nllb_goldens.py large FOLDER nllb-clip-base|nllb-clip-base-siglip   FOLDER/model of a published size, for LargeModelsTest

clip/    a repository of open_clip: CLIP's image encoder, M2M100's text encoder, a tokenizer of SentencePiece's BPE as NllbTokenizer has it, and
         its ids in two languages
siglip/  the same with SigLIP's image encoder of timm; its extents are smaller than any name of timm says, so there is no config
forms/   the files that describe the tokenizer as versions of transformers wrote them, and their ids

open_clip 3.3 asks for another language by `set_src_lang_special_tokens`, which transformers 5.18 undoes before each text. So the language is given
to the tokenizer as `src_lang`, which is what the method was for.
"""
import json
import os
import shutil
import sys

import numpy as np
import torch

import make_siglip_goldens as siglip  # first: it defines torchvision's operators
import open_clip
import timm
import tokenizer_zoo as zoo
import transformers
from open_clip import hf_model

import safetensors_io

SEED = 20261127
CONTEXT = 24
LANGUAGES = ["arb_Arab", "deu_Latn", "ell_Grek", "eng_Latn", "fra_Latn", "hin_Deva", "jpn_Jpan", "kor_Hang", "rus_Cyrl", "swh_Latn", "zho_Hans"]
TEXTS = ["a photo of a cat", "", "une photo d'un chat noir", "ein Hund läuft über die grüne Wiese", "фотография кошки на окне", "صورة قطة على الطاولة",
         "बिल्ली की एक तस्वीर", "猫の写真です 赤い自転車と古い家", "一张猫的照片", "고양이 사진", "μια φωτογραφία μιας γάτας", "ภาพถ่ายของแมวสีดำ", "ድመት ፎቶ",
         "  white \t space\u00a0here\n", "ﬁ ①  ＡＢＣ", "in fra_Latn, <s> and <mask> are tokens", "a <pad> b", "two dogs, and a red circle " * 9, "👍🏽 x"]


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


def tokenizer(folder, texts, size, languages, rules=None):
    """Trains SentencePiece's BPE, and saves what NllbTokenizer makes of it.

    rules: a small table of characters; SentencePiece's own, nmt_nfkc, unless given
    """
    model = os.path.join(folder, "sentencepiece.bpe.model")
    os.makedirs(folder, exist_ok=True)
    options = {} if rules is None else {"normalization_rule_tsv": rules}
    with open(model, "wb") as f:
        f.write(zoo.sentencepiece_proto("bpe", size, texts, **options).SerializeToString())
    read = transformers.NllbTokenizer.from_pretrained(folder, extra_special_tokens=languages)
    read.save_pretrained(folder)
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as f:
        content = json.load(f)
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as f:
        json.dump(content, f, ensure_ascii=False, separators=(",", ":"))
    os.remove(model)
    write_json(os.path.join(folder, "tokenizer_config.json"), {
        "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "extra_special_tokens": languages, "legacy_behaviour": False,
        "mask_token": "<mask>", "pad_token": "<pad>", "sep_token": "</s>", "src_lang": None, "tgt_lang": None, "tokenizer_class": "NllbTokenizer",
        "unk_token": "<unk>"})
    return read


def ids(folder, context, language=None):
    options = {} if language is None else dict(src_lang=language)
    return open_clip.tokenizer.HFTokenizer(folder, context_length=context, **options)(TEXTS)


def text_tower(size, dim):
    config = transformers.M2M100Config(vocab_size=size, d_model=32, encoder_layers=2, encoder_ffn_dim=40, encoder_attention_heads=16,
                                       max_position_embeddings=64, decoder_layers=1, decoder_ffn_dim=8, decoder_attention_heads=16)
    tower = hf_model.HFTextEncoder.__new__(hf_model.HFTextEncoder)
    torch.nn.Module.__init__(tower)
    tower.output_tokens, tower.output_dim, tower.config = False, dim, config  # its constructor would take the decoder's half too
    tower.transformer = transformers.AutoModel.from_config(config).encoder
    tower.pooler = hf_model._POOLERS[hf_model.arch_dict["m2m_100"]["pooler"]]()
    tower.proj = torch.nn.Linear(config.d_model, dim, bias=False)
    return tower


def draw(model):
    """As make_siglip_goldens draws, but tokens small: they are multiplied by the root of the width."""
    siglip.draw(model, SEED)
    with torch.no_grad():
        model.text.transformer.embed_tokens.weight.mul_(0.5)
    return model


def save(folder, model, size, expected):
    """What the model makes of the texts in the tokenizer's language and in French, and of two images."""
    state = {k: v.detach().numpy() for k, v in model.state_dict().items() if v.dtype == torch.float32}
    safetensors_io.save(os.path.join(folder, "open_clip_model.safetensors"), state)
    pixels = torch.tensor([(i % 97) / 50 - 1 for i in range(2 * 3 * size * size)], dtype=torch.float32).view(2, 3, size, size)
    rows = [torch.tensor(expected["ids"]), torch.tensor(expected["ids_fra_Latn"])]
    with torch.no_grad():
        single = [model.encode_text(row).double() for row in rows] + [model.encode_image(pixels).double()]
        model.double()
        exact = [model.encode_text(row) for row in rows] + [model.encode_image(pixels.double())]
    errors = [float((a - b).abs().max()) for a, b in zip(single, exact)]
    expected.update({
        "made_by": "open_clip %s, timm %s, transformers %s, torch %s" % (
            open_clip.__version__, timm.__version__, transformers.__version__, torch.__version__),
        "embeddings": exact[0].tolist(), "embeddings_fra_Latn": exact[1].tolist(), "images": exact[2].tolist(),
        "float32_error": max(errors[:2]), "float32_error_of_images": errors[2]})
    for name in "embeddings", "embeddings_fra_Latn", "images":
        expected[name] = [[float("%.9g" % value) for value in row] for row in expected[name]]
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join("%s: %s" % (json.dumps(k), json.dumps(v, ensure_ascii=False)) for k, v in expected.items()) + "\n}\n")
    print(folder, errors, {k: os.path.getsize(os.path.join(folder, k)) for k in os.listdir(folder)})


class Both(torch.nn.Module):
    """CustomTextCLIP with towers of our extents: its own constructor takes the names of published ones."""

    def __init__(self, visual, text, bias):
        super().__init__()
        self.visual, self.text = visual, text
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.5))
        if bias:
            self.logit_bias = torch.nn.Parameter(torch.tensor(-3.25))
        self.encode_image, self.encode_text = visual.forward, text.forward


def small(golden):
    shutil.rmtree(golden, ignore_errors=True)
    folder = os.path.join(golden, "clip")
    with zoo.rules_file(zoo.SMALL_RULES) as rules:
        tokenizer(folder, zoo.CAPTIONS[:45], 420, LANGUAGES, rules.name)
    size = max(ids(folder, CONTEXT).max().item(), transformers.AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids("zho_Hans")) + 1
    expected = {"texts": TEXTS, "ids": ids(folder, CONTEXT).tolist(), "ids_fra_Latn": ids(folder, CONTEXT, "fra_Latn").tolist()}
    vision = dict(image_size=16, layers=2, width=24, head_width=8, patch_size=8)
    visual = open_clip.model._build_vision_tower(20, open_clip.model.CLIPVisionCfg(**vision))
    torch.manual_seed(SEED)
    save(folder, draw(Both(visual, text_tower(size, 20), False)), 16, dict(expected))
    names = {"hf_model_name": "facebook/nllb-200-distilled-600M", "hf_tokenizer_name": "facebook/nllb-200-distilled-600M"}
    write_json(os.path.join(folder, "open_clip_config.json"), {"model_cfg": {
        "embed_dim": 20, "vision_cfg": vision,
        "text_cfg": {**names, "context_length": CONTEXT, "hf_proj_type": "linear", "hf_pooler_type": "cls_pooler"}}})

    other = os.path.join(golden, "siglip")
    os.makedirs(other)
    trunk = timm.models.vision_transformer.VisionTransformer(
        img_size=16, patch_size=8, embed_dim=24, depth=2, num_heads=3, mlp_ratio=2, class_token=False, global_pool="map", num_classes=0)
    visual = torch.nn.Sequential()
    visual.add_module("trunk", trunk)
    save(other, draw(Both(visual, text_tower(size, 24), True)), 16, dict(expected))
    forms(os.path.join(golden, "forms"), folder)


def forms(folder, source):
    """The same tokenizer as other versions wrote it: what the files say, and the ids that transformers gives."""
    with open(os.path.join(source, "tokenizer.json"), encoding="utf-8") as f:
        new = json.load(f)
    with open(os.path.join(source, "tokenizer_config.json"), encoding="utf-8") as f:
        config = json.load(f)
    old = json.loads(json.dumps(new))  # transformers 4: the languages are in the vocabulary, and end a text
    for token in sorted(new["added_tokens"], key=lambda t: t["id"]):
        old["model"]["vocab"].setdefault(token["content"], token["id"])
    template = old["post_processor"]
    template["single"] = template["single"][1:] + template["single"][:1]
    old["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "always"}
    none = {k: v for k, v in config.items() if k not in ("extra_special_tokens", "legacy_behaviour")}
    decoder = {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in new["added_tokens"]}
    unlisted = dict(old, added_tokens=[t for t in old["added_tokens"] if "_" not in t["content"]])
    cases = {"old": (old, {**none, "additional_special_tokens": None}), "decoder": (old, {**none, "added_tokens_decoder": decoder,
                                                                                        "additional_special_tokens": LANGUAGES}),
             "unlisted": (unlisted, {**none, "src_lang": "deu_Latn"}), "listed": (unlisted, {**none, "extra_special_tokens": ["fra_Latn"]}),
             "plain": ({**new, "normalizer": None}, config)}
    for name, (content, said) in cases.items():
        to = os.path.join(folder, name)
        os.makedirs(to)
        with open(os.path.join(to, "tokenizer.json"), "w", encoding="utf-8") as f:
            json.dump(content, f, ensure_ascii=False, separators=(",", ":"))
        write_json(os.path.join(to, "tokenizer_config.json"), said)
        read = transformers.AutoTokenizer.from_pretrained(to)
        with open(os.path.join(to, "ids.json"), "w", encoding="utf-8") as f:
            f.write("[\n" + ",\n".join(json.dumps([text, read(text).input_ids], ensure_ascii=False) for text in TEXTS) + "\n]\n")


def compare(folder, files):
    """Ids of texts by a larger tokenizer in two languages, for the test that compares them all."""
    texts = list(zoo.CAPTIONS)
    for file in files:
        with open(file, encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines]
    training = [text for text in dict.fromkeys(texts) if len(text) < 1_000]
    tokenizer(folder, training, 8_000 if files else 900, transformers.models.nllb.tokenization_nllb.FAIRSEQ_LANGUAGE_CODES)
    texts = list(dict.fromkeys(texts + zoo.special_cases() + zoo.random_texts(12_000, 2)))
    for language in "eng_Latn", "zho_Hans":
        read = transformers.AutoTokenizer.from_pretrained(folder, src_lang=language)
        with open(os.path.join(folder, language + ".jsonl"), "w", encoding="ascii") as out:
            for text in texts:
                out.write(json.dumps([text, read(text).input_ids]) + "\n")
    print(len(texts), "texts")


def large(folder, name):
    """Eight texts of several lengths, padded to the longest, and eight images."""
    big = "large" in name
    config = transformers.M2M100Config(vocab_size=256206, encoder_layers=24 if big else 12, encoder_ffn_dim=8192 if big else 4096,
                                       decoder_layers=1, decoder_ffn_dim=8)
    hf_model.AutoConfig.from_pretrained = staticmethod(lambda *a, **k: config)
    cfg = open_clip.get_model_config(name)
    cfg["text_cfg"]["hf_model_pretrained"] = False
    model = open_clip.CustomTextCLIP(**{k: v for k, v in cfg.items() if k != "custom_text"})
    from make_large_siglip import large_draw
    model = large_draw(model)
    out = os.path.join(folder, "model")
    os.makedirs(out, exist_ok=True)
    safetensors_io.save(os.path.join(out, "open_clip_model.safetensors"),
                        {k: v.detach().numpy() for k, v in model.state_dict().items() if v.dtype == torch.float32})
    write_json(os.path.join(out, "open_clip_config.json"), {"model_cfg": open_clip.get_model_config(name)})
    generator = torch.Generator().manual_seed(3)
    rows = torch.full((8, 60), 1)
    for i in range(8):
        rows[i, :5 + 7 * i] = torch.randint(5, 256204, (5 + 7 * i,), generator=generator)
    edge = cfg["vision_cfg"]["image_size"]
    pixels = torch.randn(8, 3, edge, edge, generator=generator)

    def run(dtype):
        m = model.to(dtype)
        return dict(texts=m.encode_text(rows).double(), images=torch.cat([m.encode_image(p[None].to(dtype)) for p in pixels]).double())
    with torch.no_grad():
        single = run(torch.float32)
        exact = run(torch.float64)
    errors = {k: float((exact[k] - single[k]).abs().max()) for k in exact}
    results = {"ids": rows.numpy().astype(np.float32), "pixels": pixels.numpy(), **{k: v.numpy().astype(np.float32) for k, v in exact.items()}}
    safetensors_io.save(os.path.join(folder, "expected.safetensors"), results, errors)
    print(name, errors)


if __name__ == "__main__":
    if sys.argv[1] == "tokenizers":
        compare(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "large":
        large(sys.argv[2], sys.argv[3])
    else:
        small(sys.argv[1])
