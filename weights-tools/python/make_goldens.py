"""Makes the golden model and the goldens that the Java tests compare with:

    python3 make_goldens.py ../../clip-vit/src/test/resources/golden/tiny

A tiny CLIP with extents chosen to be awkward (heads of 8 and 12, an MLP that is no multiple of 16, pixels that fill no patch), its vocabulary,
and every intermediate result of both towers in float64, stored as float32. The manifest holds, for each tensor, the greatest magnitude and
the error that PyTorch's own float32 run makes: the Java tests derive their bounds from both.
"""
import json
import os
import platform
import sys

import numpy as np
import torch

import bpe_reference
import random_checkpoint
import safetensors_io
from clip_reference import Clip

SEED = 20261101
CAPTIONS = ["a photo of a cat", "a photo of a dog", "a photo of two red circles on a blue ground", "the small green triangle is left of the ring",
            "an old photograph of the sea", "a drawing of a house and a tree", "striped squares, dotted stars and outlined hearts",
            "it's a photo that they'd've taken, isn't it?", "a bad photo of a bicycle", "a cropped photo of the number 42"]
TEXTS = ["a photo of a cat", "A  Photo\tof\u00a0a DOG!", "it's 2026, isn't it?", "naïve café — déjà vu", "nai\u0308ve", "生活的真谛是", "🙂👩‍🚀 emoji",
         "ΑΣ σας", "İstanbul", "<|endoftext|> inside", "<|STARTOFTEXT|> and <|ENDOFTEXT|>", "", "   ", "they'll've we're I'm he'd", "x²½Ⅻ٣",
         "a\u0085b\u2003c\u200bd", "don’t", "\u0001control", "e\u0301\u0327", "ﬁ ligature Ａ"]


def main(directory):
    os.makedirs(directory, exist_ok=True)
    merges = bpe_reference.learn(CAPTIONS, 200)
    ids = bpe_reference.vocabulary(merges)
    end = ids["<|endoftext|>"]
    config = dict(
        vision_config=dict(hidden_size=40, intermediate_size=100, num_hidden_layers=3, num_attention_heads=5, image_size=30, patch_size=7,
                           hidden_act="quick_gelu"),
        text_config=dict(hidden_size=36, intermediate_size=72, num_hidden_layers=2, num_attention_heads=3, vocab_size=len(ids),
                         max_position_embeddings=20, hidden_act="gelu", eos_token_id=end),
        projection_dim=24)
    random_checkpoint.write(directory, config, SEED, affine_noise=0.1)
    with open(os.path.join(directory, "vocab.json"), "w") as f:
        json.dump(ids, f, ensure_ascii=False)
    with open(os.path.join(directory, "merges.txt"), "w") as f:
        f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    with open(os.path.join(directory, "preprocessor_config.json"), "w") as f:
        json.dump(dict(size=30, crop_size=30, do_resize=True, do_center_crop=True, do_normalize=True, resample=3), f, indent=2)
        f.write("\n")
    with open(os.path.join(directory, "tokens.jsonl"), "w") as f:
        for text in TEXTS + CAPTIONS:
            f.write(json.dumps({"text": text, "ids": bpe_reference.encode(text, ids, merges)}) + "\n")

    rng = np.random.default_rng(SEED + 1)
    inputs = {"pixels": rng.standard_normal((2, 3, 30, 30)).astype(np.float32)}
    texts = [bpe_reference.encode(CAPTIONS[i], ids, merges) for i in (0, 2, 5)]
    for i, text in enumerate(texts):
        inputs[f"ids.{i}"] = np.array(text, dtype=np.int32)
    exact, single = run(directory, torch.float64, inputs), run(directory, torch.float32, inputs)
    safetensors_io.save(os.path.join(directory, "inputs.safetensors"), {"pixels": inputs["pixels"]})
    safetensors_io.save(os.path.join(directory, "goldens.safetensors"), {k: v.astype(np.float32) for k, v in exact.items()})
    manifest = dict(
        command="python3 weights-tools/python/make_goldens.py clip-vit/src/test/resources/golden/tiny", seed=SEED,
        torch=torch.__version__, numpy=np.__version__, python=platform.python_version(), texts=texts,
        tensors={k: dict(max=float(np.abs(v).max()), float32_error=float(np.abs(v - single[k]).max())) for k, v in exact.items()})
    with open(os.path.join(directory, "manifest.json"), "w") as f:
        json.dump(manifest, f, indent=1)
        f.write("\n")


def run(directory, dtype, inputs):
    """All intermediate results, by input and module: image0/vision_model.encoder.layers.0.layer_norm1, ..."""
    model, results = Clip.load(directory, dtype), {}
    for i in range(len(inputs["pixels"])):
        model.record = {}
        model.encode_image(torch.from_numpy(inputs["pixels"][i:i + 1]))
        results.update({f"image{i}/{k}": v[0] for k, v in model.record.items()})
    for i in range(3):
        model.record = {}
        model.encode_text(inputs[f"ids.{i}"][None])
        results.update({f"text{i}/{k}": v[0] for k, v in model.record.items()})
    model.record = None
    for i in range(2):  # the other activations, by their outputs
        model.vision["hidden_act"], model.text["hidden_act"] = "gelu", "gelu_pytorch_tanh"
        results[f"image{i}/gelu"] = model.encode_image(torch.from_numpy(inputs["pixels"][i:i + 1]))[0].double().numpy()
        results[f"text{i}/gelu_pytorch_tanh"] = model.encode_text(inputs[f"ids.{i}"][None])[0].double().numpy()
    return results


if __name__ == "__main__":
    main(sys.argv[1])
