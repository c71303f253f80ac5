"""Measures clip-tiny on combinations that it was never trained on: `tiny_evaluate.py DIRECTORY`.

Every picture is shown with 50 captions; up to 34 of them differ from the right one in a single attribute. Chance is 2 %.
"""
import argparse
import dataclasses
import json
import os

import numpy as np
import torch

import safetensors_io
import tiny_model
import tiny_world
from tiny_world import KINDS

CANDIDATES, SINGLE = 50, 34


def test_scene(rng, kind):
    while True:
        scene = dataclasses.replace(tiny_world.random_scene(rng, kind), said=False, size="", place="")
        if tiny_world.testable(scene):
            return scene


def candidates(rng, scene):
    """The scene and 49 others of other meaning, most of them one attribute away; none says more than its kind's plain phrase."""
    group = {tiny_world.meaning(scene): scene}
    for attempts, wanted in ((300, SINGLE), (1000, CANDIDATES)):
        for _ in range(attempts):
            if len(group) >= wanted:
                break
            other = tiny_world.vary(rng, scene)
            if wanted == CANDIDATES:
                other = tiny_world.vary(rng, tiny_world.vary(rng, other))
            group.setdefault(tiny_world.meaning(other), other)
    return list(group.values())


def difference(a, b):
    """The name of the attribute in which a wrong answer differs."""
    names = []
    if a.count != b.count:
        names.append("count")
    if a.fill != b.fill:
        names.append("fill")
    if a.things != b.things and (sorted(a.things) == sorted(b.things)):
        names.append("order")
    else:
        for i, (p, q) in enumerate(zip(a.things, b.things)):
            names += [n for n, x, y in (("shape", p[0], q[0]), ("colour", p[1], q[1])) if x != y]
    if a.relation != b.relation:
        names.append("relation")
    return "+".join(dict.fromkeys(names))


@torch.no_grad()
def evaluate(model, tokenizer, pictures=200, seed=12345):
    """Top-1 accuracy per kind with what the errors confuse, and image-to-text retrieval over 200 captions."""
    model.eval()
    report = {}
    for k, kind in enumerate(KINDS):
        rng = np.random.default_rng([seed, k])
        scenes = [test_scene(rng, kind) for _ in range(pictures)]
        images = torch.cat([model.encode_image(tiny_world.render(scenes[i:i + 100], [seed, k, i], tiny_model.VISION["image_size"]))
                            for i in range(0, pictures, 100)])
        right, errors = 0, {}
        for scene, image in zip(scenes, images):
            others = candidates(rng, scene)
            texts = model.encode_text(tokenizer.batch(["a photo of " + tiny_world.phrase(s) for s in others]))
            best = int((texts @ image).argmax())
            right += best == 0
            if best:
                name = difference(scene, others[best])
                errors[name] = errors.get(name, 0) + 1
        report[kind] = dict(accuracy=right / pictures, pictures=pictures, errors=dict(sorted(errors.items(), key=lambda e: -e[1])))
    report["retrieval"] = retrieval(model, tokenizer, seed)
    model.train()
    return report


def retrieval_set(seed, n=200):
    """Test scenes of all kinds, no two of one meaning."""
    rng, scenes = np.random.default_rng([seed, 9]), {}
    while len(scenes) < n:
        scene = test_scene(rng, str(rng.choice(KINDS)))
        scenes.setdefault(tiny_world.meaning(scene), scene)
    return list(scenes.values())


def retrieval(model, tokenizer, seed):
    scenes = retrieval_set(seed)
    images = model.encode_image(tiny_world.render(scenes, [seed, 10], tiny_model.VISION["image_size"]))
    texts = model.encode_text(tokenizer.batch(["a photo of " + tiny_world.phrase(s) for s in scenes]))
    return dict(recall_at_1=((images @ texts.T).argmax(1) == torch.arange(len(scenes))).float().mean().item(), captions=len(scenes))


def load(directory):
    with open(os.path.join(directory, "merges.txt"), encoding="utf-8") as f:
        tokenizer = tiny_model.Tokenizer([tuple(line.split()) for line in f.read().splitlines()[1:]])
    model = tiny_model.TinyClip(len(tokenizer.ids))
    weights = safetensors_io.load(os.path.join(directory, "model.safetensors"))
    model.load_state_dict({name: torch.from_numpy(np.array(value)).float() for name, value in weights.items()})
    return model, tokenizer


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("directory")
    arguments.add_argument("--pictures", type=int, default=1000)
    arguments = arguments.parse_args()
    print(json.dumps(evaluate(*load(arguments.directory), arguments.pictures), indent=2))
