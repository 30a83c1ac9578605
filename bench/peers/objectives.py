"""The models of the objectives benchmark in plain PyTorch, eager: T5's blocks with gated GELU as a causal decoder, a
non-causal one and an encoder-decoder; one training step with AdamW on the rows that our side wrote."""

import json
import math
import os
import resource
import time

import numpy as np
import torch
from lines import serve
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(int(os.environ.get("THREADS", "2")))
BUCKETS, FARTHEST = 32, 128


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width, bias=False) for _ in range(4))

    def forward(self, x, memory, bias):
        def split(t):
            return t.view(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2)

        q, k, v = split(self.q_proj(x)), split(self.k_proj(memory)), split(self.v_proj(memory))
        scores = q @ k.transpose(-1, -2)
        weights = (scores if bias is None else scores + bias).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    def __init__(self, width, heads, hidden, cross):
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = Attention(width, heads), Norm(width)
        if cross:
            self.encoder_attn, self.encoder_attn_layer_norm = Attention(width, heads), Norm(width)
        self.fc1, self.fc_gated = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.fc2, self.final_layer_norm = nn.Linear(hidden, width, bias=False), Norm(width)

    def forward(self, x, own, memory, looking):
        y = self.self_attn_layer_norm(x)
        x = x + self.self_attn(y, y, own)
        if memory is not None:
            x = x + self.encoder_attn(self.encoder_attn_layer_norm(x), memory, looking)
        y = self.final_layer_norm(x)
        bent = self.fc1(y)
        bent = 0.5 * bent * (1 + torch.tanh(math.sqrt(2 / math.pi) * (bent + 0.044715 * bent * bent * bent)))
        return x + self.fc2(bent * self.fc_gated(y))


def buckets_of(length, both):
    distance = torch.arange(length)[None] - torch.arange(length)[:, None]
    side = BUCKETS // 2 if both else BUCKETS
    first = torch.where(distance > 0, side, 0) if both else torch.zeros_like(distance)
    away = distance.abs() if both else (-distance).clamp(min=0)
    exact = side // 2
    far = exact + (torch.log(away.clamp(min=1) / exact) / math.log(FARTHEST / exact) * (side - exact)).long()
    return first + torch.where(away < exact, away, far.clamp(max=side - 1))


class Stack(nn.Module):
    def __init__(self, width, heads, hidden, layers, cross, both):
        super().__init__()
        self.both = both
        self.relative_attention_bias = nn.Embedding(BUCKETS, heads)
        self.layers = nn.ModuleList(Block(width, heads, hidden, cross) for _ in range(layers))
        self.final_layer_norm = Norm(width)
        self.buckets = {}

    def forward(self, x, seen, memory=None, looking=None):
        length = x.shape[1]
        if length not in self.buckets:
            self.buckets[length] = buckets_of(length, self.both)
        bias = self.relative_attention_bias(self.buckets[length]).permute(2, 0, 1)[None]
        own = bias if seen is None else torch.where(seen, bias, torch.tensor(-1e9))
        for block in self.layers:
            x = block(x, own, memory, looking)
        return self.final_layer_norm(x)


class Model(nn.Module):
    def __init__(self, vocabulary, width, heads, hidden, layers, encoded):
        super().__init__()
        self.width = width
        self.embed_tokens = nn.Embedding(vocabulary, width)
        if encoded:
            self.encoder = Stack(width, heads, hidden, layers, False, True)
        self.decoder = Stack(width, heads, hidden, layers, encoded, False)

    def forward(self, batch):
        ids, segment = batch["ids"], batch.get("segment")
        length = ids.shape[1]
        seen = torch.ones(length, length, dtype=torch.bool).tril()[None, None]
        if "input" in batch:
            seen = seen | batch["input"][:, None, None, :]
        if segment is not None:
            seen = seen & (segment[:, None, :, None] == segment[:, None, None, :])
        memory, looking = None, None
        if "source.ids" in batch:
            of = batch.get("source.segment")
            among = None if of is None else of[:, None, :, None] == of[:, None, None, :]
            memory = self.encoder(self.embed_tokens(batch["source.ids"]), among)
            if of is not None:
                looks = segment[:, None, :, None] == of[:, None, None, :]
                looking = torch.where(looks, 0.0, torch.tensor(-1e9))
        x = self.decoder(self.embed_tokens(ids), seen, memory, looking)
        return (x * self.width**-0.5) @ self.embed_tokens.weight.T


def loss_of(model, batch):
    logits = model(batch).flatten(0, 1)
    entropy = F.cross_entropy(logits, batch["next"].flatten(), reduction="none")
    entropy = entropy + 1e-4 * logits.logsumexp(-1).square()
    if "weight" not in batch:
        return entropy.mean()
    weight = batch["weight"].flatten()
    return (entropy * weight).sum() / weight.sum()


current = {}


def load(folder):
    manifest = json.load(open(os.path.join(folder, "manifest.json")))

    def read(kind):
        found = {}
        for name, entry in manifest[kind].items():
            dtype = {"bool": "uint8"}.get(entry["dtype"], entry["dtype"])
            data = np.fromfile(os.path.join(folder, entry["file"]), dtype=dtype).reshape(entry["shape"])
            tensor = torch.from_numpy(data.copy())
            found[name] = tensor.bool() if entry["dtype"] == "bool" else tensor
        return found

    params, batch = read("params"), read("batch")
    vocabulary, width = params["embed_tokens.weight"].shape
    heads = params["decoder.relative_attention_bias.weight"].shape[1]
    hidden = params["decoder.layers.0.fc1.weight"].shape[0]
    layers = 1 + max(int(name.split(".")[2]) for name in params if name.startswith("decoder.layers."))
    own = Model(vocabulary, width, heads, hidden, layers, "encoder.final_layer_norm.weight" in params)
    own.load_state_dict(params)
    for name in ("ids", "source.ids", "next"):
        if name in batch:
            batch[name] = batch[name].long()
    current.update(model=own, batch=batch, optimizer=torch.optim.AdamW(own.parameters(), lr=1e-3), losses=[])
    return sum(p.numel() for p in own.parameters())


def train(steps=1):
    model, batch, optimizer = current["model"], current["batch"], current["optimizer"]
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        current["losses"].append(loss.item())
    return (time.perf_counter() - start) / steps


def losses(count):
    while len(current["losses"]) < count:
        train()
    return current["losses"][:count]


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


serve({"load": load, "train": train, "losses": losses, "peak": peak})
