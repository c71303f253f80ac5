"""Measures what the maps of `clip explain` point at, on pictures of which it is known where each thing is:

    python3 weights-tools/python/pointing_game.py                      # the table of docs/tour/5-what-counts.md
    python3 weights-tools/python/pointing_game.py --write FOLDER       # the small version that a Java test plays

The pictures are those that test clip-tiny: two things, one above, below, left or right of the other, pairs of shapes that training never showed.
Each is asked for with two texts, one a thing ("a red circle"). A map's best patch is its largest value.

    hit       the best patch's centre lies within 1.05 radius of the thing that the text names
    2-way     the map's mean over the patches within that radius is larger for the named thing than for the other
    contrast  both again, for the map of one text minus that of the other
    deletion  how far the cosine falls when the best 4 of 36 patches are covered with the background, next to 4 random ones
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

import tiny_evaluate
import tiny_world

SIZE, GRID, COVERED, WITHIN, SEED = 48, 6, 4, 1.05, 20261
METHODS = ["decomposition", "attention", "rollout", "maskclip"]
CENTRES = (np.arange(GRID) + 0.5) / GRID * 2 - 1  # of the patches, in the units of tiny_world.layout


def draw(n, seed):
    """Pictures [n, SIZE, SIZE, 3] and, for each, its two things: text, x, y, radius."""
    rng = np.random.default_rng([seed, 0])
    scenes = []
    while len(scenes) < n:
        scene = tiny_evaluate.test_scene(rng, "relation")
        if scene.things[0] != scene.things[1]:
            scenes.append(scene)
    places, layout = [], tiny_world.layout

    def remember(scene, generator):
        places.append(layout(scene, generator))
        return places[-1]

    tiny_world.layout = remember
    pixels = tiny_world.render(scenes, [seed, 1], SIZE)
    tiny_world.layout = layout
    things = []
    for scene, objects in zip(scenes, places):
        texts = [tiny_world.article(tiny_world.COLOUR_NAMES[c] + " " + tiny_world.noun(s)) for s, c in scene.things]
        things.append([dict(text=text, x=float(o[2]), y=float(o[3]), radius=float(o[4])) for text, o in zip(texts, objects)])
    return (pixels.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8), things


def explain(clip, files, texts, method="decomposition"):
    """The cosine and the map [GRID, GRID] of each file with each of its texts, in the order of `texts`; some files at a time."""
    results = []
    for begin in range(0, len(files), 8):
        chunk = range(begin, min(begin + 8, len(files)))
        labels = sorted({text for i in chunk for text in texts[i]})
        command = [clip, "explain", "--json", "--method", method] + [word for label in labels for word in ("--label", label)]
        run = subprocess.run(command + [files[i] for i in chunk], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        for i, line in zip(chunk, run.stdout.splitlines()):
            found = {entry["label"]: (entry["cosine"], np.array(entry["patches"])) for entry in json.loads(line)["labels"]}
            results.append([found[text] for text in texts[i]])
    return results


def within(thing):
    """Which patches' centres lie within WITHIN radii of a thing, [GRID, GRID]."""
    return np.hypot(CENTRES[None, :] - thing["x"], CENTRES[:, None] - thing["y"]) <= WITHIN * thing["radius"]


def points(values, named, other):
    """Whether a map's best patch lies on the named thing, and whether it has more there than on the other; half a point when they are equal."""
    best = np.unravel_index(values.argmax(), values.shape)
    a, b = values[within(named)].mean(), values[within(other)].mean()
    return float(within(named)[best]), 0.5 if a == b else float(a > b)


def cover(pixels, patches):
    """The picture with some patches in the colour of its border, which is the background."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    covered, side = pixels.copy(), SIZE // GRID
    for patch in patches:
        y, x = divmod(int(patch), GRID)
        covered[y * side:(y + 1) * side, x * side:(x + 1) * side] = np.median(edge, 0)
    return covered


def save(folder, name, pixels):
    file = os.path.join(folder, name + ".png")
    Image.fromarray(pixels).save(file)
    return file


def falls(clip, folder, pictures, texts, cosines, patches):
    """How far the cosine of each picture with each of its texts falls when `patches[picture][text]` are covered, [n, 2]."""
    files = [save(folder, f"covered-{i}-{t}", cover(pictures[i], patches[i][t])) for i in range(len(pictures)) for t in (0, 1)]
    after = explain(clip, files, [texts[i] for i in range(len(pictures)) for t in (0, 1)])
    return np.array([[cosines[i][t] - after[2 * i + t][t][0] for t in (0, 1)] for i in range(len(pictures))])


def play(clip, n, methods):
    pictures, things = draw(n, SEED)
    texts = [[thing["text"] for thing in pair] for pair in things]
    chance = np.mean([within(thing).mean() for pair in things for thing in pair])
    print(f"{n} pictures x 2 texts; chance of a hit {100 * chance:.1f} %\n")
    print("| method | hit | 2-way | contrast: hit | 2-way | cosine falls by | more than for random patches |\n|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(SEED)
    random = [[rng.choice(GRID * GRID, COVERED, replace=False) for t in (0, 1)] for _ in range(n)]
    with tempfile.TemporaryDirectory() as folder:
        files = [save(folder, f"picture-{i}", picture) for i, picture in enumerate(pictures)]
        by_random = None
        for method in methods:
            results = explain(clip, files, texts, method)
            cosines = [[cosine for cosine, _ in pair] for pair in results]
            if by_random is None:
                by_random = falls(clip, folder, pictures, texts, cosines, random)
            hits = [points(results[i][t][1], things[i][t], things[i][1 - t]) for i in range(n) for t in (0, 1)]
            contrasts = [points(results[i][t][1] - results[i][1 - t][1], things[i][t], things[i][1 - t]) for i in range(n) for t in (0, 1)]
            best = [[np.argsort(-results[i][t][1].ravel())[:COVERED] for t in (0, 1)] for i in range(n)]
            fall = falls(clip, folder, pictures, texts, cosines, best)
            blind = all((pair[0][1] == pair[1][1]).all() for pair in results)
            contrast = ["", "blind to the text"] if blind else [f"{100 * v:.1f}" for v in np.mean(contrasts, 0)]
            cells = [f"{100 * v:.1f}" for v in np.mean(hits, 0)] + contrast + [f"{fall.mean():.3f}", f"{100 * (fall > by_random).mean():.1f}"]
            print("| " + method + " | " + " | ".join(cells) + " |", flush=True)
    print(f"| random patches | {100 * chance:.1f} | 50.0 | | | {by_random.mean():.3f} | |")


def write(folder, n):
    """A few pictures with what is where, for a test that plays the game without Python."""
    os.makedirs(folder, exist_ok=True)
    pictures, things = draw(n, SEED + 1)
    for i, picture in enumerate(pictures):
        save(folder, f"{i:02}", picture)
    with open(os.path.join(folder, "things.json"), "w", encoding="utf-8") as f:
        json.dump([dict(image=f"{i:02}.png", things=pair) for i, pair in enumerate(things)], f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pictures", type=int, default=300)
    arguments.add_argument("--clip", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../clip"), help="the command to run")
    arguments.add_argument("--method", action="append", choices=METHODS, help="one of the table's rows; all unless given")
    arguments.add_argument("--write", metavar="FOLDER", help="write 12 pictures and things.json instead")
    arguments = arguments.parse_args()
    if arguments.write:
        write(arguments.write, 12)
    else:
        play(arguments.clip, arguments.pictures, arguments.method or METHODS)
