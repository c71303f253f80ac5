"""Writes small files with torch.save and torch.jit.save, and what is in them: `make_torch_goldens.py ../../clip-core/src/test/resources/torch`."""
import json
import os
import sys

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


if __name__ == "__main__":
    main(sys.argv[1])
