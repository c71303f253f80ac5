"""Draws held-out pictures and what PyTorch makes of them with clip-tiny, and the examples of the documentation:

    python3 make_tiny_goldens.py MODEL ../../clip-tiny/src/test/resources/held-out ../../docs/examples

NN.png is a picture of a combination that training never showed. captions.json holds for each its kind, caption, 50 candidates of which the first is right, and
the index that PyTorch chose. goldens.safetensors holds the unit-length embeddings of the pictures and captions, computed in float64.
"""
import json
import os
import struct
import sys
import zlib

import numpy as np
import torch

import safetensors_io
import tiny_evaluate
import tiny_model
import tiny_world

EACH, SEED = 16, 4711
EXAMPLES = {
    "red-circle": tiny_world.Scene("object", (("circle", "red"),), background="white"),
    "striped-star": tiny_world.Scene("object", (("star", "purple"),), fill=2, background="yellow"),
    "letter-k": tiny_world.Scene("glyph", (("k", "blue"),), background="white"),
    "three-hearts": tiny_world.Scene("count", (("heart", "pink"),), count=3, background="black"),
    "square-above-triangle": tiny_world.Scene("relation", (("square", "green"), ("triangle", "orange")), relation="above", background="black"),
}
NAMES = tiny_world.SHAPES + tiny_world.GLYPHS


def write_png(path, picture):
    """A PNG of 8-bit RGB (PNG specification, section 11), of a [3, height, width] picture in 0..1."""
    pixels = (picture.permute(1, 2, 0) * 255).round().byte().numpy()
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) +
                chunk(b"IEND", b""))


def numbered(scene):
    """An example, written with names, as a scene."""
    colour = tiny_world.COLOUR_NAMES.index
    things = tuple((NAMES.index(shape), colour(c)) for shape, c in scene.things)
    return tiny_world.dataclasses.replace(scene, things=things, background=colour(scene.background))


@torch.no_grad()
def main(directory, held_out, examples):
    model, tokenizer = tiny_evaluate.load(directory)
    model.double().eval()
    os.makedirs(held_out, exist_ok=True)
    os.makedirs(examples, exist_ok=True)
    size = tiny_model.VISION["image_size"]
    scenes, candidates, seen = [], [], set()
    for k, kind in enumerate(tiny_world.KINDS):
        rng = np.random.default_rng([SEED, k])
        while len(scenes) < EACH * (k + 1):
            scene = tiny_evaluate.test_scene(rng, kind)
            if tiny_world.meaning(scene) not in seen:
                seen.add(tiny_world.meaning(scene))
                scenes.append(scene)
                candidates.append(["a photo of " + tiny_world.phrase(s) for s in tiny_evaluate.candidates(rng, scene)])
    order = [k * EACH + i for i in range(EACH) for k in range(len(tiny_world.KINDS))]  # the kinds take turns, so that any part holds all
    scenes, candidates = [scenes[i] for i in order], [candidates[i] for i in order]
    pictures = tiny_world.render(scenes, [SEED, 100], size)

    def texts(captions):
        return torch.nn.functional.normalize(model.text_projection(model.text_model(tokenizer.batch(captions))), dim=-1)

    mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (tiny_model.MEAN, tiny_model.STD))
    images = torch.nn.functional.normalize(model.visual_projection(model.vision_model((pictures.double() - mean) / std)), dim=-1)
    entries = []
    for i, (scene, captions, image) in enumerate(zip(scenes, candidates, images)):
        name = f"{i:02}.png"
        write_png(os.path.join(held_out, name), pictures[i])
        scores = texts(captions) @ image
        best = scores.sort(descending=True).values
        entries.append(dict(file=name, kind=scene.kind, pytorch=int(scores.argmax()), margin=float(best[0] - best[1]), candidates=captions))
    with open(os.path.join(held_out, "captions.json"), "w") as f:
        json.dump(entries, f, indent=1)
        f.write("\n")
    golden = dict(images=images, texts=texts([captions[0] for captions in candidates]))
    safetensors_io.save(os.path.join(held_out, "goldens.safetensors"), {name: value.numpy() for name, value in golden.items()})
    for i, (name, scene) in enumerate(EXAMPLES.items()):
        # four times the size that the model sees: the pixels of a camera, seen from near
        write_png(os.path.join(examples, name + ".png"), tiny_world.render([numbered(scene)], [SEED, 200, i], 4 * size, nuisance=0.5)[0])
    print(sum(e["pytorch"] == 0 for e in entries), "of", len(entries), "right; smallest margin", min(e["margin"] for e in entries))


if __name__ == "__main__":
    main(*sys.argv[1:])
