"""Compares embeddings that clip4j wrote with PyTorch's:

    ./clip embed --pixels X.npy --raw --model DIR -o OURS.npy
    python3 weights-tools/python/compare.py DIR --pixels X.npy OURS.npy [OURS2.npy ...]

Prints the greatest absolute error of each file and of PyTorch's own float32 run, both against PyTorch in float64; the ratio should not exceed 2.
"""
import argparse

import numpy as np
import torch

from clip_reference import Clip

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model")
group = parser.add_mutually_exclusive_group(required=True)
group.add_argument("--pixels")
group.add_argument("--ids")
parser.add_argument("--normalized", action="store_true", help="the files hold unit vectors (embed without --raw)")
parser.add_argument("ours", nargs="+")
args = parser.parse_args()


def embed(dtype):
    model = Clip.load(args.model, dtype)
    x = np.load(args.pixels or args.ids)
    with torch.no_grad():
        parts = [model.encode_image(torch.from_numpy(x[i:i + 8])) if args.pixels else model.encode_text(x[i:i + 8])
                 for i in range(0, len(x), 8)]
    y = torch.cat(parts)
    return (y / y.norm(dim=-1, keepdim=True) if args.normalized else y).double().numpy()


exact = embed(torch.float64)
limit = np.abs(embed(torch.float32) - exact).max()
print(f"PyTorch float32: max error {limit:.3e}  (max |value| {np.abs(exact).max():.3f})")
first = None
for path in args.ours:
    ours = np.load(path)
    error = np.abs(ours - exact).max()
    first = ours if first is None else first
    same = "same bits as the first" if ours.tobytes() == first.tobytes() else "DIFFERS FROM THE FIRST"
    print(f"{path}: max error {error:.3e}  ratio {error / limit:.2f}  {same}")
