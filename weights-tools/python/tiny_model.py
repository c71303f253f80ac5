"""CLIP's two towers as trainable modules under the names of a Hugging Face checkpoint, and the files of clip-tiny."""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import bpe_reference
import safetensors_io

VISION = dict(hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4, image_size=48, patch_size=8, hidden_act="gelu",
              layer_norm_eps=1e-5)
TEXT = dict(hidden_size=128, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=32, hidden_act="gelu",
            layer_norm_eps=1e-5)
PROJECTION = 128
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, causal):
        b, n, d = x.shape
        weight = torch.cat([self.q_proj.weight, self.k_proj.weight, self.v_proj.weight])
        bias = torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias])
        q, k, v = F.linear(x, weight, bias).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return self.out_proj(F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc1 = nn.Linear(config["hidden_size"], config["intermediate_size"])
        self.fc2 = nn.Linear(config["intermediate_size"], config["hidden_size"])

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.self_attn, self.mlp = Attention(width, config["num_attention_heads"]), Mlp(config)

    def forward(self, x, causal):
        x = x + self.self_attn(self.layer_norm1(x), causal)
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, x, causal):
        for layer in self.layers:
            x = layer(x, causal)
        return x


def waves(grid, width):
    """Sines and cosines of a patch's column and row, [grid², width]: where position embeddings start; learning begins sooner than from noise."""
    frequencies = 10_000.0 ** (-np.arange(width // 4) / (width // 4))
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    return torch.tensor(np.concatenate([f(p[:, None] * frequencies) for p in (columns, rows) for f in (np.sin, np.cos)], 1), dtype=torch.float32)


class VisionEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(c["hidden_size"]) * c["hidden_size"] ** -0.5)
        self.patch_embedding = nn.Conv2d(3, c["hidden_size"], c["patch_size"], c["patch_size"], bias=False)
        self.position_embedding = nn.Embedding((c["image_size"] // c["patch_size"]) ** 2 + 1, c["hidden_size"])
        with torch.no_grad():
            self.position_embedding.weight[1:] = 0.5 * waves(c["image_size"] // c["patch_size"], c["hidden_size"])
            self.position_embedding.weight[0] = 0

    def forward(self, pixels):
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        return torch.cat([self.class_embedding.expand(len(pixels), 1, -1), patches], 1) + self.position_embedding.weight


class VisionModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings, self.encoder = VisionEmbeddings(c), Encoder(c)
        self.pre_layrnorm, self.post_layernorm = (nn.LayerNorm(c["hidden_size"], c["layer_norm_eps"]) for _ in range(2))

    def forward(self, pixels):
        return self.post_layernorm(self.encoder(self.pre_layrnorm(self.embeddings(pixels)), False)[:, 0])


class TextEmbeddings(nn.Module):
    def __init__(self, c, vocabulary):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, c["hidden_size"])
        self.position_embedding = nn.Embedding(c["max_position_embeddings"], c["hidden_size"])
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.position_embedding.weight, std=0.01)

    def forward(self, ids):
        return self.token_embedding(ids) + self.position_embedding.weight[:ids.shape[1]]


class TextModel(nn.Module):
    def __init__(self, c, vocabulary):
        super().__init__()
        self.embeddings, self.encoder = TextEmbeddings(c, vocabulary), Encoder(c)
        self.final_layer_norm = nn.LayerNorm(c["hidden_size"], c["layer_norm_eps"])

    def forward(self, ids):
        x = self.encoder(self.embeddings(ids), True)
        return self.final_layer_norm(x[torch.arange(len(ids)), ids.argmax(-1)])  # the end of the text has the largest id


class TinyClip(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.text_model, self.vision_model = TextModel(TEXT, vocabulary), VisionModel(VISION)
        self.text_projection = nn.Linear(TEXT["hidden_size"], PROJECTION, bias=False)
        self.visual_projection = nn.Linear(VISION["hidden_size"], PROJECTION, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        for tower, c in ((self.text_model, TEXT), (self.vision_model, VISION)):
            initialise(tower.encoder, c)
        nn.init.normal_(self.text_projection.weight, std=TEXT["hidden_size"] ** -0.5)
        nn.init.normal_(self.visual_projection.weight, std=VISION["hidden_size"] ** -0.5)

    def encode_image(self, pixels):
        mean, std = (torch.tensor(v, dtype=pixels.dtype)[:, None, None] for v in (MEAN, STD))
        return F.normalize(self.visual_projection(self.vision_model((pixels - mean) / std)).float(), dim=-1)

    def encode_text(self, ids):
        return F.normalize(self.text_projection(self.text_model(ids)).float(), dim=-1)


def initialise(encoder, c):
    """The deviations of the CLIP paper's code: width and depth scaled."""
    width, depth = c["hidden_size"], c["num_hidden_layers"]
    for layer in encoder.layers:
        for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj):
            nn.init.normal_(linear.weight, std=width ** -0.5)
        nn.init.normal_(layer.self_attn.out_proj.weight, std=width ** -0.5 * (2 * depth) ** -0.5)
        nn.init.normal_(layer.mlp.fc1.weight, std=(2 * width) ** -0.5)
        nn.init.normal_(layer.mlp.fc2.weight, std=width ** -0.5 * (2 * depth) ** -0.5)
        for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj, layer.self_attn.out_proj, layer.mlp.fc1, layer.mlp.fc2):
            nn.init.zeros_(linear.bias)


class Tokenizer:
    """The learnt vocabulary; remembers words, because captions repeat them."""

    def __init__(self, merges):
        self.merges, self.ids, self.known = merges, bpe_reference.vocabulary(merges), {}

    def encode(self, text):
        ids = [self.ids[bpe_reference.SPECIAL[0]]]
        for word in bpe_reference.words(bpe_reference.clean(text)):
            if word not in self.known:
                self.known[word] = bpe_reference.encode(word, self.ids, self.merges)[1:-1]
            ids += self.known[word]
        return ids + [self.ids[bpe_reference.SPECIAL[1]]]

    def batch(self, texts):
        rows = [self.encode(text) for text in texts]
        end = self.ids[bpe_reference.SPECIAL[1]]
        return torch.tensor([row + [end] * (max(map(len, rows)) - len(row)) for row in rows])


def export(model, tokenizer, directory):
    """Writes the files of a Hugging Face repository, weights as float16."""
    os.makedirs(directory, exist_ok=True)
    eos = tokenizer.ids[bpe_reference.SPECIAL[1]]
    config = dict(model_type="clip", projection_dim=PROJECTION, logit_scale_init_value=2.6592,
                  text_config=dict(TEXT, vocab_size=len(tokenizer.ids), projection_dim=PROJECTION, bos_token_id=eos - 1, eos_token_id=eos,
                                   pad_token_id=eos),
                  vision_config=dict(VISION, projection_dim=PROJECTION, num_channels=3))
    processor = dict(do_resize=True, size=dict(shortest_edge=VISION["image_size"]), resample=3, do_center_crop=True,
                     crop_size=dict(height=VISION["image_size"], width=VISION["image_size"]), do_rescale=True, rescale_factor=1 / 255,
                     do_normalize=True, image_mean=MEAN, image_std=STD, do_convert_rgb=True)
    for name, content in (("config.json", config), ("preprocessor_config.json", processor), ("vocab.json", tokenizer.ids)):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
            json.dump(content, f, ensure_ascii=False, indent=None if name == "vocab.json" else 2)
            f.write("\n")
    with open(os.path.join(directory, "merges.txt"), "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in tokenizer.merges))
    tensors = {name: value.detach().numpy().astype(np.float16) for name, value in model.state_dict().items()}
    safetensors_io.save(os.path.join(directory, "model.safetensors"), tensors, {"format": "pt"})
