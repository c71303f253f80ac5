"""Writes a checkpoint in Hugging Face layout with random weights, drawn as CLIP initialises them
(openai/CLIP `clip/model.py`, `CLIP.initialize_parameters`); those of SigLIP are of the same size.

    python3 random_checkpoint.py b32 DIR [--seed 1] [--tokenizer DIR_WITH_VOCAB_AND_MERGES]
"""
import argparse
import json
import os
import shutil

import numpy as np

import safetensors_io

PRESETS = {
    "b32": dict(vision_config={}, text_config={}, projection_dim=512),
    "b16": dict(vision_config=dict(patch_size=16), text_config={}, projection_dim=512),
    "l14": dict(vision_config=dict(patch_size=14, hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16),
                text_config=dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12), projection_dim=768),
    "h14": dict(vision_config=dict(patch_size=14, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=16, hidden_act="gelu"),
                text_config=dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, hidden_act="gelu"),
                projection_dim=1024),
    "odd": dict(vision_config=dict(patch_size=7, image_size=100, hidden_size=200, intermediate_size=500, num_hidden_layers=6, num_attention_heads=5),
                text_config=dict(hidden_size=120, intermediate_size=350, num_hidden_layers=6, num_attention_heads=5, max_position_embeddings=20),
                projection_dim=72),
    "siglip2-b32-256": dict(
        model_type="siglip",
        vision_config=dict(image_size=256, patch_size=32, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6),
        text_config=dict(vocab_size=256000, max_position_embeddings=64, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                         num_attention_heads=12, projection_size=768, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6)),
}


def draw(config, seed, affine_noise=0.0):
    """name -> float32 array. With affine_noise, biases and the gains of norms are drawn too, so that a test would see them ignored."""
    from clip_reference import TEXT_DEFAULTS, VISION_DEFAULTS
    rng = np.random.default_rng(seed)
    w = {}

    def normal(name, shape, std):
        w[name] = (rng.standard_normal(shape, dtype=np.float32) * np.float32(std))

    def affine(name, d, gain):
        w[name + ".bias"] = affine_noise * rng.standard_normal(d, dtype=np.float32)
        if gain:
            w[name + ".weight"] = 1 + affine_noise * rng.standard_normal(d, dtype=np.float32)

    def tower(name, c):
        d, m, layers = c["hidden_size"], c["intermediate_size"], c["num_hidden_layers"]
        attn_std, proj_std, fc_std = d ** -0.5, d ** -0.5 * (2 * layers) ** -0.5, (2 * d) ** -0.5
        for i in range(layers):
            block = f"{name}.encoder.layers.{i}"
            affine(block + ".layer_norm1", d, True)
            for p in "qkv":
                normal(f"{block}.self_attn.{p}_proj.weight", (d, d), attn_std)
                affine(f"{block}.self_attn.{p}_proj", d, False)
            normal(block + ".self_attn.out_proj.weight", (d, d), proj_std)
            affine(block + ".self_attn.out_proj", d, False)
            affine(block + ".layer_norm2", d, True)
            normal(block + ".mlp.fc1.weight", (m, d), fc_std)
            affine(block + ".mlp.fc1", m, False)
            normal(block + ".mlp.fc2.weight", (d, m), proj_std)
            affine(block + ".mlp.fc2", d, False)

    v, t, p = {**VISION_DEFAULTS, **config["vision_config"]}, {**TEXT_DEFAULTS, **config["text_config"]}, config.get("projection_dim")
    siglip = config.get("model_type") == "siglip"
    d, m = v["hidden_size"], v["intermediate_size"]
    if not siglip:
        normal("vision_model.embeddings.class_embedding", (d,), d ** -0.5)
    normal("vision_model.embeddings.patch_embedding.weight", (d, 3, v["patch_size"], v["patch_size"]), 0.02)
    normal("vision_model.embeddings.position_embedding.weight", ((v["image_size"] // v["patch_size"]) ** 2 + (not siglip), d), d ** -0.5)
    if not siglip:
        affine("vision_model.pre_layrnorm", d, True)
    tower("vision_model", v)
    affine("vision_model.post_layernorm", d, True)
    if siglip:
        head = "vision_model.head"
        affine("vision_model.embeddings.patch_embedding", d, False)
        normal(head + ".probe", (1, 1, d), 1)
        normal(head + ".attention.in_proj_weight", (3 * d, d), d ** -0.5)
        normal(head + ".attention.in_proj_bias", (3 * d,), affine_noise)
        normal(head + ".attention.out_proj.weight", (d, d), d ** -0.5)
        affine(head + ".attention.out_proj", d, False)
        affine(head + ".layernorm", d, True)
        normal(head + ".mlp.fc1.weight", (m, d), d ** -0.5)
        affine(head + ".mlp.fc1", m, False)
        normal(head + ".mlp.fc2.weight", (d, m), m ** -0.5)
        affine(head + ".mlp.fc2", d, False)
    else:
        normal("visual_projection.weight", (p, d), d ** -0.5)
    d = t["hidden_size"]
    normal("text_model.embeddings.token_embedding.weight", (t["vocab_size"], d), 0.02)
    normal("text_model.embeddings.position_embedding.weight", (t["max_position_embeddings"], d), 0.01)
    tower("text_model", t)
    affine("text_model.final_layer_norm", d, True)
    if siglip:
        normal("text_model.head.weight", (t["projection_size"], d), d ** -0.5)
        affine("text_model.head", t["projection_size"], False)
        w["logit_bias"] = np.array([-10], dtype=np.float32)
    else:
        normal("text_projection.weight", (p, d), d ** -0.5)
    w["logit_scale"] = np.array([np.log(10)] if siglip else np.log(1 / 0.07), dtype=np.float32)
    return w


def write(directory, config, seed, affine_noise=0.0):
    os.makedirs(directory, exist_ok=True)
    safetensors_io.save(os.path.join(directory, "model.safetensors"), draw(config, seed, affine_noise), {"format": "pt"})
    with open(os.path.join(directory, "config.json"), "w") as f:
        json.dump({"model_type": "clip", **config}, f, indent=2)
        f.write("\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=PRESETS)
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokenizer", help="a directory with vocab.json and merges.txt to copy")
    args = parser.parse_args()
    write(args.directory, PRESETS[args.preset], args.seed)
    for file in ("vocab.json", "merges.txt"):
        if args.tokenizer:
            shutil.copyfile(os.path.join(args.tokenizer, file), os.path.join(args.directory, file))
