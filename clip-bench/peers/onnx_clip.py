"""Writes a tower of a Hugging Face checkpoint as an ONNX model, for ONNX Runtime to be compared with:

    python3 onnx_clip.py DIR --tower image TOWER.onnx

Needs NumPy alone. Attention and quick GELU are ONNX Runtime's own fused operators, as its optimiser for transformers would write them: the best it has.
"""
import argparse
import json
import os
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "weights-tools", "python"))
import safetensors_io  # noqa: E402
from clip_reference import TEXT_DEFAULTS, VISION_DEFAULTS  # noqa: E402

FLOAT, INT64 = 1, 7  # TensorProto.DataType
FUSED = "com.microsoft"


# ---- protocol buffers: https://protobuf.dev/programming-guides/encoding, and the field numbers of onnx.proto

def varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def tensor(name, array):
    kind = FLOAT if array.dtype == np.float32 else INT64
    return b"".join(number(1, d) for d in array.shape) + number(2, kind) + data(8, name) + data(9, np.ascontiguousarray(array).tobytes())


def attribute(name, value):
    if isinstance(value, float):
        return data(1, name) + real(2, value) + number(20, 1)
    if isinstance(value, int):
        return data(1, name) + number(3, value) + number(20, 2)
    return data(1, name) + b"".join(number(8, v) for v in value) + number(20, 7)


def value_info(name, kind, dims):
    shape = b"".join(data(1, data(2, d) if isinstance(d, str) else number(1, d)) for d in dims)
    return data(1, name) + data(2, data(1, number(1, kind) + data(2, shape)))


class Graph:
    def __init__(self):
        self.nodes, self.weights = [], []

    def constant(self, value):
        array = np.asarray(value)
        name = f"c{len(self.weights)}"
        self.weights.append(tensor(name, array.astype(np.float32 if array.dtype.kind == "f" else np.int64)))
        return name

    def node(self, op, *inputs, domain="", **attributes):
        name = f"n{len(self.nodes)}"
        body = b"".join(data(1, i) for i in inputs) + data(2, name) + data(4, op) + data(7, domain)
        self.nodes.append(body + b"".join(data(5, attribute(k, v)) for k, v in attributes.items()))
        return name

    def save(self, path, source, result):
        self.nodes.append(data(1, result) + data(2, "output") + data(4, "Identity"))
        graph = b"".join(data(1, n) for n in self.nodes) + data(2, "clip") + b"".join(data(5, w) for w in self.weights)
        graph += data(11, source) + data(12, value_info("output", FLOAT, ["b", "d"]))
        opsets = data(8, data(1, "") + number(2, 17)) + data(8, data(1, FUSED) + number(2, 1))
        with open(path, "wb") as f:
            f.write(number(1, 8) + opsets + data(7, graph))


