"""Small MobileCLIPs with random weights, and what open_clip and timm make of them in float64:

    python make_mobileclip_goldens.py ../../clip4j/src/test/resources/golden/mobileclip

b/      MobileCLIP-B: timm's VisionTransformer over its ConvStem, with statistics of batch norms that are those of the images, and CLIP's texts
l14/    MobileCLIP2-L-14: timm's VisionTransformer, and texts without a causal mask
merges  a vocabulary of CLIP's form, and what open_clip's tokenizer makes of a few texts

open_clip's configs name published extents alone, so a test says those of these. Versions are in the files.
"""
import gzip
import os
import sys
from functools import partial

import numpy as np
import torch

import make_siglip_goldens as siglip
import open_clip
import timm
from make_large_siglip import trained_statistics
from timm.layers import HybridEmbed
from timm.models.vision_transformer_hybrid import ConvStem

SEED = 20261127
CONTEXT, WIDTH, HEADS, LAYERS, DIM = 16, 24, 3, 2, 20
SIZE, LARGER, PATCH = 50, 66, dict(b=16, l14=8)  # 50 is 3 patches of 16 and 2 pixels that no window reads
MERGES = ["p h", "o t", "ph ot", "phot o</w>", "c a", "ca t</w>", "o f</w>", "d o", "do g", "dog s</w>", "t w", "tw o</w>"]
TEXTS = ["a photo of a cat", "", "Two DOGS!", "Кошка", "two dogs, and a red circle " * 3]


def trunk(kind):
    """timm's vit_base_mci_224 and vit_large_patch14_clip_224 with other extents."""
    args = dict(img_size=SIZE, embed_dim=WIDTH, depth=LAYERS, num_heads=HEADS, num_classes=DIM, global_pool="token")
    if kind == "b":
        stem = ConvStem(channels=(WIDTH // 4, WIDTH // 4, WIDTH), stride=(4, 2, 2), kernel_size=(4, 2, 2), padding=0, act_layer=torch.nn.GELU)
        args.update(patch_size=1, no_embed_class=True, embed_layer=partial(HybridEmbed, backbone=stem, proj=False))
    else:
        args.update(patch_size=PATCH[kind], pre_norm=True, norm_layer=partial(timm.layers.LayerNorm, eps=1e-5))
    return timm.models.vision_transformer.VisionTransformer(**args)


class Model(torch.nn.Module):
    """open_clip's CustomTextCLIP over these towers; what it adds to them is a scalar."""

    def __init__(self, kind, vocabulary):
        super().__init__()
        self.visual = torch.nn.Module()
        self.visual.trunk = trunk(kind)
        self.text = open_clip.transformer.TextTransformer(
            context_length=CONTEXT, vocab_size=vocabulary, width=WIDTH, heads=HEADS, layers=LAYERS, output_dim=DIM, no_causal_mask=kind == "l14")
        self.logit_scale = torch.nn.Parameter(torch.ones([]))


def results(model, dtype, pixels, other, ids):
    model = model.to(dtype)
    with torch.no_grad():
        out = {"images": model.visual.trunk(pixels.to(dtype)), "texts": model.text(ids)}
        trained = model.visual.trunk.pos_embed.data.clone()
        torch.set_default_dtype(dtype)  # timm finds the new grid with zeros of it
        model.visual.trunk.set_input_size(img_size=LARGER)
        out["other_size"] = model.visual.trunk(other.to(dtype))
        model.visual.trunk.set_input_size(img_size=SIZE)
        torch.set_default_dtype(torch.float32)
        model.visual.trunk.pos_embed.data = trained
    return {k: v.double().numpy() for k, v in out.items()}


def images(count, size):
    """Colours between 0 and 1, as MobileCLIP-B gets them; the tests make the same."""
    return torch.tensor([i % 97 / 96 for i in range(count * 3 * size * size)], dtype=torch.float32).view(count, 3, size, size)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    merges = os.path.join(folder, "bpe_simple_vocab_16e6.txt.gz")
    with open(merges, "wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as f:
        f.write(("#version: 0.2\n" + "\n".join(MERGES)).encode())
    tokenizer = open_clip.tokenizer.SimpleTokenizer(merges, context_length=CONTEXT)
    ids = tokenizer(TEXTS)
    siglip.write(folder, "tokens.json", dict(open_clip=open_clip.__version__, texts=TEXTS, ids=ids.tolist()))
    pixels, other = images(2, SIZE), images(1, LARGER)
    for kind in "b", "l14":
        model = siglip.draw(Model(kind, tokenizer.vocab_size), SEED)
        trained_statistics(model, model.visual.trunk, pixels)
        path = os.path.join(folder, kind)
        os.makedirs(path, exist_ok=True)
        siglip.save_tensors(path, "open_clip_model.safetensors", model.state_dict())
        single = results(model, torch.float32, pixels, other, ids)
        exact = results(model, torch.float64, pixels, other, ids)
        siglip.write(path, "expected.json", dict(
            command="python weights-tools/python/make_mobileclip_goldens.py clip4j/src/test/resources/golden/mobileclip", seed=SEED,
            **siglip.versions(), **{k: v.tolist() for k, v in exact.items()},
            float32_error={k: float(np.abs(v - single[k]).max()) for k, v in exact.items()}))
        print(kind, {k: float(np.abs(v - single[k]).max()) for k, v in exact.items()}, {k: float(np.abs(v).max()) for k, v in exact.items()})


if __name__ == "__main__":
    main(sys.argv[1])
