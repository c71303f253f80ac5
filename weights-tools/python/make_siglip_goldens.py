"""Makes the small SigLIPs that the Java tests compare with, by transformers, open_clip and timm:

    python make_siglip_goldens.py ../../clip-vit/src/test/resources/golden

siglip/     a repository in Hugging Face's layout: a seeded SiglipModel with awkward extents, a tokenizer of SigLIP 2's kind trained on a few
            captions, an image, every intermediate result in float64 (stored as float32), and the answer of the zero-shot pipeline
siglip_timm/  the same kind of model of timm's VisionTransformer and open_clip's TextTransformer: its weights under their names, and its outputs
siglip_tokens/  a SentencePiece file as SigLIP 1 has it, and what transformers and open_clip make of texts

The manifests hold, for each tensor, the greatest magnitude and the error that the library's own float32 run makes: the tests derive their bounds
from both. Versions are in them.
"""
import json
import os
import platform
import sys

import numpy as np
import torch

library = torch.library.Library("torchvision", "DEF")  # the extension of torchvision's wheel does not load beside the CPU torch
for operator in ("nms", "qnms"):
    library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import open_clip  # noqa: E402
import timm  # noqa: E402
import tokenizers  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

import safetensors_io  # noqa: E402
import tokenizer_zoo  # noqa: E402

SEED = 20261126
CONTEXT = 64
TEXTS = ["a photo of a cat", "Two DOGS! une photo d'un chat noir sur la table de la cuisine, en hiver, au soleil, 猫"]
LABELS = ["two cats", "a red bicycle", "une pomme", "猫の写真"]
CLEANED = ["A photo of 2 cats!", "snake_case and kebab-case", "it's «quoted» — “curly” … ¿qué?", "  white \t space\u00a0here\n", "ＡＢＣ １２３", "ΑΣ σας",
           "İstanbul", "a_b__c", "&lt;html&gt; &amp;amp;", "", " ", "!?", "naïve café", "生活的真谛是", "🙂👩‍🚀", "$1.50 (50%)", "ﬁ ligature", "don’t",
           "\u001fseparator\u001c", "\u0085next", "a▁b", "▁▁", "x" * 300]


def versions():
    return dict(torch=torch.__version__, transformers=transformers.__version__, tokenizers=tokenizers.__version__,
                open_clip=open_clip.__version__, timm=timm.__version__, numpy=np.__version__, python=platform.python_version())


def draw(model, seed):
    """Weights of a size that makes every part matter, each tensor from the same generator in the order of its name."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            if name.endswith("logit_scale"):
                p.fill_(2.5)
            elif name.endswith("logit_bias"):
                p.fill_(-3.25)
            elif p.ndim >= 2 and not name.endswith(("probe", "latent", "embedding.weight", "embedding", "pos_embed")):
                p.copy_(noise * (p[0].numel() ** -0.5))
            elif p.ndim == 1 and name.endswith("weight"):
                p.copy_(1 + 0.1 * noise)  # the gain of a norm
            else:
                p.copy_(0.3 * noise)
    return model.eval()


def hook(model, record):
    """Every stage under the name that clip4j's traces have, `[n, d]`."""
    def keep(name):
        return lambda module, inputs, output: record.__setitem__(name, (output[0] if isinstance(output, tuple) else output).detach().clone())

    def keep_input(name):
        return lambda module, inputs: record.__setitem__(name, inputs[0].detach().clone())

    handles = []
    for name, module in model.named_modules():
        if name.endswith("self_attn.out_proj"):
            handles.append(module.register_forward_pre_hook(keep_input(name.removesuffix(".out_proj"))))
        if name.endswith("mlp.fc2"):
            handles.append(module.register_forward_pre_hook(keep_input(name.removesuffix(".fc2"))))
        if name.endswith("head.attention"):
            handles.append(module.register_forward_hook(keep(name + ".out_proj")))
        elif name.endswith(("embeddings", "patch_embedding", "norm1", "norm2", "q_proj", "k_proj", "v_proj", "self_attn.out_proj", "fc1", "fc2",
                            "post_layernorm", "final_layer_norm", "head", "layernorm")) or name.split(".")[-1].isdigit():
            handles.append(module.register_forward_hook(keep(name)))
    return handles


def rows(value):
    """`[1, n, d]` or `[1, d]` or the `[1, d, h, w]` of a convolution as `[n, d]`."""
    if value.ndim == 4:
        value = value.flatten(2).transpose(1, 2)
    return value.reshape(-1, value.shape[-1]).double().numpy()


