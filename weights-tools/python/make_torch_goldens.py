"""Writes small files with torch.save and torch.jit.save, and what is in them: `make_torch_goldens.py ../../clip-core/src/test/resources/torch`."""
import argparse
import collections
import json
import os
import pathlib
import sys

import numpy as np
import torch
from torch import nn


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Parameter(torch.arange(6.0).reshape(2, 3).half())

    def forward(self, x):
        return x @ self.proj


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Inner()
        self.logit_scale = nn.Parameter(torch.tensor(4.25))
        self.register_buffer("context_length", torch.tensor(77))

    def forward(self, x):
        return self.visual(x) * self.logit_scale


def main(directory):
    os.makedirs(directory, exist_ok=True)
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    state = {
        "f32": base.clone(), "f16": base.half(), "bf16": base.bfloat16(), "f64": base.double(), "transposed": base.t(), "slice": base[1:3, ::2],
        "column": base[:, 4], "parameter": nn.Parameter(base[:2].clone()), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3),
    }
    files = {
        "state.pt": state, "training.pt": {"epoch": 3, "rate": 1e-4, "name": "run", "done": True, "best": None, "steps": [1, 2, -300],
                                           "state_dict": {"module.a": base[0].clone(), "module.ids": torch.arange(5)}},
    }
    expected = {}
    for name, content in files.items():
        torch.save(content, os.path.join(directory, name))
        tensors = content.get("state_dict", content)
        expected[name] = {k: dict(shape=list(v.shape), values=v.detach().double().flatten().tolist()) for k, v in tensors.items()}
    module = torch.jit.script(Outer().eval())
    module.save(os.path.join(directory, "script.pt"))
    expected["script.pt"] = {k: dict(shape=list(v.shape), values=v.detach().double().flatten().tolist()) for k, v in module.state_dict().items()}
    with open(os.path.join(directory, "expected.json"), "w") as f:
        json.dump(expected, f, indent=1)
        f.write("\n")
    torch.save({"a": base[0]}, os.path.join(directory, "legacy.pt"), _use_new_zipfile_serialization=False)
    field(directory, base)


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.gelu = activation

    def forward(self, x):
        return self.gelu(self.fc(x))


class Whole(nn.Module):
    """A class of a program: a pickle of it needs that program."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)


def field(directory, base):
    """What training programs save, in every way that PyTorch has; the names and values are checked in Java."""
    path = lambda name: os.path.join(directory, name)
    torch.manual_seed(0)
    module = Whole()
    optimizer = torch.optim.AdamW(module.parameters())
    module.fc(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    marked = nn.Parameter(base[1].clone())
    marked.is_norm = True  # saved by _rebuild_parameter_with_state
    plain = base[2].clone()
    plain.note = "n"  # saved by _rebuild_from_type_v2
    odd = {"a": base[0].clone(), "marked": marked, "noted": plain, "u16": base[0].to(torch.uint16), "c64": base[0].to(torch.complex64)}
    training = {
        "epoch": 3, "loss": torch.tensor(0.5), "args": argparse.Namespace(lr=1e-3, name="run"), "path": pathlib.PurePosixPath("a/b"),
        "rng": np.random.default_rng(0).bit_generator.state, "np": np.float64(1.5), "device": torch.device("cpu"), "dtype": torch.float16,
        "counts": collections.Counter("aab"), (1, 2): "tuple", "set": {1, 2}, "big": 1 << 100, "bytes": b"xyz", "list": [base[3].clone()],
        "optimizer_state_dict": optimizer.state_dict(), "model_state_dict": odd,
    }
    for protocol in (2, 4, 5):
        torch.save(training, path(f"training{protocol}.pt"), pickle_protocol=protocol)
    torch.save(training, path("training_legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(module, path("whole.pt"))
    torch.save(module, path("whole_legacy.pt"), _use_new_zipfile_serialization=False)
    scripted = torch.jit.script(Block(QuickGELU()).eval())
    scripted.save(path("quick_scripted.pt"))
    torch.jit.trace(Block(QuickGELU()).eval(), torch.ones(1, 2)).save(path("quick_traced.pt"))
    torch.jit.trace(Block(QuickGELU()).eval().double(), torch.ones(1, 2).double()).save(path("quick_traced64.pt"))
    torch.jit.script(Block(nn.GELU()).eval()).save(path("gelu_scripted.pt"))
    torch.jit.trace(Block(nn.GELU()).eval(), torch.ones(1, 2)).save(path("gelu_traced.pt"))
    torch.jit.trace(Block(nn.GELU("tanh")).eval(), torch.ones(1, 2)).save(path("tanh_traced.pt"))


if __name__ == "__main__":
    main(sys.argv[1])
