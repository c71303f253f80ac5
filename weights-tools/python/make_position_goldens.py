"""Writes position embeddings resampled by PyTorch as the two reference implementations do: `make_position_goldens.py > positions.json`."""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(3)
cases = []
for grid, to in ((7, 5), (7, 14), (4, 9), (16, 7)):
    positions = torch.randn(1 + grid * grid, 3)
    grid_of = positions[1:].reshape(1, grid, grid, 3).permute(0, 3, 1, 2)
    case = dict(grid=grid, to=to, positions=positions.flatten().tolist())
    for name, antialias in (("HUGGING_FACE", False), ("OPEN_CLIP", True)):
        resized = F.interpolate(grid_of, size=(to, to), mode="bicubic", align_corners=False, antialias=antialias)
        case[name] = torch.cat([positions[:1], resized.permute(0, 2, 3, 1).reshape(-1, 3)]).flatten().tolist()
    cases.append(case)
print(json.dumps(cases))