def hf_results(model, dtype, pixels, ids, other):
    model = model.to(dtype)
    results, record = {}, {}
    handles = hook(model, record)
    with torch.no_grad():
        for i in range(len(pixels)):
            record.clear()
            model.vision_model(pixel_values=pixels[i:i + 1].to(dtype))
            results.update({f"image{i}/{k}": rows(v) for k, v in record.items()})
        for i in range(len(ids)):
            record.clear()
            model.text_model(input_ids=ids[i:i + 1])
            results.update({f"text{i}/{k}": rows(v) for k, v in record.items()})
        for handle in handles:
            handle.remove()
        out = model(input_ids=ids, pixel_values=pixels.to(dtype))
        results["logits_per_image"] = out.logits_per_image.double().numpy()
        larger = model.vision_model(pixel_values=other.to(dtype), interpolate_pos_encoding=True).pooler_output
        results["other_size"] = larger.double().numpy()
    return results


def manifest(directory, exact, single, more):
    write(directory, "manifest.json", dict(
        command="python weights-tools/python/make_siglip_goldens.py clip-vit/src/test/resources/golden", seed=SEED, **versions(), **more,
        tensors={k: dict(max=float(np.abs(v).max()), float32_error=float(np.abs(v - single[k]).max())) for k, v in exact.items()}))


def write(directory, name, document):
    with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
        json.dump(document, f, indent=1, ensure_ascii=False)
        f.write("\n")


def save_tensors(directory, name, tensors):
    safetensors_io.save(os.path.join(directory, name), {k: np.asarray(v, np.float32) for k, v in tensors.items()})


def hugging_face(directory):
    os.makedirs(directory, exist_ok=True)
    backend = tokenizer_zoo.gemma(tokenizer_zoo.CAPTIONS, 420, None)
    backend.no_padding(), backend.no_truncation()
    tokenizer = transformers.Siglip2Tokenizer(
        vocab=json.loads(backend.to_str())["model"]["vocab"], merges=[tuple(m) for m in json.loads(backend.to_str())["model"]["merges"]],
        padding_side="right", model_max_length=CONTEXT, model_input_names=["input_ids"])  # without a mask, as the models were trained
    tokenizer._tokenizer.post_processor = backend.post_processor
    tokenizer.save_pretrained(directory)
    config = transformers.SiglipConfig(
        text_config=dict(hidden_size=36, intermediate_size=76, num_hidden_layers=2, num_attention_heads=3, vocab_size=len(tokenizer),
                         max_position_embeddings=CONTEXT, projection_size=40),
        vision_config=dict(hidden_size=40, intermediate_size=100, num_hidden_layers=3, num_attention_heads=5, image_size=30, patch_size=7))
    torch.manual_seed(SEED)
    model = draw(transformers.SiglipModel(config), SEED)
    model.save_pretrained(directory, safe_serialization=True)
    processor = transformers.SiglipImageProcessorPil(size=dict(height=30, width=30), image_mean=[0.5] * 3, image_std=[0.5] * 3)
    processor.save_pretrained(directory)
    rng = np.random.default_rng(SEED)
    y, x = np.mgrid[0:37, 0:53]
    picture = np.stack([4 * x, 6 * y, 128 + 100 * np.sin(x * y / 40)], -1) + rng.integers(0, 40, (37, 53, 3))
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(os.path.join(directory, "image.png"))
    pixels = torch.from_numpy(rng.standard_normal((2, 3, 30, 30)).astype(np.float32))
    other = torch.from_numpy(rng.standard_normal((1, 3, 45, 45)).astype(np.float32))
    ids = tokenizer(TEXTS, padding="max_length", max_length=CONTEXT, truncation=True, return_tensors="pt").input_ids
    exact = hf_results(model, torch.float64, pixels, ids, other)
    single = hf_results(model, torch.float32, pixels, ids, other)
    classify = transformers.pipeline("zero-shot-image-classification", model=model.to(torch.float32), tokenizer=tokenizer, image_processor=processor)
    answer = classify(os.path.join(directory, "image.png"), candidate_labels=LABELS)
    save_tensors(directory, "inputs.safetensors", {"pixels": pixels, "other": other})
    save_tensors(directory, "goldens.safetensors", exact)
    manifest(directory, exact, single, dict(
        texts=TEXTS, ids=ids.tolist(), template="This is a photo of {}.",
        pipeline={a["label"]: a["score"] for a in answer}, prepared=processor(Image.open(os.path.join(directory, "image.png")),
                                                                               return_tensors="np").pixel_values[0].ravel()[:60].tolist()))


