"""
Logits of the shipped model by a plain PyTorch implementation of the paper, for the living issue to hold its own against.

    python3 scripts/reference-logits.py        (PyTorch 1.13 or later; after train-shipped-opt.mjs)

Reads models/opt-6m/model.safetensors, writes models/opt-6m/reference.safetensors: `ids` of one row, and `logits` at the
places named in its metadata. The forward pass is that of the test fixtures.
"""

import json
import os
import struct
import sys

import torch

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(root, "test", "opt", "fixtures"))
from make import forward  # noqa: E402

folder = os.path.join(root, "models", "opt-6m")
places = [0, 1, 7, 63, 127, 255, 383, 511]


def read(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    dtypes = {"F32": torch.float32, "F16": torch.float16}
    return {
        name: torch.frombuffer(bytearray(data[slice(*x["data_offsets"])]), dtype=dtypes[x["dtype"]]).view(x["shape"])
        for name, x in header.items()
        if name != "__metadata__"
    }


def write(path, tensors, metadata):
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, (code, tensor) in tensors.items():
        blob = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


with open(os.path.join(folder, "config.json")) as file:
    config = json.load(file)
weights = {k.removeprefix("model.decoder."): v.float() for k, v in read(os.path.join(folder, "model.safetensors")).items()}
ids = torch.tensor([[2] + [4 + (i * i * 7919 + i * 31) % 4092 for i in range(511)]])
logits = forward(config, weights, ids, torch.ones_like(ids))[0, places]
tensors = {"logits": ("F32", logits), "ids": ("I32", ids[0].int())}
write(os.path.join(folder, "reference.safetensors"), tensors, {"places": json.dumps(places), "torch": torch.__version__})
print(logits.shape, float(logits.abs().max()))
