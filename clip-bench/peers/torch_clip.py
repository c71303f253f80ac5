"""CLIP in PyTorch as one would write it for speed on a CPU: fused queries, keys and values, fused attention, inference mode.

    python3 torch_clip.py DIR --tower image --threads 2 --batch 1,8,32 --seconds 3

prints one JSON line a batch size: the median rate over rounds of at least half a second, after a warm-up. The text tower computes all --tokens
positions, as the reference implementations do.
"""
import argparse
import json
import os
import statistics
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "weights-tools", "python"))
import safetensors_io  # noqa: E402
from clip_reference import TEXT_DEFAULTS, VISION_DEFAULTS  # noqa: E402


class Tower:
    def __init__(self, directory, name):
        with open(os.path.join(directory, "config.json")) as f:
            config = json.load(f)
        self.c = {**VISION_DEFAULTS, **config["vision_config"]} if name == "image" else {**TEXT_DEFAULTS, **config["text_config"]}
        self.siglip = config.get("model_type") == "siglip"
        self.name = "vision_model" if name == "image" else "text_model"
        w = {k: torch.from_numpy(np.array(v)) for k, v in safetensors_io.load(os.path.join(directory, "model.safetensors")).items()}
        self.w, self.layers, self.query = w, [], None
        for i in range(self.c["num_hidden_layers"]):
            p = f"{self.name}.encoder.layers.{i}."
            qkv = [torch.cat([w[f"{p}self_attn.{x}_proj.{kind}"] for x in "qkv"]) for kind in ("weight", "bias")]
            names = ("layer_norm1", "self_attn.out_proj", "layer_norm2", "mlp.fc1", "mlp.fc2")
            self.layers.append(qkv + [w[p + n + "." + kind] for n in names for kind in ("weight", "bias")])

    def blocks(self, x, causal):
        heads, d, quick = self.c["num_attention_heads"], x.shape[-1], self.c["hidden_act"] == "quick_gelu"
        for qkv_w, qkv_b, n1_w, n1_b, o_w, o_b, n2_w, n2_b, f1_w, f1_b, f2_w, f2_b in self.layers:
            b, n, _ = x.shape
            y = F.linear(self.norm(x, n1_w, n1_b), qkv_w, qkv_b).view(b, n, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(y[0], y[1], y[2], is_causal=causal).transpose(1, 2).reshape(b, n, d)
            x = x + F.linear(y, o_w, o_b)
            h = F.linear(self.norm(x, n2_w, n2_b), f1_w, f1_b)
            h = h * torch.sigmoid(1.702 * h) if quick else self.gelu(h)
            x = x + F.linear(h, f2_w, f2_b)
        return x

    def norm(self, x, weight, bias):
        return F.layer_norm(x, (x.shape[-1],), weight, bias, self.c["layer_norm_eps"])

    def gelu(self, x):
        return F.gelu(x, approximate="tanh" if self.c["hidden_act"] == "gelu_pytorch_tanh" else "none")

    def siglip_image(self, pixels):
        w, p, b = self.w, self.name + ".", len(pixels)
        patch = p + "embeddings.patch_embedding."
        x = F.conv2d(pixels, w[patch + "weight"], w[patch + "bias"], stride=self.c["patch_size"]).flatten(2).transpose(1, 2)
        x = self.blocks(x + w[p + "embeddings.position_embedding.weight"], False)
        x = self.norm(x, w[p + "post_layernorm.weight"], w[p + "post_layernorm.bias"])
        p, d, heads = p + "head.", x.shape[-1], self.c["num_attention_heads"]
        if self.query is None:
            self.query = F.linear(w[p + "probe"], w[p + "attention.in_proj_weight"][:d], w[p + "attention.in_proj_bias"][:d])
        kv = F.linear(x, w[p + "attention.in_proj_weight"][d:], w[p + "attention.in_proj_bias"][d:])
        k, v = kv.view(b, -1, 2, heads, d // heads).permute(2, 0, 3, 1, 4)
        q = self.query.view(1, 1, heads, d // heads).transpose(1, 2).expand(b, -1, -1, -1)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, d)
        y = F.linear(y, w[p + "attention.out_proj.weight"], w[p + "attention.out_proj.bias"])
        h = F.linear(self.norm(y, w[p + "layernorm.weight"], w[p + "layernorm.bias"]), w[p + "mlp.fc1.weight"], w[p + "mlp.fc1.bias"])
        return y + F.linear(self.gelu(h), w[p + "mlp.fc2.weight"], w[p + "mlp.fc2.bias"])

    def siglip_text(self, ids):
        w, p = self.w, self.name + "."
        x = F.embedding(ids, w[p + "embeddings.token_embedding.weight"]) + w[p + "embeddings.position_embedding.weight"][:ids.shape[1]]
        x = self.norm(self.blocks(x, False)[:, -1], w[p + "final_layer_norm.weight"], w[p + "final_layer_norm.bias"])
        return F.linear(x, w[p + "head.weight"], w[p + "head.bias"])

    def image(self, pixels):
        if self.siglip:
            return self.siglip_image(pixels)
        w, p, d = self.w, self.name + ".", self.c["hidden_size"]
        x = F.conv2d(pixels, w[p + "embeddings.patch_embedding.weight"], stride=self.c["patch_size"]).flatten(2).transpose(1, 2)
        x = torch.cat([w[p + "embeddings.class_embedding"].expand(len(x), 1, d), x], 1) + w[p + "embeddings.position_embedding.weight"]
        x = self.blocks(F.layer_norm(x, (d,), w[p + "pre_layrnorm.weight"], w[p + "pre_layrnorm.bias"]), False)
        return F.linear(F.layer_norm(x[:, 0], (d,), w[p + "post_layernorm.weight"], w[p + "post_layernorm.bias"]), w["visual_projection.weight"])

    def text(self, ids):
        if self.siglip:
            return self.siglip_text(ids)
        w, p, d = self.w, self.name + ".", self.c["hidden_size"]
        x = F.embedding(ids, w[p + "embeddings.token_embedding.weight"]) + w[p + "embeddings.position_embedding.weight"][:ids.shape[1]]
        x = self.blocks(x, True)[torch.arange(len(ids)), ids.argmax(-1)]
        return F.linear(F.layer_norm(x, (d,), w[p + "final_layer_norm.weight"], w[p + "final_layer_norm.bias"]), w["text_projection.weight"])


def rate(run, seconds):
    start = time.perf_counter()
    while time.perf_counter() - start < min(2, seconds):
        run()
    rates, end = [], time.perf_counter() + seconds
    while not rates or time.perf_counter() < end:
        passes, start = 0, time.perf_counter()
        while time.perf_counter() - start < 0.5:
            run()
            passes += 1
        rates.append(passes / (time.perf_counter() - start))
    return statistics.median(rates)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("--tower", choices=("image", "text"), required=True)
    arguments.add_argument("--threads", type=int, required=True)
    arguments.add_argument("--batch", required=True)
    arguments.add_argument("--tokens", type=int, default=77)
    arguments.add_argument("--seconds", type=float, default=3)
    a = arguments.parse_args()
    torch.set_num_threads(a.threads)
    tower = Tower(a.model, a.tower)
    with torch.inference_mode():
        for batch in map(int, a.batch.split(",")):
            if a.tower == "image":
                x = torch.randn(batch, 3, tower.c["image_size"], tower.c["image_size"])
                per_second = batch * rate(lambda: tower.image(x), a.seconds)
            else:
                ids = torch.randint(0, tower.c["vocab_size"] - 2, (batch, a.tokens))
                ids[:, -1] = tower.c["vocab_size"] - 1
                per_second = batch * rate(lambda: tower.text(ids), a.seconds)
            print(json.dumps(dict(tower=a.tower, batch=batch, threads=a.threads, per_second=per_second)), flush=True)


if __name__ == "__main__":
    main()