class Timm(torch.nn.Module):
    """open_clip's CustomTextCLIP over extents that none of its configs has; what it adds to the towers is two scalars."""

    def __init__(self, tanh):
        super().__init__()
        visual = torch.nn.Module()
        visual.trunk = timm.models.vision_transformer.VisionTransformer(
            img_size=30, patch_size=7, embed_dim=40, depth=3, num_heads=5, mlp_ratio=2.5, class_token=False, global_pool="map", num_classes=0,
            act_layer="gelu_tanh" if tanh else None)
        self.visual = visual
        act = (lambda: torch.nn.GELU(approximate="tanh")) if tanh else torch.nn.GELU
        norm = lambda width: open_clip.transformer.LayerNorm(width, eps=1e-6)  # noqa: E731
        self.text = open_clip.transformer.TextTransformer(
            context_length=CONTEXT, vocab_size=90, width=36, heads=3, layers=2, mlp_ratio=2.12, output_dim=40, no_causal_mask=True,
            pool_type="last", proj_bias=True, act_layer=act, norm_layer=norm)
        self.logit_scale = torch.nn.Parameter(torch.ones([]))
        self.logit_bias = torch.nn.Parameter(torch.ones([]))


def timm_results(model, dtype, pixels, ids, other):
    model = model.to(dtype)
    results = {}
    with torch.no_grad():
        images, texts = model.visual.trunk(pixels.to(dtype)), model.text(ids)
        for i, v in enumerate(images):
            results[f"image{i}"] = v.double().numpy()
        for i, v in enumerate(texts):
            results[f"text{i}"] = v.double().numpy()
        unit = torch.nn.functional.normalize
        logits = model.logit_scale.exp() * unit(images, dim=-1) @ unit(texts, dim=-1).T + model.logit_bias
        results["logits_per_image"] = logits.double().numpy()
        trained = model.visual.trunk.pos_embed.data.clone()
        model.visual.trunk.set_input_size(img_size=42)
        results["other_size"] = model.visual.trunk(other.to(dtype)).double().numpy()
        model.visual.trunk.set_input_size(img_size=30)
        model.visual.trunk.pos_embed.data = trained
    return results


def of_timm(directory):
    os.makedirs(directory, exist_ok=True)
    rng = np.random.default_rng(SEED + 2)
    pixels = torch.from_numpy(rng.standard_normal((2, 3, 30, 30)).astype(np.float32))
    other = torch.from_numpy(rng.standard_normal((1, 3, 42, 42)).astype(np.float32))
    ids = torch.from_numpy(rng.integers(0, 90, (3, CONTEXT), dtype=np.int64))
    exact, single = {}, {}
    for kind, tanh in ("erf", False), ("tanh", True):
        model = draw(Timm(tanh), SEED + 1)
        if not tanh:
            save_tensors(directory, "open_clip_model.safetensors", {k: v for k, v in model.state_dict().items()})
        exact.update({f"{kind}/{k}": v for k, v in timm_results(model, torch.float64, pixels, ids, other).items()})
        model = draw(Timm(tanh), SEED + 1)
        single.update({f"{kind}/{k}": v for k, v in timm_results(model, torch.float32, pixels, ids, other).items()})
    save_tensors(directory, "inputs.safetensors", {"pixels": pixels, "other": other})
    save_tensors(directory, "goldens.safetensors", exact)
    manifest(directory, exact, single, dict(ids=ids.tolist()))


def of_sentencepiece(directory):
    os.makedirs(directory, exist_ok=True)
    proto = tokenizer_zoo.sentencepiece_proto(
        "unigram", 420, tokenizer_zoo.CAPTIONS, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc",
        pad_piece="<pad>", add_dummy_prefix=True)
    path = os.path.join(directory, "spiece.model")
    with open(path, "wb") as f:
        f.write(proto.SerializeToString())
    slow = transformers.SiglipTokenizer(path)
    write(directory, "tokenizer_config.json", dict(
        do_lower_case=True, eos_token="</s>", pad_token="</s>", unk_token="<unk>", model_max_length=64, tokenizer_class="SiglipTokenizer"))
    with open(os.path.join(directory, "tokens.jsonl"), "w", encoding="utf-8") as f:
        for text in CLEANED + tokenizer_zoo.CAPTIONS[::5]:
            ids = slow([text], padding="max_length", max_length=64, truncation=True).input_ids[0]
            cleaned = open_clip.tokenizer.get_clean_fn("canonicalize")(text)
            f.write(json.dumps({"text": text, "hf": ids, "open_clip_text": cleaned}) + "\n")
    write(directory, "manifest.json", versions())


if __name__ == "__main__":
    hugging_face(os.path.join(sys.argv[1], "siglip"))
    of_timm(os.path.join(sys.argv[1], "siglip_timm"))
    of_sentencepiece(os.path.join(sys.argv[1], "siglip_tokens"))
