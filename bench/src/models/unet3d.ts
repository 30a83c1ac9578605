/**
 * A small video U-Net in the shape of 2204.03458: 16 frames of 32², 64 base channels, two levels, 1×3×3 convolutions,
 * attention over space at 16² and over time at both levels, a time embedding added in every block, batch 2.
 */
import {
  conv,
  groupNorm,
  initConv,
  initLinear,
  initMultiHeadAttention,
  initNorm,
  linear,
  type MultiHeadAttention,
  mseLoss,
  multiHeadAttention,
} from 'tenfold/nn';
import { add, concat, random, reshape, resize, silu, type Tensor, transpose } from 'tenfold/tensor';
import { model } from './model.ts';

const [batch, frames, size, base, heads, groups, timeWidth] = [2, 16, 32, 64, 4, 8, 256];
const kernel = [1, 3, 3];
const around = { padding: [0, 1, 1] };

const spatialConv = (key: Tensor, from: number, out: number) => initConv(key, { in: from, out, kernel });

function initBlock(key: Tensor, from: number, out: number) {
  const [a, b, c, d] = random.split(key, 4) as [Tensor, Tensor, Tensor, Tensor];
  return {
    norm1: initNorm(from),
    conv1: spatialConv(a, from, out),
    time: initLinear(b, { in: timeWidth, out }),
    norm2: initNorm(out),
    conv2: spatialConv(c, out, out),
    ...(from === out ? {} : { skip: initConv(d, { in: from, out, kernel: [1, 1, 1] }) }),
  };
}

type Block = ReturnType<typeof initBlock>;

const initAttention = (key: Tensor, width: number) => ({
  norm: initNorm(width),
  attention: initMultiHeadAttention(key, { width }),
});

function init(key: Tensor) {
  const keys = random.split(key, 14);
  const k = (i: number) => keys[i]!;
  return {
    time: initLinear(k(0), { in: base, out: timeWidth }),
    stem: spatialConv(k(1), 3, base),
    down: { block: initBlock(k(2), base, base), overTime: initAttention(k(3), base) },
    smaller: spatialConv(k(4), base, base),
    low: {
      block: initBlock(k(5), base, 2 * base),
      overSpace: initAttention(k(6), 2 * base),
      overTime: initAttention(k(7), 2 * base),
    },
    middle: initBlock(k(8), 2 * base, 2 * base),
    larger: spatialConv(k(9), 2 * base, base),
    up: { block: initBlock(k(10), 2 * base, base), overTime: initAttention(k(11), base) },
    norm: initNorm(base),
    exit: spatialConv(k(12), base, 3),
  };
}

type Params = ReturnType<typeof init>;

function residual(p: Block, x: Tensor, time: Tensor): Tensor {
  const out = p.conv1.weight.shape[0]!;
  const shift = reshape(linear(p.time, time), [batch, out, 1, 1, 1]);
  const h = add(conv(p.conv1, silu(groupNorm(p.norm1, x, groups)), around), shift);
  const y = conv(p.conv2, silu(groupNorm(p.norm2, h, groups)), around);
  return add(p.skip ? conv(p.skip, x) : x, y);
}

/** Attention along the axes in `tokens` of x [n, c, t, h, w]; the other axes are batches of their own. */
function attend(
  p: { norm: Params['norm']; attention: MultiHeadAttention },
  x: Tensor,
  tokens: readonly number[],
): Tensor {
  const [, width] = x.shape as [number, number];
  const rest = [0, 2, 3, 4].filter((axis) => !tokens.includes(axis));
  const order = [...rest, ...tokens, 1];
  const moved = transpose(groupNorm(p.norm, x, groups), order);
  const length = tokens.reduce((n, axis) => n * x.shape[axis]!, 1);
  const y = multiHeadAttention(p.attention, reshape(moved, [x.size / length / width, length, width]), { heads });
  return add(
    x,
    transpose(
      reshape(y, moved.shape),
      order.map((_, i) => order.indexOf(i)),
    ),
  );
}

const overSpace = [3, 4];
const overTime = [2];

function forward(p: Params, { x, t }: { x: Tensor; t: Tensor }): Tensor {
  const time = silu(linear(p.time, t));
  const high = attend(p.down.overTime, residual(p.down.block, conv(p.stem, x, around), time), overTime);
  let h = conv(p.smaller, high, { ...around, stride: [1, 2, 2] });
  h = residual(p.low.block, h, time);
  h = attend(p.low.overTime, attend(p.low.overSpace, h, overSpace), overTime);
  h = residual(p.middle, h, time);
  h = conv(p.larger, resize(h, [frames, size, size], 'nearest'), around);
  h = attend(p.up.overTime, residual(p.up.block, concat([h, high], 1), time), overTime);
  return conv(p.exit, silu(groupNorm(p.norm, h, groups)), around);
}

export const unet3d = model({
  init,
  state: () => [],
  batch: (key) => {
    const [a, b, c] = random.split(key, 3) as [Tensor, Tensor, Tensor];
    const shape = [batch, 3, frames, size, size];
    return { x: random.normal(a, shape), t: random.normal(b, [batch, base]), y: random.normal(c, shape) };
  },
  loss: (params, data: { x: Tensor; t: Tensor; y: Tensor }, state) => [mseLoss(forward(params, data), data.y), state],
  forward,
});
