"""The models of bench/src/models in plain PyTorch, eager: one training step with AdamW, or one forward pass."""

import os
import resource
import time

import torch
from lines import serve
from torch import nn
from torch.nn import functional as F

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
        self.shortcut = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        h = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(h + self.shortcut(x))


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
        return self.head(self.blocks(F.relu(self.norm(self.stem(x)))).mean((2, 3)))

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
        self.entry, self.norm = nn.Conv2d(12, width, 1, bias=False), nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList(nn.ModuleList((SeparableConv(width), SeparableConv(width))) for _ in range(8))
        self.exit = nn.Conv2d(width, 2, 1)

    @staticmethod
    def batch():
        return torch.randn(64, 12, 15, 15), torch.randn(64, 2, 15, 15)

    def forward(self, x):
        h = F.relu(self.norm(self.entry(x)))
        for first, second in self.blocks:
            h = F.relu(h + second(F.relu(first(h))))
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
        self.skip = nn.Identity() if inputs == out else nn.Conv3d(inputs, out, 1)

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(time)[:, :, None, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class UnetAttention(nn.Module):
    def __init__(self, width, axes, heads=4):
        super().__init__()
        self.axes, self.heads, self.norm = axes, heads, nn.GroupNorm(8, width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        order = [axis for axis in (0, 2, 3, 4) if axis not in self.axes] + self.axes + [1]
        moved = self.norm(x).permute(order)
        length, width = 1, x.shape[1]
        for axis in self.axes:
            length *= x.shape[axis]
        tokens = moved.reshape(-1, length, width)
        q, k, v = (t.view(-1, length, self.heads, width // self.heads).transpose(1, 2) for t in self.qkv(tokens).split(width, -1))
        p = (q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5).softmax(-1)
        y = self.out((p @ v).transpose(1, 2).reshape(-1, length, width))
        return x + y.view(moved.shape).permute([order.index(i) for i in range(5)])


class Unet3d(nn.Module):
    def __init__(self):
        super().__init__()
        c = 64
        self.time, self.stem = nn.Linear(c, 256), spatial_conv(3, c)
        self.down, self.down_time = UnetBlock(c, c), UnetAttention(c, [2])
        self.smaller = spatial_conv(c, c, 2)
        self.low, self.low_space, self.low_time = UnetBlock(c, 2 * c), UnetAttention(2 * c, [3, 4]), UnetAttention(2 * c, [2])
        self.middle, self.larger = UnetBlock(2 * c, 2 * c), spatial_conv(2 * c, c)
        self.up, self.up_time = UnetBlock(2 * c, c), UnetAttention(c, [2])
        self.norm, self.exit = nn.GroupNorm(8, c), spatial_conv(c, 3)

    @staticmethod
    def batch():
        shape = (2, 3, 16, 32, 32)
        return (torch.randn(shape), torch.randn(2, 64)), torch.randn(shape)

    def forward(self, inputs):
        x, t = inputs
        time = F.silu(self.time(t))
        high = self.down_time(self.down(self.stem(x), time))
        h = self.low_time(self.low_space(self.low(self.smaller(high), time)))
        h = self.larger(F.interpolate(self.middle(h, time), size=(16, 32, 32), mode="nearest"))
        h = self.up_time(self.up(torch.cat([h, high], 1), time))
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


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


serve({"load": load, "train": train, "forward": forward, "peak": peak})
