"""Makes the goldens of the decomposition of a cosine, with transformers' CLIPModel or SiglipModel and hooks:

    python3 weights-tools/python/make_decomposition_goldens.py clip-vit/src/test/resources/golden/tiny
    python3 weights-tools/python/make_decomposition_goldens.py clip-vit/src/test/resources/golden/siglip

Each cosine of the golden model's two images and three texts, both ways, taken apart in float64: what each head adds by reading a position, what
each MLP adds, and the rest. SigLIP's images are taken apart at their attention pooling, against one direction. The metadata holds the error that
PyTorch's own float32 run makes; the Java tests derive their bounds from it.
"""
import json
import os
import sys

import numpy as np
import torch
import transformers
from transformers import AutoConfig, CLIPModel, SiglipModel

import safetensors_io

softmax = torch.nn.functional.softmax
# transformers asks for the softmax of its attention in float32, in a float64 model too
torch.nn.functional.softmax = lambda x, dim, dtype=None: softmax(x, dim=dim, dtype=None if x.dtype == torch.float64 else dtype)


def decompose(tower, projection, layers, final_norm, first, kwargs, pooled, direction):
    """cosine, parts [layers, heads, n], mlps [layers], rest of one input."""
    seen, hooks = {}, []

    def keep(name):
        def hook(module, args, output):
            seen[name] = output[0] if isinstance(output, tuple) else output
        return hook

    for i, layer in enumerate(layers):
        hooks.append(layer.self_attn.v_proj.register_forward_hook(keep(("v", i))))
        hooks.append(layer.self_attn.register_forward_hook(lambda m, a, o, i=i: seen.__setitem__(("a", i), o[1])))
        hooks.append(layer.mlp.register_forward_hook(keep(("mlp", i))))
    hooks.append(first.register_forward_hook(keep("first")))
    hooks.append(final_norm.register_forward_hook(lambda m, a, o: seen.__setitem__("x", a[0])))
    with torch.no_grad():
        output = tower(**kwargs, output_attentions=True)
        r = projection(output.pooler_output)[0]
    for hook in hooks:
        hook.remove()
    length = r.norm()
    w = projection.weight.T @ direction / length
    x = seen["x"].reshape(-1, w.shape[0])
    x = x[pooled if len(x) > 1 else 0]
    scaled = w * final_norm.weight
    g = (scaled - scaled.mean()) / torch.sqrt(x.var(unbiased=False) + final_norm.eps)
    rest = g @ seen["first"][0, pooled] + w @ final_norm.bias
    parts, mlps = [], []
    for i, layer in enumerate(layers):
        a, v = seen[("a", i)][0], seen[("v", i)][0]
        heads, n = a.shape[0], a.shape[1]
        u = (layer.self_attn.out_proj.weight.T @ g).reshape(heads, -1)
        parts.append(a[:, pooled, :] * torch.einsum("nhc,hc->hn", v.reshape(n, heads, -1), u))
        mlps.append(g @ seen[("mlp", i)][0, pooled])
        rest = rest + g @ layer.self_attn.out_proj.bias
    result = dict(cosine=r @ direction / length, parts=torch.stack(parts), mlps=torch.stack(mlps), rest=rest)
    return {k: v.detach().double().numpy() for k, v in result.items()}, (r / length).detach()


def run(directory, dtype):
    model = CLIPModel.from_pretrained(directory, dtype=dtype, attn_implementation="eager").eval()
    with open(os.path.join(directory, "manifest.json")) as f:
        texts = json.load(f)["texts"]
    pixels = torch.from_numpy(safetensors_io.load(os.path.join(directory, "inputs.safetensors"))["pixels"].copy()).to(dtype)
    vision, text = model.vision_model, model.text_model

    def image(i, direction):
        return decompose(vision, model.visual_projection, vision.encoder.layers, vision.post_layernorm, vision.pre_layrnorm,
                         dict(pixel_values=pixels[i:i + 1]), 0, direction)

    def words(i, direction):
        ids = torch.tensor([texts[i]])
        return decompose(text, model.text_projection, text.encoder.layers, text.final_layer_norm, text.embeddings,
                         dict(input_ids=ids), int(ids.argmax()), direction)

    zero = torch.zeros(model.config.projection_dim, dtype=dtype)
    images, sentences = [image(i, zero)[1] for i in range(2)], [words(i, zero)[1] for i in range(3)]
    results = {}
    for i in range(2):
        for j in range(3):
            for key, value in image(i, sentences[j])[0].items():
                results[f"image{i}/text{j}/{key}"] = value
            for key, value in words(j, images[i])[0].items():
                results[f"text{j}/image{i}/{key}"] = value
    return results


def run_pooled(directory, dtype):
    """The cosine of two SigLIP images with one direction, over the heads and positions of the attention that pools them."""
    model = SiglipModel.from_pretrained(directory, dtype=dtype, attn_implementation="eager").eval()
    pixels = torch.from_numpy(safetensors_io.load(os.path.join(directory, "inputs.safetensors"))["pixels"].copy()).to(dtype)
    head, seen = model.vision_model.head, {}
    head.attention.register_forward_pre_hook(lambda m, a, k: seen.__setitem__("x", a[1] if len(a) > 1 else k["key"]), with_kwargs=True)
    head.mlp.register_forward_hook(lambda m, a, o: seen.__setitem__("mlp", o[0, 0]))
    results = {}
    for i in range(2):
        with torch.no_grad():
            y = model.vision_model(pixel_values=pixels[i:i + 1]).pooler_output[0]
            x = seen["x"]
            _, a = head.attention(head.probe, x, x, average_attn_weights=False)  # [1, heads, 1, n]
            d = y.shape[0]
            direction = torch.arange(1, d + 1, dtype=dtype).sin()
            direction = direction / direction.norm()
            w = direction / y.norm()
            v = (x[0] @ head.attention.in_proj_weight[2 * d:].T + head.attention.in_proj_bias[2 * d:]).reshape(x.shape[1], a.shape[1], -1)
            u = (head.attention.out_proj.weight.T @ w).reshape(a.shape[1], -1)
            result = dict(cosine=y @ w, parts=a[0, :, 0] * torch.einsum("nhc,hc->hn", v, u), mlps=(w @ seen["mlp"])[None],
                          rest=w @ head.attention.out_proj.bias)
        for key, value in result.items():
            results[f"image{i}/{key}"] = value.double().numpy()
    return results


def main(directory):
    pooled = AutoConfig.from_pretrained(directory).model_type.startswith("siglip")
    exact, single = ((run_pooled if pooled else run)(directory, dtype) for dtype in (torch.float64, torch.float32))
    for name in exact:
        if name.endswith("cosine"):
            pair = name[:-len("cosine")]
            total = exact[pair + "parts"].sum() + exact[pair + "mlps"].sum() + exact[pair + "rest"]
            assert abs(total - exact[name]) < 1e-12, (name, total, exact[name])
    kinds = ("cosine", "parts", "mlps", "rest")
    error = {kind: max(float(np.abs(exact[n] - single[n]).max()) for n in exact if n.endswith(kind)) for kind in kinds}
    safetensors_io.save(
        os.path.join(directory, "decomposition.safetensors"), exact,
        dict(command="python3 weights-tools/python/make_decomposition_goldens.py clip-vit/src/test/resources/golden/" + os.path.basename(directory),
             torch=torch.__version__, transformers=transformers.__version__, **{"float32_error_" + k: repr(v) for k, v in error.items()}))
    print(error)


main(sys.argv[1])
