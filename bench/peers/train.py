"""The models of bench/src/models in plain PyTorch, eager: one training step with AdamW, or one forward pass."""

import json
import os
import resource
import time

import numpy as np
import torch
from lines import serve
from torch import nn
from torch.nn import functional as F

# what the networks with kinks use; gradients() also compares them with a smooth one
activation = F.relu

torch.set_num_threads(int(os.environ.get("THREADS", "2")))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))

    @staticmethod
    def batch():
        return torch.randn(128, 784), torch.randint(10, (128,))

    def forward(self, x):
        return self.layers(x)

    loss = staticmethod(F.cross_entropy)


class GptBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask):
        n, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).split(width, -1)
        q, k, v = (t.view(n, length, self.heads, -1).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5
        p = scores.masked_fill(mask, float("-inf")).softmax(-1)
        x = x + self.out((p @ v).transpose(1, 2).reshape(n, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    layers, width, heads, length, vocabulary, n = 6, 384, 6, 256, 8192, 8

    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(self.vocabulary, self.width), nn.Embedding(self.length, self.width)
        self.blocks = nn.ModuleList(GptBlock(self.width, self.heads) for _ in range(self.layers))
        self.norm = nn.LayerNorm(self.width)
        self.register_buffer("mask", torch.ones(self.length, self.length).triu(1).bool())
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02)

    def batch(self):
        shape = (self.n, self.length)
        return torch.randint(self.vocabulary, shape), torch.randint(self.vocabulary, shape)

    def forward(self, x):
        h = self.tokens(x) + self.positions.weight
        for block in self.blocks:
            h = block(h, self.mask)
        return self.norm(h) @ self.tokens.weight.T

    @staticmethod
    def loss(logits, y):
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())


class ResNetBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.shortcut = None
        if stride != 1:
            self.shortcut = nn.ModuleDict(
                {"conv": nn.Conv2d(inputs, width, 1, stride, bias=False), "norm": nn.BatchNorm2d(width)}
            )

    def forward(self, x):
        h = self.norm2(self.conv2(activation(self.norm1(self.conv1(x)))))
        return activation(h + (x if self.shortcut is None else self.shortcut.norm(self.shortcut.conv(x))))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64)
        blocks, inputs = [], 64
        for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [ResNetBlock(inputs, width, stride), ResNetBlock(width, width, 1)]
            inputs = width
        self.blocks, self.head = nn.Sequential(*blocks), nn.Linear(512, 10)

    @staticmethod
    def batch():
        return torch.randn(32, 3, 32, 32), torch.randint(10, (32,))

    def forward(self, x):
        return self.head(self.blocks(activation(self.norm(self.stem(x)))).mean((2, 3)))

    loss = staticmethod(F.cross_entropy)


class SeparableConv(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 3, 1, 1, groups=width, bias=False)
        self.pointwise, self.norm = nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        return self.norm(self.pointwise(self.depthwise(x)))


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        width = 256
        self.entry = nn.ModuleDict({"conv": nn.Conv2d(12, width, 1, bias=False), "norm": nn.BatchNorm2d(width)})
        self.blocks = nn.ModuleList(nn.ModuleList((SeparableConv(width), SeparableConv(width))) for _ in range(8))
        self.exit = nn.Conv2d(width, 2, 1)

    @staticmethod
    def batch():
        return torch.randn(64, 12, 15, 15), torch.randn(64, 2, 15, 15)

    def forward(self, x):
        h = activation(self.entry.norm(self.entry.conv(x)))
        for first, second in self.blocks:
            h = activation(h + second(activation(first(h))))
        return self.exit(h)

    loss = staticmethod(F.mse_loss)


def spatial_conv(inputs, out, stride=1):
    return nn.Conv3d(inputs, out, (1, 3, 3), (1, stride, stride), (0, 1, 1))


class UnetBlock(nn.Module):
    def __init__(self, inputs, out, time_width=256):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, inputs), nn.GroupNorm(8, out)
        self.conv1, self.conv2 = spatial_conv(inputs, out), spatial_conv(out, out)
        self.time = nn.Linear(time_width, out)
        self.skip = None if inputs == out else nn.Conv3d(inputs, out, 1)

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(time)[:, :, None, None, None]
        return (x if self.skip is None else self.skip(x)) + self.conv2(F.silu(self.norm2(h)))


