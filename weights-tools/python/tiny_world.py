"""The world of clip-tiny: labelled scenes, drawn procedurally.

A scene is a few objects (shape or glyph, colour, fill, place) on a background, with a caption; the same seed draws the same scene. Scenes come in
groups that differ in one attribute, so that a batch holds the captions a model would like to confuse. Some combinations are never drawn for training:
one colour of every shape and glyph, and one in nine pairs of shapes.
"""
import dataclasses
import math

import numpy as np
import torch
import torch.nn.functional as F

from tiny_shapes import EXTENT, GLYPHS, SHAPES, TEXTURES

COLOURS = {"red": (.86, .10, .12), "orange": (.97, .52, .07), "yellow": (.96, .89, .12), "green": (.10, .58, .18), "cyan": (.14, .80, .86),
           "blue": (.12, .24, .82), "purple": (.50, .14, .68), "pink": (.98, .58, .77), "brown": (.45, .26, .10), "black": (.05, .05, .05),
           "white": (.97, .97, .97), "gray": (.52, .52, .52)}
BACKGROUNDS = {"black": 6, "white": 6}  # chances; the other colours have 1
COLOUR_NAMES, PALETTE = list(COLOURS), np.array(list(COLOURS.values()), np.float32)
FILLS = ["solid", "outlined", "striped", "dotted"]
NUMBERS = ["one", "two", "three", "four"]
RELATIONS = ["above", "below", "left of", "right of"]
INVERSE = {"above": "below", "below": "above", "left of": "right of", "right of": "left of"}
KINDS = ["object", "glyph", "count", "relation"]
PLURALS = {"cross": "crosses"}
SOLID = 0


@dataclasses.dataclass(frozen=True)
class Scene:
    """What is in a picture. `things` are (shape, colour) pairs: one, or two for a relation."""
    kind: str
    things: tuple
    fill: int = SOLID
    count: int = 1
    relation: str = ""
    size: str = ""
    place: str = ""
    background: int = 0
    said: bool = False  # whether the caption names the background


def held_out_thing(shape, colour):
    return (5 * shape + 7 * colour) % len(COLOUR_NAMES) == 0


def held_out_pair(a, b):
    return (a + b) % 9 == 4


def held_out(scene):
    """True when the scene holds a combination that is kept for testing."""
    if scene.kind == "relation":
        return held_out_pair(scene.things[0][0], scene.things[1][0])
    return held_out_thing(*scene.things[0])


def trainable(scene):
    return not any(held_out_thing(*thing) for thing in scene.things) and not (scene.kind == "relation" and held_out(scene))


def testable(scene):
    return held_out(scene) and not (scene.kind == "relation" and any(held_out_thing(*thing) for thing in scene.things))


def far(colour, others):
    return all(np.abs(PALETTE[colour] - PALETTE[o]).sum() > 0.7 for o in others)


def random_thing(rng, glyph=False):
    shape = len(SHAPES) + rng.integers(len(GLYPHS)) if glyph else rng.integers(len(SHAPES))
    return int(shape), int(rng.integers(len(COLOUR_NAMES)))


def random_scene(rng, kind):
    """Any scene of the kind, held out or not."""
    things = (random_thing(rng, kind == "glyph"),)
    changes = {}
    if kind == "object":
        changes["fill"] = int(rng.integers(len(FILLS))) if rng.random() < 0.6 else SOLID
        changes["size"] = rng.choice(["small", "large"]) if rng.random() < 0.15 else ""
        changes["place"] = rng.choice(PLACES) if changes["size"] != "large" and rng.random() < 0.15 else ""
    elif kind == "count":
        changes["count"] = int(rng.integers(1, 5))
    elif kind == "relation":
        changes["relation"] = str(rng.choice(RELATIONS))
        second = random_thing(rng)
        while second == things[0]:
            second = random_thing(rng)
        things += (second,)
    scene = Scene(kind, things, **changes)
    said = kind != "relation" and rng.random() < 0.2
    return dataclasses.replace(scene, background=background(rng, scene), said=bool(said))


MORE_OPTIONS = {"object": ["fill"] * 2, "glyph": [], "count": ["count"] * 3, "relation": ["swap", "colours", "relation", "relation"]}
PLACES = ["top left", "top right", "bottom left", "bottom right"]


def background(rng, scene):
    """A colour far from those of the things, mostly black or white."""
    chances = np.array([BACKGROUNDS.get(name, 1) * far(c, [thing[1] for thing in scene.things]) for c, name in enumerate(COLOUR_NAMES)], float)
    return int(rng.choice(len(COLOUR_NAMES), p=chances / chances.sum()))


