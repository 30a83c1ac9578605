/**
 * Eight residual blocks of two separable convolutions (depthwise 3×3, then 1×1) of width 256 on 15×15 patches of 12
 * bands, batch 64: the shape of Lang et al.'s canopy-height network (2204.08322), with two outputs a pixel.
 */
import {
  type BatchStatistics,
  batchNorm,
  batchNormTraining,
  conv,
  initBatchStatistics,
  initConv,
  initNorm,
  mseLoss,
  type Norm,
} from 'tenfold/nn';
import { add, random, relu, silu, type Tensor } from 'tenfold/tensor';
import { model } from './model.ts';

const [blocks, width, size, bands, batch] = [8, 256, 15, 12, 64];

const pointwise = (key: Tensor, from: number, out: number, bias = false) =>
  initConv(key, { in: from, out, kernel: [1, 1], bias });

function initSeparable(key: Tensor) {
  const [a, b] = random.split(key) as [Tensor, Tensor];
  return {
    depthwise: initConv(a, { in: width, out: width, kernel: [3, 3], groups: width, bias: false }),
    pointwise: pointwise(b, width, width),
    norm: initNorm(width),
  };
}

function init(key: Tensor) {
  const [entry, exit, ...rest] = random.split(key, 2 * blocks + 2) as [Tensor, Tensor, ...Tensor[]];
  return {
    entry: { conv: pointwise(entry, bands, width), norm: initNorm(width) },
    blocks: Array.from(
      { length: blocks },
      (_, i) => [initSeparable(rest[2 * i]!), initSeparable(rest[2 * i + 1]!)] as const,
    ),
    exit: pointwise(exit, width, 2, true),
  };
}

type Activation = (x: Tensor) => Tensor;

type Params = ReturnType<typeof init>;

function network(p: Params, x: Tensor, activation: Activation, norm: (p: Norm, x: Tensor) => Tensor): Tensor {
  const separable = (own: Params['blocks'][number][number], h: Tensor) =>
    norm(own.norm, conv(own.pointwise, conv(own.depthwise, h, { padding: 1, groups: width })));
  let h = activation(norm(p.entry.norm, conv(p.entry.conv, x)));
  for (const [first, second] of p.blocks) h = activation(add(h, separable(second, activation(separable(first, h)))));
  return conv(p.exit, h);
}

const withActivation = (activation: Activation) =>
  model({
    init,
    state: (): readonly BatchStatistics[] => Array.from({ length: 2 * blocks + 1 }, () => initBatchStatistics(width)),
    batch: (key) => {
      const [a, b] = random.split(key) as [Tensor, Tensor];
      return { x: random.normal(a, [batch, bands, size, size]), y: random.normal(b, [batch, 2, size, size]) };
    },
    loss: (params, { x, y }: { x: Tensor; y: Tensor }, state) => {
      const next: BatchStatistics[] = [];
      const out = network(params, x, activation, (p, h) => {
        const [z, statistics] = batchNormTraining(p, h, state[next.length]!);
        next.push(statistics);
        return z;
      });
      return [mseLoss(out, y), next];
    },
    forward: (params, { x }, state) => {
      let i = 0;
      return network(params, x, activation, (p, h) => batchNorm(p, h, state[i++]!));
    },
  });

export const separable = withActivation(relu);

/** The same with a smooth activation, whose gradient rounding cannot change by a step. */
export const separableSmooth = withActivation(silu);
