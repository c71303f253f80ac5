"""Makes the goldens of `hf-torchvision` and `immich`, and compares a folder of images:

    python3 make_preprocess_goldens.py cases ../../clip-image/src/test/resources/preprocess    (12 GB)
    python3 make_preprocess_goldens.py folder IMAGES ../../clip-image/src/test/resources/preprocess/reference_images.tsv

Made with transformers 5.18.0, torch 2.13.0, torchvision 0.28.0, Pillow 12.3.0, NumPy 2.4.6.

`cases.jsonl` has a line for each preparation: the image (`file`, or `width`, `height` and the seed of its samples), what is asked for, and the
SHA-256 of the float32 result `[3, h, w]`, little-endian. `reference_images.tsv` has the beginnings of such hashes for the images of a folder at 224
pixels: path, hf-torchvision, immich.
"""
import hashlib
import json
import os
import sys
import warnings

import numpy as np
import torch
from PIL import Image

# The torchvision wheel does not load beside the CPU build of torch unless the operators it looks for are known.
LIBRARY = torch.library.Library("torchvision", "DEF")
for operator in ("nms", "qnms"):
    LIBRARY.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import transformers  # noqa: E402

transformers.logging.set_verbosity_error()

OPENAI_MEAN = [0.48145466, 0.4578275, 0.40821073]
OPENAI_STD = [0.26862954, 0.26130258, 0.27577711]
SMALL = 30  # the size of the goldens made from files


def samples(width, height, seed):
    """Samples that a few lines of any language make again: a hash of their position."""
    i = np.arange(width * height * 3, dtype=np.uint32) + np.uint32(seed * 1_000_003)
    i *= np.uint32(2654435761)
    i ^= i >> np.uint32(15)
    i *= np.uint32(2246822519)
    return Image.fromarray((i >> np.uint32(24)).astype(np.uint8).reshape(height, width, 3))


def torchvision(image, case):
    """transformers' default processor of CLIP, whose backend is torchvision. A case names what differs from OpenAI's."""
    config = {"resample": 2 if case["filter"] == "bilinear" else 3}
    if case["resize"] == "shortest":
        config["size"] = {"shortest_edge": case["to"][0]}
    else:
        config["size"] = {"width": case["to"][0], "height": case["to"][1]}
    if case["crop"]:
        config["crop_size"] = {"width": case["crop"][0], "height": case["crop"][1]}
    else:
        config["do_center_crop"] = False
    if case["mean"]:
        config |= {"image_mean": case["mean"], "image_std": case["std"]}
    else:
        config["do_normalize"] = False
    if case["factor"] == 1:
        config["do_rescale"] = False
    else:
        config["rescale_factor"] = case["factor"]
    processor = transformers.CLIPImageProcessor(**config)
    assert processor.backend == "torchvision"
    return processor(image, return_tensors="np")["pixel_values"][0].astype(np.float32)


def immich(image, case):
    """What immich's machine learning service does with an image, of the facts in its `transforms.py` and `visual.py` (3aea3ba)."""
    image = image if image.mode == "RGB" else image.convert("RGB")
    size = case["to"][0]
    resample = Image.Resampling.BILINEAR if case["filter"] == "bilinear" else Image.Resampling.BICUBIC
    if case["resize"] == "squash":
        image = image.resize((size, size), resample)
    else:
        width, height = image.size
        upright = width < height
        long = int((height / width if upright else width / height) * size)
        image = image.resize((size, long) if upright else (long, size), resample)
        left, top = (int(edge / 2 - size / 2) for edge in image.size)
        image = image.crop((left, top, left + size, top + size))
    mean, std = (np.array(case[key], dtype=np.float32) for key in ("mean", "std"))
    pixels = np.asarray(image, dtype=np.float32) / 255.0
    return (pixels * (1.0 / std) - mean / std).transpose(2, 0, 1)


def pillow(image, case):
    """transformers' processor of CLIP whose backend is Pillow."""
    size = case["to"][0]
    processor = transformers.CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size})
    return processor(image, return_tensors="np")["pixel_values"][0]


REFERENCES = {"hf-torchvision": torchvision, "immich": immich, "hf": pillow}
PROFILES = ["hf-torchvision", "immich"]


