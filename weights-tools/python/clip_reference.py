"""CLIP in PyTorch, written from the paper and the published config, independently of the Java code it checks.

Every module's output is recorded under the module's name in a Hugging Face checkpoint. Works in any floating type: float64 is the
reference, float32 shows the error that the type itself makes.
"""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

import safetensors_io

ACTIVATIONS = {
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": lambda x: F.gelu(x),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
}
VISION_DEFAULTS = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=224,
                       patch_size=32, hidden_act="quick_gelu", layer_norm_eps=1e-5)
TEXT_DEFAULTS = dict(hidden_size=512, intermediate_size=2048, num_hidden_layers=12, num_attention_heads=8, vocab_size=49408,
                     max_position_embeddings=77, hidden_act="quick_gelu", layer_norm_eps=1e-5, eos_token_id=49407)


class Clip:
    def __init__(self, config, weights, dtype):
        self.vision = {**VISION_DEFAULTS, **config.get("vision_config", {})}
        self.text = {**TEXT_DEFAULTS, **config.get("text_config", {})}
        self.w = {k: torch.from_numpy(np.array(v)).to(dtype) for k, v in weights.items()}
        self.dtype = dtype
        self.record = None

    @staticmethod
    def load(directory, dtype):
        with open(os.path.join(directory, "config.json")) as f:
            config = json.load(f)
        return Clip(config, safetensors_io.load(os.path.join(directory, "model.safetensors")), dtype)

    def note(self, name, x):
        if self.record is not None:
            self.record[name] = x.detach().to(torch.float64).numpy().copy()
        return x

    def linear(self, name, x):
        return self.note(name, F.linear(x, self.w[name + ".weight"], self.w.get(name + ".bias")))

    def norm(self, name, x, eps):
        return self.note(name, F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], eps))

    def blocks(self, tower, x, config, causal):
        heads, eps = config["num_attention_heads"], config["layer_norm_eps"]
        b, n, d = x.shape
        for i in range(config["num_hidden_layers"]):
            name = f"{tower}.encoder.layers.{i}"
            y = self.norm(name + ".layer_norm1", x, eps)
            q, k, v = (self.linear(f"{name}.self_attn.{p}_proj", y).view(b, n, heads, d // heads).transpose(1, 2) for p in "qkv")
            scores = q @ k.transpose(-1, -2) / math.sqrt(d // heads)
            if causal:
                scores = scores + torch.full((n, n), -torch.inf, dtype=self.dtype).triu(1)
            o = self.note(name + ".self_attn", (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, d))
            x = x + self.linear(name + ".self_attn.out_proj", o)
            h = self.linear(name + ".mlp.fc1", self.norm(name + ".layer_norm2", x, eps))
            h = self.note(name + ".mlp", ACTIVATIONS[config["hidden_act"]](h))
            x = self.note(name, x + self.linear(name + ".mlp.fc2", h))
        return x

    def encode_image(self, pixels):
        """[b, 3, h, w] -> [b, p], projected and not normalised."""
        c, pre = self.vision, "vision_model"
        patches = F.conv2d(pixels.to(self.dtype), self.w[pre + ".embeddings.patch_embedding.weight"], stride=c["patch_size"])
        patches = patches.flatten(2).transpose(1, 2)
        token = self.w[pre + ".embeddings.class_embedding"].expand(len(pixels), 1, -1)
        x = torch.cat([token, patches], 1) + self.w[pre + ".embeddings.position_embedding.weight"]
        x = self.norm(pre + ".pre_layrnorm", self.note(pre + ".embeddings", x), c["layer_norm_eps"])
        x = self.blocks(pre, x, c, False)
        return self.linear("visual_projection", self.norm(pre + ".post_layernorm", x[:, 0], c["layer_norm_eps"]))

    def encode_text(self, ids):
        """[b, n] -> [b, p], projected and not normalised."""
        c, pre = self.text, "text_model"
        ids = torch.as_tensor(ids, dtype=torch.long)
        x = F.embedding(ids, self.w[pre + ".embeddings.token_embedding.weight"])
        x = self.note(pre + ".embeddings", x + self.w[pre + ".embeddings.position_embedding.weight"][:ids.shape[1]])
        x = self.norm(pre + ".final_layer_norm", self.blocks(pre, x, c, True), c["layer_norm_eps"])
        if c["eos_token_id"] == 2:
            at = ids.argmax(-1)
        else:
            at = (ids == c["eos_token_id"]).int().argmax(-1)
        return self.linear("text_projection", x[torch.arange(len(ids)), at])