class UnetAttention(nn.Module):
    def __init__(self, width, axes, heads=4):
        super().__init__()
        self.axes, self.heads, self.norm = axes, heads, nn.GroupNorm(8, width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        order = [axis for axis in (0, 2, 3, 4) if axis not in self.axes] + self.axes + [1]
        moved = self.norm(x).permute(order)
        length, width = 1, x.shape[1]
        for axis in self.axes:
            length *= x.shape[axis]
        tokens = moved.reshape(-1, length, width)
        projected = F.linear(tokens, self.attention.in_proj_weight, self.attention.in_proj_bias)
        q, k, v = (t.view(-1, length, self.heads, width // self.heads).transpose(1, 2) for t in projected.split(width, -1))
        p = (q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5).softmax(-1)
        y = self.attention.out_proj((p @ v).transpose(1, 2).reshape(-1, length, width))
        return x + y.view(moved.shape).permute([order.index(i) for i in range(5)])


class Unet3d(nn.Module):
    def __init__(self):
        super().__init__()
        c = 64
        self.time, self.stem = nn.Linear(c, 256), spatial_conv(3, c)
        self.down = nn.ModuleDict({"block": UnetBlock(c, c), "overTime": UnetAttention(c, [2])})
        self.smaller = spatial_conv(c, c, 2)
        self.low = nn.ModuleDict(
            {
                "block": UnetBlock(c, 2 * c),
                "overSpace": UnetAttention(2 * c, [3, 4]),
                "overTime": UnetAttention(2 * c, [2]),
            }
        )
        self.middle, self.larger = UnetBlock(2 * c, 2 * c), spatial_conv(2 * c, c)
        self.up = nn.ModuleDict({"block": UnetBlock(2 * c, c), "overTime": UnetAttention(c, [2])})
        self.norm, self.exit = nn.GroupNorm(8, c), spatial_conv(c, 3)

    @staticmethod
    def batch():
        shape = (2, 3, 16, 32, 32)
        return (torch.randn(shape), torch.randn(2, 64)), torch.randn(shape)

    def forward(self, inputs):
        x, t = inputs
        time = F.silu(self.time(t))
        high = self.down.overTime(self.down.block(self.stem(x), time))
        h = self.low.overTime(self.low.overSpace(self.low.block(self.smaller(high), time)))
        h = self.larger(F.interpolate(self.middle(h, time), size=(16, 32, 32), mode="nearest"))
        h = self.up.overTime(self.up.block(torch.cat([h, high], 1), time))
        return self.exit(F.silu(self.norm(h)))

    loss = staticmethod(F.mse_loss)


MODELS = {"mlp": Mlp, "gpt": Gpt, "resnet18": ResNet18, "separable": Separable, "unet3d": Unet3d}
current = {}


def load(model):
    torch.manual_seed(0)
    own = MODELS[model]()
    current.update(model=own, batch=own.batch(), optimizer=torch.optim.AdamW(own.parameters(), lr=1e-3))
    return sum(p.numel() for p in own.parameters())


def train(steps=1):
    own, (x, y), optimizer = current["model"].train(), current["batch"], current["optimizer"]
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = own.loss(own(x), y)
        loss.backward()
        optimizer.step()
        loss.item()
    return (time.perf_counter() - start) / steps


def forward(steps=1):
    own, (x, _) = current["model"].eval(), current["batch"]
    with torch.inference_mode():
        start = time.perf_counter()
        for _ in range(steps):
            own(x)
        return (time.perf_counter() - start) / steps


def gradients(model, folder):
    """Relative L2 errors, by parameter, of the gradients in `folder` and of float32's, against float64's."""
    global activation
    activation = F.silu if model.endswith("-silu") else F.relu
    model = model.removesuffix("-silu")
    manifest = json.load(open(os.path.join(folder, "manifest.json")))

    def read(kind, name):
        entry = manifest[kind][name]
        data = np.fromfile(os.path.join(folder, entry["file"]), dtype=entry["dtype"])
        return torch.from_numpy(data.reshape(entry["shape"]).copy())

    def compute(dtype):
        own = MODELS[model]().to(dtype)
        own.load_state_dict({n: read("params", n).to(dtype) for n, _ in own.named_parameters()}, strict=False)
        inputs = [read("batch", n) for n in sorted(manifest["batch"])]
        *xs, y = [t.long() if t.dtype == torch.int32 else t.to(dtype) for t in inputs]
        loss = own.train().loss(own(xs[::-1] if len(xs) > 1 else xs[0]), y)
        loss.backward()
        return loss.item(), {n: p.grad.double() for n, p in own.named_parameters()}

    loss, exact = compute(torch.float64)
    _, single = compute(torch.float32)

    def errors(gradient):
        return [((gradient(n) - g).norm() / g.norm()).item() for n, g in exact.items()]

    return {"loss": loss, "ours": errors(lambda n: read("gradients", n).double()), "peer": errors(single.get)}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


serve({"load": load, "train": train, "forward": forward, "peak": peak, "gradients": gradients})
