"""OPT in plain PyTorch with a key-value cache, written from the paper (Zhang et al. 2022): prefill and greedy decoding.

Pre-norm blocks, learned positions in a table whose first two rows are unused, ReLU, the token embedding as output layer.
"""

import json
import os
import resource
import time

import numpy as np
import torch
from lines import serve
from torch.nn import functional as F

torch.set_num_threads(int(os.environ.get("THREADS", "2")))
torch.set_grad_enabled(False)


class Opt:
    def __init__(self, folder):
        with open(os.path.join(folder, "config.json")) as file:
            config = json.load(file)
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.vocabulary = config["vocab_size"]
        self.p = {}
        with open(os.path.join(folder, "model.safetensors"), "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
            for name, entry in header.items():
                if name == "__metadata__":
                    continue
                begin, end = entry["data_offsets"]
                file.seek(8 + length + begin)
                values = np.fromfile(file, dtype=np.float32, count=(end - begin) // 4).reshape(entry["shape"])
                self.p[name.removeprefix("model.decoder.")] = torch.from_numpy(values)

    def linear(self, name, x):
        return F.linear(x, self.p[name + ".weight"], self.p[name + ".bias"])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.p[name + ".weight"], self.p[name + ".bias"])

    def __call__(self, ids, cache):
        """The logits [rows, vocabulary] after the last of `ids` [rows, tokens]; `cache` takes their keys and values."""
        rows, tokens = ids.shape
        past = cache[0][0].shape[2] if cache else 0
        places = torch.arange(past, past + tokens) + 2
        x = F.embedding(ids, self.p["embed_tokens.weight"]) + self.p["embed_positions.weight"][places]
        width = x.shape[-1]
        mask = torch.full((tokens, past + tokens), float("-inf")).triu(past + 1) if tokens > 1 else None
        for i in range(self.layers):
            at = f"layers.{i}."
            h = self.norm(at + "self_attn_layer_norm", x)
            q, k, v = (
                self.linear(f"{at}self_attn.{name}_proj", h).view(rows, tokens, self.heads, -1).transpose(1, 2)
                for name in "qkv"
            )
            if past:
                k, v = torch.cat([cache[i][0], k], 2), torch.cat([cache[i][1], v], 2)
                cache[i] = (k, v)
            else:
                cache.append((k, v))
            scores = (q * (width // self.heads) ** -0.5) @ k.transpose(-1, -2)
            p = (scores if mask is None else scores + mask).softmax(-1)
            x = x + self.linear(at + "self_attn.out_proj", (p @ v).transpose(1, 2).reshape(rows, tokens, width))
            h = self.norm(at + "final_layer_norm", x)
            x = x + self.linear(at + "fc2", F.relu(self.linear(at + "fc1", h)))
        x = self.norm("final_layer_norm", x[:, -1])
        return F.linear(x, self.p["embed_tokens.weight"])


model = None


def load(folder):
    global model
    model = Opt(folder)


def prompt(tokens):
    return torch.tensor([[(i * 7919 + 2) % model.vocabulary for i in range(tokens)]])


def prefill(tokens):
    ids = prompt(tokens)
    begin = time.perf_counter()
    model(ids, [])
    return time.perf_counter() - begin


def decode(tokens, steps):
    cache = []
    logits = model(prompt(tokens), cache)
    begin = time.perf_counter()
    for _ in range(steps):
        logits = model(logits.argmax(-1, keepdim=True), cache)
    return (time.perf_counter() - begin) / steps


def rate():
    """Bytes a second at which these threads read memory: the best of several products of 1 GiB with itself."""
    values = torch.ones(2**28)
    seconds = []
    for _ in range(7):
        begin = time.perf_counter()
        torch.dot(values, values)
        seconds.append(time.perf_counter() - begin)
    return 2**30 / min(seconds)


serve(
    {
        "load": load,
        "logits": lambda tokens: model(prompt(tokens), [])[0].tolist(),
        "prefill": prefill,
        "decode": decode,
        "rate": rate,
        "peak": lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
)