def darkened(scene):
    """The scene on black, or on white where its colours are too dark."""
    black, white = COLOUR_NAMES.index("black"), COLOUR_NAMES.index("white")
    return dataclasses.replace(scene, background=black if far(black, [thing[1] for thing in scene.things]) else white)


def vary(rng, scene):
    """The scene with one attribute changed."""
    things = list(scene.things)
    option = rng.choice(["shape"] * 3 + ["colour"] + MORE_OPTIONS[scene.kind])
    if option in ("shape", "colour"):
        i = int(rng.integers(len(things)))
        new = random_thing(rng, scene.kind == "glyph")
        things[i] = (new[0], things[i][1]) if option == "shape" else (things[i][0], new[1])
    elif option == "swap":
        things.reverse()
    elif option == "colours":
        things = [(things[0][0], things[1][1]), (things[1][0], things[0][1])]
    changed = dataclasses.replace(scene, things=tuple(things))
    if option == "fill":
        changed = dataclasses.replace(changed, fill=int(rng.integers(len(FILLS))))
    elif option == "count":
        changed = dataclasses.replace(changed, count=int(rng.integers(1, 5)))
    elif option == "relation":
        changed = dataclasses.replace(changed, relation=str(rng.choice(RELATIONS)))
    if not far(changed.background, [thing[1] for thing in changed.things]):
        changed = dataclasses.replace(changed, background=background(rng, changed))
    return changed


def meaning(scene):
    """What two captions must share to be right for the same picture; `above` and `below` tell the same scene from both ends."""
    things, relation = scene.things, scene.relation
    if relation in ("below", "right of"):
        things, relation = things[::-1], INVERSE[relation]
    return scene.kind if scene.count == 1 and scene.kind != "count" else scene.count, things, scene.fill, relation


def draw_group(rng, size, accept=trainable):
    """A scene and its near relations, no two of one meaning."""
    kind = str(rng.choice(KINDS, p=[0.36, 0.21, 0.17, 0.26]))
    group = {}
    while not group:
        scene = random_scene(rng, kind)
        if accept(scene):
            group[meaning(scene)] = scene
    for _ in range(20 * size):
        if len(group) == size:
            break
        scene = vary(rng, list(group.values())[0])
        if accept(scene):
            group.setdefault(meaning(scene), scene)
    return list(group.values())


def draw_batch(seed, n, group=8, dark=0.0):
    """Scenes and captions for training, no two of one meaning; `dark` is the share of groups that are drawn on black."""
    rng = np.random.default_rng(seed)
    scenes = {}
    while len(scenes) < n:
        change = darkened if rng.random() < dark else lambda scene: scene
        for scene in draw_group(rng, group):
            scenes.setdefault(meaning(scene), change(scene))
    scenes = list(scenes.values())[:n]
    return scenes, [caption(scene, rng) for scene in scenes]


# ---- captions

TEMPLATES = ["{}", "a photo of {}", "a picture of {}", "an image of {}", "a drawing of {}", "this is {}", "there is {}", "a photo of {}."]


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def noun(shape, plural=False):
    name = "lightning bolt" if SHAPES[shape] == "bolt" else SHAPES[shape]
    return PLURALS.get(name, name + "s") if plural else name


def phrase(scene, rng=None):
    """The scene in words; without a generator the plainest ones."""
    pick = (lambda options: options[0]) if rng is None else (lambda options: options[rng.integers(len(options))])
    shape, colour = scene.things[0]
    colour = COLOUR_NAMES[colour]
    if scene.kind == "glyph":
        glyph = GLYPHS[shape - len(SHAPES)]
        what = "digit" if glyph.isdigit() else "letter"
        text = pick([f"the {what} {glyph} in {colour}", f"a {colour} {what} {glyph}" if colour != "orange" else f"an orange {what} {glyph}"])
    elif scene.kind == "count":
        number = NUMBERS[scene.count - 1]
        if rng is not None and rng.random() < 0.15:
            number = str(scene.count)
        text = f"{number} {colour} {noun(shape, scene.count > 1)}"
    elif scene.kind == "relation":
        shape2, colour2 = scene.things[1]
        a, b = article(f"{colour} {noun(shape)}"), article(f"{COLOUR_NAMES[colour2]} {noun(shape2)}")
        relation = scene.relation
        if rng is not None and rng.random() < 0.3:
            a, b, relation = b, a, INVERSE[relation]
        if relation in ("left of", "right of"):
            relation = pick([relation, "to the " + relation])
        text = f"{a} {relation} {b}"
    else:
        fill = pick(["", "", "solid"]) if scene.fill == SOLID else FILLS[scene.fill]
        text = article(" ".join(w for w in (scene.size, fill, colour, noun(shape)) if w))
        if scene.place:
            text += " in the " + scene.place + pick(["", " corner"])
    if scene.said:
        text += " on " + article(COLOUR_NAMES[scene.background] + " background")
    return text


