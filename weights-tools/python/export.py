"""Computes what a checkpoint's every stage should give, for `clip verify`:

    python3 export.py MODEL expected.safetensors [--pixels pixels.npy] [--ids 49406,320,49407 …]

MODEL is a directory in Hugging Face's layout, or a file that torch.load reads with `--config config.json`; OpenAI's names are understood too. Inputs are
random but always the same unless they are given. Results are float64 rounded to float32; the metadata holds, for each, the error that PyTorch's own
float32 run makes.
"""
import argparse
import json
import os

import numpy as np
import torch

import safetensors_io
from clip_reference import Clip

BLOCK = {"ln_1.": "layer_norm1.", "ln_2.": "layer_norm2.", "attn.out_proj.": "self_attn.out_proj.", "mlp.c_fc.": "mlp.fc1.", "mlp.c_proj.": "mlp.fc2."}
NAMES = {"token_embedding.weight": "embeddings.token_embedding.weight", "positional_embedding": "embeddings.position_embedding.weight",
         "class_embedding": "embeddings.class_embedding", "conv1.weight": "embeddings.patch_embedding.weight"}
NORMS = {"ln_pre.": "pre_layrnorm.", "ln_post.": "post_layernorm.", "ln_final.": "final_layer_norm."}


def from_openai(state):
    """OpenAI's and open_clip's names and shapes as Hugging Face's."""
    out = {}
    for name, value in state.items():
        vision = name.startswith("visual.")
        tower, rest = ("vision_model.", name[7:]) if vision else ("text_model.", name.removeprefix("text."))
        if rest.startswith("transformer.resblocks."):
            _, _, layer, part = rest.split(".", 3)
            prefix = f"{tower}encoder.layers.{layer}."
            if part.startswith("attn.in_proj_"):
                for p, third in zip("qkv", np.split(value, 3)):
                    out[f"{prefix}self_attn.{p}_proj.{part[13:]}"] = third
            else:
                old = next(o for o in BLOCK if part.startswith(o))
                out[prefix + BLOCK[old] + part[len(old):]] = value
        elif rest in NAMES:
            out[tower + NAMES[rest]] = value
        elif rest in ("proj", "text_projection"):
            out["visual_projection.weight" if vision else "text_projection.weight"] = value.T
        elif any(rest.startswith(n) for n in NORMS):
            old = next(n for n in NORMS if rest.startswith(n))
            out[tower + NORMS[old] + rest[len(old):]] = value
        elif rest in ("logit_scale", "logit_bias"):
            out[rest] = value
    return out


def load(model, config):
    if os.path.isdir(model):
        config = config or os.path.join(model, "config.json")
        files = [f for f in ("model.safetensors", "pytorch_model.bin") if os.path.exists(os.path.join(model, f))]
        model = os.path.join(model, files[0])
    if model.endswith(".safetensors"):
        state = safetensors_io.load(model)
    else:
        state = {k: v.float().numpy() for k, v in torch.load(model, map_location="cpu", weights_only=True).items()}
    if not any(k.startswith(("text_model.", "vision_model.")) for k in state):
        state = from_openai(state)
    with open(config) as f:
        return json.load(f), state


def run(config, state, dtype, pixels, texts):
    model, results = Clip(config, state, dtype), {}
    for prefix, encode, inputs in (("image", model.encode_image, [torch.from_numpy(p[None]) for p in pixels]),
                                   ("text", model.encode_text, [t[None] for t in texts])):
        for i, x in enumerate(inputs):
            model.record = {}
            encode(x)
            results.update({f"{prefix}{i}/{k}": v[0] for k, v in model.record.items()})
    return results


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("output")
    arguments.add_argument("--config", help="the config.json of a file of weights")
    arguments.add_argument("--pixels", help="an npy file of preprocessed pictures, [n, 3, h, w]")
    arguments.add_argument("--ids", nargs="*", help="token ids of a text, separated by commas, start and end included")
    arguments = arguments.parse_args()
    config, state = load(arguments.model, arguments.config)
    rng = np.random.default_rng(1)
    size = config.get("vision_config", {}).get("image_size", 224)
    pixels = np.load(arguments.pixels) if arguments.pixels else rng.standard_normal((1, 3, size, size)).astype(np.float32)
    vocabulary = len(state["text_model.embeddings.token_embedding.weight"]) if "text_model.embeddings.token_embedding.weight" in state else 0
    if arguments.ids:
        texts = [np.array([int(i) for i in ids.split(",")]) for ids in arguments.ids]
    else:
        texts = [np.array([vocabulary - 2, *rng.integers(0, vocabulary - 2, 6), vocabulary - 1])] if vocabulary else []
    pixels = pixels if any(k.startswith("vision_model.") for k in state) else []
    exact = run(config, state, torch.float64, pixels, texts)
    single = run(config, state, torch.float32, pixels, texts)
    tensors = {f"ids.{i}": text.astype(np.float32) for i, text in enumerate(texts)}
    if len(pixels):
        tensors["pixels"] = np.asarray(pixels, np.float32)
    metadata = {name: repr(float(np.abs(exact[name] - single[name]).max())) for name in exact}
    safetensors_io.save(arguments.output, {**tensors, **{k: v.astype(np.float32) for k, v in exact.items()}}, metadata)


if __name__ == "__main__":
    main()