def standard(profile, size):
    return {"profile": profile, "resize": "shortest", "to": [size], "crop": [size, size], "filter": "bicubic", "factor": 1 / 255,
            "mean": OPENAI_MEAN, "std": OPENAI_STD}


def random_size(rng, kind):
    """Ordinary images, tiny ones, narrow ones, and such whose size is a round multiple of the result's."""
    if kind == 0:
        return int(rng.integers(60, 400)), int(rng.integers(60, 400))
    if kind == 1:
        return int(rng.integers(1, 12)), int(rng.integers(1, 12))
    if kind == 2:
        narrow, long = int(rng.integers(1, 6)), int(rng.integers(300, 1500))
        return (narrow, long) if rng.random() < 0.5 else (long, narrow)
    return int(rng.choice([32, 64, 96, 128, 48, 31, 33])), int(rng.choice([32, 64, 96, 160, 65, 16]))


def cases():
    rng = np.random.default_rng(16)
    for i in range(160):
        profile = "hf-torchvision" if i % 4 else "immich"
        width, height = random_size(rng, i // 4 % 4)
        size = int(rng.choice([32, 30, 31, 7, 64]))
        case = {"width": width, "height": height, "seed": i} | standard(profile, size)
        case["filter"] = str(rng.choice(["bicubic", "bicubic", "bilinear"]))
        if rng.random() < 0.3:
            case |= {"mean": [0.5, 0.25, 0.125], "std": [0.5, 0.3, 0.7]}
        if profile == "immich":
            if rng.random() < 0.3:
                case |= {"resize": "squash", "to": [size, size], "crop": []}
        else:
            choice = rng.random()
            if choice < 0.3:
                case["crop"] = [int(size + rng.integers(-5, 9)), int(size + rng.integers(-5, 9))]
            elif choice < 0.6:
                case |= {"resize": "squash", "to": [int(rng.integers(1, 90)), int(rng.integers(1, 90))], "crop": []}
            case["factor"] = [1 / 255, 1 / 255, 1 / 127.5, 1.0][int(rng.integers(4))]
            choice = rng.random()
            if choice < 0.1:
                case |= {"mean": [], "std": []}
            elif choice < 0.2:
                case |= {"mean": [0.0] * 3, "std": [1.0] * 3}
        yield case, samples(width, height, i)


def files(directory):
    """The images of make_image_goldens.py, of every mode that files have."""
    images = os.path.join(directory, "../images")
    for name in sorted(os.listdir(images)):
        if name.count(".") == 1 and os.path.isfile(os.path.join(images, name)):
            for profile in PROFILES:
                yield {"file": name} | standard(profile, SMALL), Image.open(os.path.join(images, name))


def narrow():
    """Very narrow images. Pillow holds the whole resized image, 12 GB for 1 × 60,000 pixels; transformers would hold it twice."""
    for width, height, profiles in ((1, 60_000, ["immich"]), (20_000, 1, REFERENCES), (1, 20_001, REFERENCES), (2, 9_001, ["hf"])):
        for profile in profiles:
            yield {"width": width, "height": height, "seed": 7} | standard(profile, 224), samples(width, height, 7)


def digest(case, image):
    result = REFERENCES[case["profile"]](image, case)
    return result.shape, hashlib.sha256(np.ascontiguousarray(result, dtype="<f4").tobytes()).hexdigest()


def write_cases(directory):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "cases.jsonl"), "w") as out:
        for case, image in [*files(directory), *cases(), *narrow()]:
            shape, sha256 = digest(case, image)
            print(json.dumps(case | {"shape": list(shape), "sha256": sha256}), file=out)


def write_folder(root, path):
    with open(path, "w") as out:
        for directory, _, names in sorted(os.walk(root)):
            for name in sorted(names):
                file = os.path.join(directory, name)
                try:
                    image = Image.open(file)
                    image.load()
                    hashes = [digest(standard(profile, 224), image)[1][:16] for profile in PROFILES]
                except Exception as e:  # not an image, or one that Pillow refuses: another test's subject
                    print("left out:", os.path.relpath(file, root), type(e).__name__, file=sys.stderr)
                    continue
                print(os.path.relpath(file, root), *hashes, sep="\t", file=out)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "cases":
        write_cases(sys.argv[2])
    else:
        write_folder(sys.argv[2], sys.argv[3])
