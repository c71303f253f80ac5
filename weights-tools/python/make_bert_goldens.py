"""Models with a text encoder of BERT's kind, or with XLM-R's vocabulary, random weights, and what their own library makes of texts in float64.

    python make_bert_goldens.py small             the goldens of the tests, in clip4j/src/test/resources/golden/bert
    python make_bert_goldens.py large FOLDER KIND     FOLDER/model of a published size, for LargeModelsTest

KIND is chinese-b16, distilbert, xlm-roberta-base (open_clip) or m-clip. The tokenizers are those of clip-tokenizer's tests.
"""
import json
import os
import shutil
import sys

import numpy as np
import torch

import safetensors_io
import transformers
from make_large_siglip import large_draw

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOKENIZERS = os.path.join(ROOT, "clip-tokenizer/src/test/resources/golden/json")
GOLDEN = os.path.join(ROOT, "clip4j/src/test/resources/golden/bert")
TEXTS = ["a photo of a cat", "", "eine Katze auf dem Sofa", "一张猫的照片", "Кошка", "two dogs, and a red circle " * 9]


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


def tokenizer(folder, name):
    """Copies a trained tokenizer without truncation and padding, and returns transformers' reading of it and its size."""
    with open(os.path.join(TOKENIZERS, name + ".json"), encoding="utf-8") as f:
        content = json.load(f)
    content["truncation"] = content["padding"] = None
    os.makedirs(folder, exist_ok=True)
    write_json(os.path.join(folder, "tokenizer.json"), content)
    import tokenizers
    read = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    return read, read.get_vocab_size()


def word_piece_text(folder):
    """BERT's older form of the same: vocab.txt."""
    with open(os.path.join(TOKENIZERS, "bert.json"), encoding="utf-8") as f:
        vocab = json.load(f)["model"]["vocab"]
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8", newline="\n") as f:
        f.writelines(token + "\n" for token, _ in sorted(vocab.items(), key=lambda entry: entry[1]))
    os.remove(os.path.join(folder, "tokenizer.json"))


def rows(read, context):
    """The ids of the texts, cut as `truncation=True` cuts them."""
    read.enable_truncation(context)
    return [read.encode(text).ids for text in TEXTS]


def save(folder, name, ids, embed, *modules):
    """What the modules make of each text alone in float64, and the largest error of their own float32."""
    rows = [torch.tensor([row]) for row in ids]
    with torch.no_grad():
        single = [embed(row).double() for row in rows]
        for module in modules:
            module.double()
        exact = [embed(row) for row in rows]
    write_json(os.path.join(folder, "expected.json"), {
        "made_by": "transformers %s, torch %s" % (transformers.__version__, torch.__version__), "name": name, "texts": TEXTS, "ids": ids,
        "float32_error": max(float((a - b).abs().max()) for a, b in zip(single, exact)),
        "embeddings": [row.numpy()[0].tolist() for row in exact]})


