"""A SigLIP, CLIPA or MobileCLIP of a published size with random weights, its inputs, and what transformers or open_clip and timm make of them in float64:

    python make_large_siglip.py FOLDER hf b32-256|b16-224|so400m-vision
    python make_large_siglip.py FOLDER open_clip ViT-B-16-SigLIP|ViT-L-14-CLIPA|MobileCLIP-B|MobileCLIP2-L-14

FOLDER/model is a repository that clip4j reads; FOLDER/expected.safetensors has 8 images and texts, the outputs, and in its metadata the error of the
library's own float32 run. LargeModelsTest compares with it.
"""
import json
import os
import sys

import numpy as np
import torch

import make_siglip_goldens as goldens
import open_clip
import safetensors_io
import transformers

BATCH = 8
SIZES = {
    "b32-256": (dict(image_size=256, patch_size=32), dict(vocab_size=256000)),
    "b16-224": (dict(image_size=224, patch_size=16), dict(vocab_size=32000)),
    "so400m-vision": (dict(image_size=384, patch_size=14, hidden_size=1152, intermediate_size=4304, num_hidden_layers=27,
                           num_attention_heads=16), None),
}


def large_draw(model):
    """Draws in place, tensor by tensor; biases and gains are moved from their beginnings, which would hide them."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            if p.numel() == 1:
                p.fill_(2.0 if "scale" in name else -3.0)
            elif p.ndim >= 2 and p.shape[0] > 1 and "embed" not in name.split(".")[-2:][0] and "embedding" not in name:
                p.normal_(0, p[0].numel() ** -0.5, generator=generator)
            elif p.ndim == 1 and name.endswith("weight"):
                p.normal_(1, 0.1, generator=generator)
            else:
                p.normal_(0, 0.1, generator=generator)
    return model.eval()


def trained_statistics(model, encode, pixels):
    """The statistics of each batch norm are roughly those of what it gets, as training makes them, and not quite."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    with torch.no_grad():
        encode(pixels)
        for norm in norms:
            norm.running_mean.mul_(1.25)
            norm.running_var.mul_(0.75)
    return model.eval()


def hugging_face(folder, size):
    vision, text = SIZES[size]
    if text is None:
        model = large_draw(transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**vision)))
    else:
        model = large_draw(transformers.SiglipModel(transformers.SiglipConfig(vision_config=vision, text_config=text)))
    model.save_pretrained(os.path.join(folder, "model"), max_shard_size="20GB")

    def run(dtype, pixels, ids):
        tower = model.vision_model if text is not None else model
        images = [tower.to(dtype)(pixel_values=p[None].to(dtype)).pooler_output for p in pixels]
        texts = [] if text is None else [model.text_model.to(dtype)(input_ids=i[None]).pooler_output for i in ids]
        return [torch.cat(x).double().numpy() for x in (images, texts) if x]
    return run, vision["image_size"], (text or {}).get("vocab_size", 2), 64


def of_open_clip(folder, name):
    model = large_draw(open_clip.create_model(name))
    size = model.visual.image_size
    size = size if isinstance(size, int) else size[0]
    trained_statistics(model, model.encode_image, torch.rand((BATCH, 3, size, size), generator=torch.Generator().manual_seed(5)))
    os.makedirs(os.path.join(folder, "model"), exist_ok=True)
    config = open_clip.get_model_config(name)
    with open(os.path.join(folder, "model", "open_clip_config.json"), "w") as f:
        json.dump(dict(model_cfg=config), f)
    goldens.save_tensors(os.path.join(folder, "model"), "open_clip_model.safetensors", model.state_dict())

    def run(dtype, pixels, ids):
        m = model.to(dtype)
        return [torch.cat([m.encode_image(p[None].to(dtype)) for p in pixels]).double().numpy(),
                torch.cat([m.encode_text(i[None]) for i in ids]).double().numpy()]
    return run, config["vision_cfg"]["image_size"], config["text_cfg"]["vocab_size"], config["text_cfg"]["context_length"]


def main(folder, kind, name):
    run, size, vocabulary, context = (hugging_face if kind == "hf" else of_open_clip)(folder, name)
    rng = np.random.default_rng(3)
    pixels = torch.from_numpy(rng.standard_normal((BATCH, 3, size, size)).astype(np.float32))
    ids = torch.from_numpy(rng.integers(0, vocabulary, (BATCH, context), dtype=np.int64))
    with torch.no_grad():
        single = run(torch.float32, pixels, ids)
        exact = run(torch.float64, pixels, ids)
    names = ["images", "texts"][:len(exact)]
    metadata = {n: repr(float(np.abs(e - s).max())) for n, e, s in zip(names, exact, single)}
    print(name, metadata, {n: float(np.abs(e).max()) for n, e in zip(names, exact)})
    tensors = {"pixels": pixels.numpy(), "ids": ids.numpy().astype(np.float32), **{n: e.astype(np.float32) for n, e in zip(names, exact)}}
    safetensors_io.save(os.path.join(folder, "expected.safetensors"), tensors, metadata)


if __name__ == "__main__":
    main(*sys.argv[1:])