class Tower:
    def __init__(self, directory, tower):
        with open(os.path.join(directory, "config.json")) as f:
            config = json.load(f)
        self.c = {**VISION_DEFAULTS, **config["vision_config"]} if tower == "image" else {**TEXT_DEFAULTS, **config["text_config"]}
        self.w = {k: np.array(v, np.float32) for k, v in safetensors_io.load(os.path.join(directory, "model.safetensors")).items()}
        self.siglip = config.get("model_type") == "siglip"
        self.g = Graph()
        self.prefix = "vision_model." if tower == "image" else "text_model."

    def norm(self, x, name):
        return self.g.node("LayerNormalization", x, self.g.constant(self.w[name + ".weight"]), self.g.constant(self.w[name + ".bias"]), axis=-1,
                           epsilon=float(self.c["layer_norm_eps"]))

    def linear(self, x, name):
        y = self.g.node("MatMul", x, self.g.constant(self.w[name + ".weight"].T))
        return self.g.node("Add", y, self.g.constant(self.w[name + ".bias"]))

    def blocks(self, x, causal):
        g = self.g
        for i in range(self.c["num_hidden_layers"]):
            p = f"{self.prefix}encoder.layers.{i}."
            qkv, bias = (np.concatenate([self.w[f"{p}self_attn.{n}_proj.{kind}"] for n in "qkv"]) for kind in ("weight", "bias"))
            y = g.node("Attention", self.norm(x, p + "layer_norm1"), g.constant(qkv.T), g.constant(bias), domain=FUSED,
                       num_heads=self.c["num_attention_heads"], unidirectional=int(causal))
            x = g.node("Add", x, self.linear(y, p + "self_attn.out_proj"))
            h = self.linear(self.norm(x, p + "layer_norm2"), p + "mlp.fc1")
            x = g.node("Add", x, self.linear(self.activation(h), p + "mlp.fc2"))
        return x

    def activation(self, x):
        if self.c["hidden_act"] == "quick_gelu":
            return self.g.node("QuickGelu", x, domain=FUSED, alpha=1.702)
        return self.g.node("FastGelu" if self.c["hidden_act"] == "gelu_pytorch_tanh" else "Gelu", x, domain=FUSED)

    def siglip_image(self, path):
        g, w, p, d = self.g, self.w, self.prefix, self.c["hidden_size"]
        patch, size, embedding = self.c["patch_size"], self.c["image_size"], self.prefix + "embeddings."
        x = g.node("Conv", "input", g.constant(w[embedding + "patch_embedding.weight"]), g.constant(w[embedding + "patch_embedding.bias"]),
                   strides=[patch, patch])
        x = g.node("Transpose", g.node("Reshape", x, g.constant(np.array([0, d, -1]))), perm=[0, 2, 1])
        x = self.blocks(g.node("Add", x, g.constant(w[embedding + "position_embedding.weight"][None])), False)
        x = self.norm(x, p + "post_layernorm")
        p += "head."
        weight, bias = w[p + "attention.in_proj_weight"], w[p + "attention.in_proj_bias"]
        query = w[p + "probe"] @ weight[:d].T + bias[:d]
        key, value = (g.node("Add", g.node("MatMul", x, g.constant(weight[i:i + d].T)), g.constant(bias[i:i + d])) for i in (d, 2 * d))
        batch = g.node("Gather", g.node("Shape", "input"), g.constant(np.array([0])))
        q = g.node("Expand", g.constant(query), g.node("Concat", batch, g.constant(np.array([1, d])), axis=0))
        y = g.node("MultiHeadAttention", q, key, value, domain=FUSED, num_heads=self.c["num_attention_heads"])
        y = self.linear(g.node("Reshape", y, g.constant(np.array([-1, d]))), p + "attention.out_proj")
        h = self.linear(self.activation(self.linear(self.norm(y, p + "layernorm"), p + "mlp.fc1")), p + "mlp.fc2")
        g.save(path, value_info("input", FLOAT, ["b", 3, size, size]), g.node("Add", y, h))

    def siglip_text(self, path, tokens):
        g, w, p = self.g, self.w, self.prefix
        x = g.node("Gather", g.constant(w[p + "embeddings.token_embedding.weight"]), "input")
        x = self.blocks(g.node("Add", x, g.constant(w[p + "embeddings.position_embedding.weight"][None, :tokens])), False)
        x = self.norm(g.node("Gather", x, g.constant(np.array(tokens - 1)), axis=1), p + "final_layer_norm")
        g.save(path, value_info("input", INT64, ["b", tokens]), self.linear(x, p + "head"))

    def image(self, path):
        if self.siglip:
            return self.siglip_image(path)
        g, w, p, d = self.g, self.w, self.prefix, self.c["hidden_size"]
        patch, size = self.c["patch_size"], self.c["image_size"]
        x = g.node("Conv", "input", g.constant(w[p + "embeddings.patch_embedding.weight"]), strides=[patch, patch])
        x = g.node("Transpose", g.node("Reshape", x, g.constant(np.array([0, d, -1]))), perm=[0, 2, 1])
        batch = g.node("Gather", g.node("Shape", "input"), g.constant(np.array([0])))
        first = g.node("Expand", g.constant(w[p + "embeddings.class_embedding"].reshape(1, 1, d)), g.node("Concat", batch, g.constant(np.array([1, d])), axis=0))
        x = g.node("Add", g.node("Concat", first, x, axis=1), g.constant(w[p + "embeddings.position_embedding.weight"][None]))
        x = self.blocks(self.norm(x, p + "pre_layrnorm"), False)
        x = self.norm(g.node("Gather", x, g.constant(np.array(0)), axis=1), p + "post_layernorm")
        x = g.node("MatMul", x, g.constant(w["visual_projection.weight"].T))
        g.save(path, value_info("input", FLOAT, ["b", 3, size, size]), x)

    def text(self, path, tokens):
        if self.siglip:
            return self.siglip_text(path, tokens)
        g, w, p, d = self.g, self.w, self.prefix, self.c["hidden_size"]
        x = g.node("Gather", g.constant(w[p + "embeddings.token_embedding.weight"]), "input")
        x = self.blocks(g.node("Add", x, g.constant(w[p + "embeddings.position_embedding.weight"][None, :tokens])), True)
        rows = g.node("Reshape", x, g.constant(np.array([-1, d])))
        batch = g.node("Gather", g.node("Shape", "input"), g.constant(np.array(0)))
        starts = g.node("Mul", g.node("Range", g.constant(np.array(0)), batch, g.constant(np.array(1))), g.constant(np.array(tokens)))
        ends = g.node("Add", starts, g.node("ArgMax", "input", axis=1, keepdims=0))
        x = self.norm(g.node("Gather", rows, ends), p + "final_layer_norm")
        g.save(path, value_info("input", INT64, ["b", tokens]), g.node("MatMul", x, g.constant(w["text_projection.weight"].T)))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("output")
    arguments.add_argument("--tower", choices=("image", "text"), required=True)
    arguments.add_argument("--tokens", type=int, default=77)
    a = arguments.parse_args()
    built = Tower(a.model, a.tower)
    if a.tower == "image":
        built.image(a.output)
    else:
        built.text(a.output, a.tokens)