def caption(scene, rng):
    return TEMPLATES[rng.integers(len(TEMPLATES))].format(phrase(scene, rng))


# ---- pictures

def layout(scene, rng):
    """Objects as (shape, colour, x, y, radius, angle, aspect); places in [-1, 1]."""
    tilt = rng.normal(0, 6)

    def thing(i, x, y, r):
        shape, colour = scene.things[i]
        return shape, colour, x, y, r, math.radians(tilt + rng.normal(0, 5)), math.exp(rng.normal(0, 0.05))

    if scene.kind == "object":
        r = {"small": rng.uniform(.30, .38), "large": rng.uniform(.66, .76), "": rng.uniform(.46, .62)}[scene.size]
        r = min(r, 0.42) if scene.place else r
        x, y = rng.uniform(-.15, .15, 2)
        if scene.place:
            y = abs(rng.uniform(.42, .5)) * (-1 if "top" in scene.place else 1)
            x = abs(rng.uniform(.42, .5)) * (-1 if "left" in scene.place else 1)
        return [thing(0, x, y, r)]
    if scene.kind == "glyph":
        r = rng.uniform(.56, .76)
        x, y = rng.uniform(-.15, .15, 2)
        return [thing(0, x, y, r)]
    if scene.kind == "relation":
        r = rng.uniform(.34, .42, 2)
        gap, slide = rng.uniform(.46, .54), rng.uniform(-.15, .15, 2)
        along = {"above": (0, -1), "below": (0, 1), "left of": (-1, 0), "right of": (1, 0)}[scene.relation]
        return [thing(i, s * along[0] * gap + abs(along[1]) * slide[i], s * along[1] * gap + abs(along[0]) * slide[i], r[i])
                for i, s in ((0, 1), (1, -1))]
    places = rng.permutation(CORNERS)[:scene.count] if scene.count > 1 else rng.uniform(-.3, .3, (1, 2))
    r = rng.uniform(.30, .38)
    return [thing(0, x, y, r * rng.uniform(.92, 1.05)) for x, y in places + rng.uniform(-.1, .1, places.shape)]


CORNERS = np.array([(-.48, -.48), (.48, -.48), (-.48, .48), (.48, .48)])
MAX_OBJECTS = 4
SDF = torch.from_numpy(TEXTURES)[:, None]


def render(scenes, seed, size, nuisance=1.0):
    """Draws the scenes: [n, 3, size, size] in 0..1, rounded to 8 bits as a file would hold them."""
    rng = np.random.default_rng(seed)
    n = len(scenes)
    axis = (torch.arange(size) + 0.5) / size * 2 - 1
    gy, gx = torch.meshgrid(axis, axis, indexing="ij")
    picture = ground(scenes, rng, gx, gy)
    objects = [[(i, *o) for o in layout(scene, rng)] for i, scene in enumerate(scenes)]
    for slot in range(MAX_OBJECTS):
        rows = [o[slot] for o in objects if len(o) > slot]
        if not rows:
            break
        index, shape, colour, x, y, r, angle, aspect = (torch.tensor(column) for column in zip(*rows))
        x, y, r, angle, aspect = (v.float()[:, None, None] for v in (x, y, r, angle, aspect))
        dx, dy = (gx - x) / r, (gy - y) / r
        u = (dx * torch.cos(angle) + dy * torch.sin(angle)) / aspect
        v = (-dx * torch.sin(angle) + dy * torch.cos(angle)) * aspect
        sdf = F.grid_sample(SDF[shape], torch.stack([u, v], -1) / EXTENT, padding_mode="border", align_corners=False)[:, 0]
        sharp = r * size / 2  # pixels in one unit of the shape
        cover = torch.clamp(0.5 - sdf * sharp, 0, 1)
        inside, within = (torch.clamp(0.5 - (sdf + edge) * sharp, 0, 1) for edge in (0.20, 0.13))
        fill = torch.tensor([scenes[i].fill for i in index])[:, None, None]
        phase = torch.from_numpy(rng.uniform(0, 6.28, len(rows)).astype(np.float32))[:, None, None]
        stripes = torch.clamp(0.5 + torch.sin(13.0 * (u + 0.6 * v) + phase) * sharp / 8, 0, 1)
        dots = torch.clamp(0.5 + (torch.cos(12.0 * u + phase) * torch.cos(12.0 * v) - 0.25) * sharp / 6, 0, 1)
        ink = torch.where(fill == 1, cover - inside, cover)
        ink = torch.where(fill == 2, cover - within * (1 - stripes), ink)  # patterns keep a thin outline: the shape stays legible
        ink = torch.where(fill == 3, cover - within * (1 - dots), ink)
        tint = torch.from_numpy(PALETTE[colour.numpy()] + rng.normal(0, 0.03, (len(rows), 3)).astype(np.float32)).clamp(0, 1)
        picture[index] = picture[index] * (1 - ink[:, None]) + tint[:, :, None, None] * ink[:, None]
    if nuisance:
        picture = camera(picture, rng, gx, gy, nuisance)
    return (picture.clamp(0, 1) * 255).round() / 255