def sentence_transformers(folder, mean, dense):
    write_json(os.path.join(folder, "modules.json"), [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}])
    for name in ("1_Pooling", "2_Dense"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    write_json(os.path.join(folder, "1_Pooling/config.json"), {
        "word_embedding_dimension": dense.in_features, "pooling_mode_cls_token": not mean, "pooling_mode_mean_tokens": mean,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False})
    write_json(os.path.join(folder, "2_Dense/config.json"), {
        "in_features": dense.in_features, "out_features": dense.out_features, "bias": dense.bias is not None,
        "activation_function": "torch.nn.modules.linear.Identity"})
    safetensors_io.save(os.path.join(folder, "2_Dense/model.safetensors"),
                        {"linear." + k: v.detach().float().numpy() for k, v in dense.named_parameters()})


def small():
    shutil.rmtree(GOLDEN, ignore_errors=True)
    extents = dict(hidden_size=24, intermediate_size=52, num_hidden_layers=2, num_attention_heads=3)

    folder = os.path.join(GOLDEN, "chinese_clip")
    read, size = tokenizer(folder, "bert")
    model = large_draw(transformers.ChineseCLIPModel(transformers.ChineseCLIPConfig(
        text_config=dict(vocab_size=size, max_position_embeddings=40, **extents),
        vision_config=dict(image_size=16, patch_size=8, **extents), projection_dim=20)))
    model.save_pretrained(folder)
    word_piece_text(folder)
    ids = rows(read, 40)
    chinese = model
    save(folder, "ChineseCLIPModel", ids, lambda row: chinese.get_text_features(input_ids=row).pooler_output, chinese)

    folder = os.path.join(GOLDEN, "metaclip_2")
    read, size = tokenizer(folder, "xlm_roberta")
    model = large_draw(transformers.MetaClip2Model(transformers.MetaClip2Config(
        text_config=dict(vocab_size=size, max_position_embeddings=24, eos_token_id=2, bos_token_id=0, pad_token_id=1, **extents),
        vision_config=dict(image_size=16, patch_size=8, **extents), projection_dim=20)))
    model.save_pretrained(folder)
    ids = rows(read, 24)
    meta = model
    save(folder, "MetaClip2Model", ids, lambda row: meta.get_text_features(input_ids=row).pooler_output, meta)

    folder = os.path.join(GOLDEN, "multilingual_v1")
    read, size = tokenizer(folder, "bert_cased")
    distil = large_draw(transformers.DistilBertModel(transformers.DistilBertConfig(
        vocab_size=size, max_position_embeddings=32, dim=24, hidden_dim=52, n_layers=2, n_heads=3)))
    distil.save_pretrained(folder)
    dense = large_draw(torch.nn.Linear(24, 20, bias=False))
    sentence_transformers(folder, True, dense)
    write_json(os.path.join(folder, "sentence_bert_config.json"), {"max_seq_length": 28, "do_lower_case": False})
    # as the published repository has it; without it transformers' class would lower-case, whatever tokenizer.json says
    write_json(os.path.join(folder, "tokenizer_config.json"), {"do_lower_case": False, "tokenizer_class": "DistilBertTokenizer"})
    ids = rows(read, 28)
    save(folder, "DistilBertModel, mean, Linear", ids, lambda row: dense(distil(input_ids=row).last_hidden_state.mean(1)), distil, dense)

    folder = os.path.join(GOLDEN, "xlm_roberta")
    read, size = tokenizer(folder, "xlm_roberta")
    roberta = large_draw(transformers.XLMRobertaModel(transformers.XLMRobertaConfig(
        vocab_size=size, max_position_embeddings=34, type_vocab_size=1, pad_token_id=1, **extents)))
    roberta.save_pretrained(folder)
    biased = large_draw(torch.nn.Linear(24, 20))
    sentence_transformers(folder, False, biased)
    ids = rows(read, 32)
    save(folder, "XLMRobertaModel, first, Linear with a bias", ids, lambda row: biased(roberta(input_ids=row).last_hidden_state[:, 0]),
         roberta, biased)
    clipa(extents)


def clipa(extents):
    """open_clip's CLIPA: the mean of patches, and the last position of a text that fills the context and has no end."""
    import open_clip
    folder = os.path.join(GOLDEN, "clipa")
    _, size = tokenizer(folder, "bert")
    word_piece_text(folder)
    write_json(os.path.join(folder, "tokenizer_config.json"), {"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    width, layers, heads = (extents[name] for name in ("hidden_size", "num_hidden_layers", "num_attention_heads"))
    vision = dict(image_size=24, layers=layers, width=width, head_width=width // heads, patch_size=8, no_ln_pre=True, pool_type="avg",
                  final_ln_after_pool=True)
    text = dict(context_length=16, vocab_size=size, hf_tokenizer_name=folder, tokenizer_kwargs=dict(strip_sep_token=True), width=width,
                heads=heads, layers=layers, pool_type="last", no_causal_mask=True)
    model = large_draw(open_clip.model.CLIP(20, vision, text))
    safetensors_io.save(os.path.join(folder, "open_clip_model.safetensors"),
                        {k: v.detach().numpy() for k, v in model.state_dict().items() if v.dtype == torch.float32 and k != "attn_mask"})
    texts = TEXTS + ["a [SEP] b", "two words"]
    ids = open_clip.tokenizer.HFTokenizer(folder, context_length=16, strip_sep_token=True)(texts)
    write_json(os.path.join(folder, "open_clip_config.json"), {"model_cfg": dict(
        embed_dim=20, vision_cfg=vision, text_cfg={**text, "hf_tokenizer_name": "bert-base-uncased"})})
    pixels = torch.tensor([(i % 97) / 50 - 1 for i in range(2 * 3 * 24 * 24)], dtype=torch.float32).view(2, 3, 24, 24)
    with torch.no_grad():
        single = model.encode_text(ids).double(), model.encode_image(pixels).double()
        model.double()
        model.visual.conv1.double()
        exact = model.encode_text(ids), model.encode_image(pixels.double())
    write_json(os.path.join(folder, "expected.json"), {
        "made_by": "open_clip %s, transformers %s, torch %s" % (open_clip.__version__, transformers.__version__, torch.__version__),
        "texts": texts, "ids": ids.tolist(), "embeddings": exact[0].tolist(), "images": exact[1].tolist(),
        "float32_error": float((exact[0] - single[0]).abs().max()), "float32_error_of_images": float((exact[1] - single[1]).abs().max())})


def large(folder, kind):
    """Eight texts of several lengths, padded to the longest, and eight images where there is an image encoder."""
    out = os.path.join(folder, "model")
    os.makedirs(out, exist_ok=True)
    pad = 1 if "roberta" in kind or kind == "m-clip" else 0
    vision = None
    if kind == "chinese-b16":
        model = large_draw(transformers.ChineseCLIPModel(transformers.ChineseCLIPConfig(
            text_config=dict(vocab_size=21128), vision_config=dict(image_size=224, patch_size=16), projection_dim=512)))
        model.save_pretrained(out)
        vocab, embed, vision = 21128, (lambda m, i, a: m.get_text_features(input_ids=i, attention_mask=a).pooler_output), (
            lambda m, p: m.get_image_features(pixel_values=p).pooler_output)
        module = model
    elif kind == "distilbert":
        vocab = 119547
        distil = large_draw(transformers.DistilBertModel(transformers.DistilBertConfig(vocab_size=vocab)))
        distil.save_pretrained(out)
        dense = large_draw(torch.nn.Linear(768, 512, bias=False))
        sentence_transformers(out, True, dense)
        module = torch.nn.ModuleDict({"encoder": distil, "dense": dense})

        def embed(m, i, a):
            x = m["encoder"](input_ids=i, attention_mask=a).last_hidden_state * a[..., None]
            return m["dense"](x.sum(1) / a.sum(1, keepdim=True))
    elif kind == "m-clip":
        vocab = 250002
        roberta = large_draw(transformers.XLMRobertaModel(transformers.XLMRobertaConfig(
            vocab_size=vocab, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)))
        module = torch.nn.ModuleDict({"transformer": roberta, "LinearTransformation": large_draw(torch.nn.Linear(768, 512))})
        safetensors_io.save(os.path.join(out, "model.safetensors"), {k: v.detach().numpy() for k, v in module.named_parameters()})
        write_json(os.path.join(out, "config.json"), {
            "model_type": "M-CLIP", "modelBase": "xlm-roberta-base", "numDims": 512, "transformerDimensions": 768})

        def embed(m, i, a):
            x = m["transformer"](input_ids=i, attention_mask=a).last_hidden_state * a[..., None]
            return m["LinearTransformation"](x.sum(1) / a.sum(1, keepdim=True))
    else:
        import open_clip
        from open_clip import hf_model
        config = transformers.XLMRobertaConfig(
            vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, bos_token_id=0, pad_token_id=1,
            eos_token_id=2)
        hf_model.AutoConfig.from_pretrained = staticmethod(lambda *a, **k: config)
        cfg = open_clip.get_model_config("xlm-roberta-base-ViT-B-32")
        cfg["text_cfg"]["hf_model_pretrained"] = False
        module = large_draw(open_clip.CustomTextCLIP(**{k: v for k, v in cfg.items() if k != "custom_text"}))
        safetensors_io.save(os.path.join(out, "open_clip_model.safetensors"),
                            {k: v.detach().numpy() for k, v in module.state_dict().items() if v.dtype == torch.float32})
        write_json(os.path.join(out, "open_clip_config.json"), {"model_cfg": cfg})
        vocab, embed, vision = 250002, (lambda m, i, a: m.encode_text(i)), (lambda m, p: m.encode_image(p))
    generator = torch.Generator().manual_seed(3)
    ids = torch.full((8, 60), pad)
    for i in range(8):
        ids[i, :5 + 7 * i] = torch.randint(5, vocab, (5 + 7 * i,), generator=generator)
    pixels = torch.randn(8, 3, 224, 224, generator=generator)
    mask = (ids != pad).long()
    results, errors = {"ids": ids.numpy().astype(np.float32)}, {}
    with torch.no_grad():
        single = {"texts": embed(module, ids, mask).double()}
        if vision:
            single["images"] = vision(module, pixels).double()
        double = module.double()
        exact = {"texts": embed(double, ids, mask)}
        if vision:
            exact["images"] = vision(double, pixels.double())
            results["pixels"] = pixels.numpy()
    for name, value in exact.items():
        errors[name] = float((value - single[name]).abs().max())
        results[name] = value.numpy().astype(np.float32)
    safetensors_io.save(os.path.join(folder, "expected.safetensors"), results, errors)
    print(kind, errors)


if __name__ == "__main__":
    small() if sys.argv[1] == "small" else large(sys.argv[2], sys.argv[3])
