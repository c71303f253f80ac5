"""Reads and writes safetensors files with NumPy alone (https://github.com/huggingface/safetensors, README "Format")."""
import json
import os
import struct

import numpy as np

DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U8": np.uint8}


def save(path, tensors, metadata=None):
    """Writes name -> array; the file appears under its name only when it is complete."""
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = {k: str(v) for k, v in metadata.items()}
    names = {np.dtype(v): k for k, v in DTYPES.items()}
    arrays = {k: np.ascontiguousarray(v) for k, v in tensors.items()}
    for name, array in arrays.items():
        # ascontiguousarray makes a scalar one-dimensional: the shape is the given one's
        shape = list(np.shape(tensors[name]))
        header[name] = {"dtype": names[array.dtype], "shape": shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".tmp", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            f.write(array.tobytes())
    os.replace(path + ".tmp", path)


def load(path):
    """Reads a file into name -> array."""
    with open(path, "rb") as f:
        data = f.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, info in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + o for o in info["data_offsets"])
            tensors[name] = np.frombuffer(data[begin:end], DTYPES[info["dtype"]]).reshape(info["shape"])
    return tensors