def ground(scenes, rng, gx, gy):
    n = len(scenes)
    base = torch.from_numpy(PALETTE[[s.background for s in scenes]] + rng.normal(0, 0.03, (n, 3)).astype(np.float32))
    slope = torch.from_numpy(rng.normal(0, 0.05, (n, 2, 1, 1)).astype(np.float32))
    return base[:, :, None, None] + (slope[:, 0] * gx + slope[:, 1] * gy)[:, None]


def camera(picture, rng, gx, gy, strength):
    """Lighting, blur, noise and JPEG, each on a part of the pictures."""
    n, _, size, _ = picture.shape

    def draw(*shape):
        return torch.from_numpy(rng.normal(0, 1, shape).astype(np.float32))

    light = 1 + strength * (0.08 * draw(n, 1, 1, 1) + 0.08 * draw(n, 1, 1, 1) * gx + 0.08 * draw(n, 1, 1, 1) * gy)
    picture = picture * light * (1 + strength * 0.02 * draw(n, 3, 1, 1))
    sigma = torch.from_numpy(rng.uniform(0.2, 0.2 + 0.5 * strength * size / 48, n).astype(np.float32))
    taps = torch.arange(-2, 3).float()
    kernel = torch.exp(-taps ** 2 / (2 * sigma[:, None] ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(3, 0)
    flat = F.pad(picture.reshape(1, 3 * n, size, size), (2, 2, 2, 2), mode="replicate")
    flat = F.conv2d(F.conv2d(flat, kernel[:, None, :, None], groups=3 * n), kernel[:, None, None, :], groups=3 * n)
    picture = flat.reshape(n, 3, size, size)
    noise = torch.from_numpy(rng.uniform(0, 0.03 * strength, n).astype(np.float32))[:, None, None, None]
    picture = (picture + noise * draw(n, 3, size, size)).clamp(0, 1)
    chosen = torch.from_numpy(rng.random(n) < 0.3)
    if size % 8 == 0 and chosen.any():
        quality = torch.from_numpy(rng.uniform(50, 95, int(chosen.sum())).astype(np.float32))
        picture[chosen] = jpeg(picture[chosen], quality)
    return picture


LUMA = torch.tensor([[16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
                     [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
                     [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]]).float()
RGB_TO_YCC = torch.tensor([[.299, .587, .114], [-.168736, -.331264, .5], [.5, -.418688, -.081312]])
DCT = torch.tensor([[math.sqrt((1 if k == 0 else 2) / 8) * math.cos(math.pi * (2 * i + 1) * k / 16) for i in range(8)] for k in range(8)])


def jpeg(picture, quality):
    """What quantising 8 x 8 blocks of cosines does to a picture (ITU T.81, table K.1 for all components)."""
    n, _, size, _ = picture.shape
    ycc = torch.einsum("ij,njhw->nihw", RGB_TO_YCC, picture * 255)
    blocks = ycc.reshape(n, 3, size // 8, 8, size // 8, 8).permute(0, 1, 2, 4, 3, 5)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    table = (LUMA * scale[:, None, None]).clamp(min=1)[:, None, None, None]
    coefficients = torch.round(DCT @ blocks @ DCT.T / table) * table
    blocks = DCT.T @ coefficients @ DCT
    ycc = blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, 3, size, size)
    return (torch.einsum("ij,njhw->nihw", torch.linalg.inv(RGB_TO_YCC), ycc) / 255).clamp(0, 1)
