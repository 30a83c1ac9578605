/** ResNet-18 for 32² images (a 3×3 stem, no pooling before the blocks), batch 32. */
import {
  type BatchStatistics,
  batchNorm,
  batchNormTraining,
  conv,
  crossEntropyLoss,
  initBatchStatistics,
  initConv,
  initLinear,
  initNorm,
  linear,
  type Norm,
} from 'tenfold/nn';
import { add, mean, random, relu, silu, type Tensor } from 'tenfold/tensor';
import { model } from './model.ts';

const batch = 32;
const stages = [
  { width: 64, stride: 1 },
  { width: 128, stride: 2 },
  { width: 256, stride: 2 },
  { width: 512, stride: 2 },
];

/** Every block: what goes in, what comes out, the first convolution's stride. */
const blocks = stages.flatMap(({ width, stride }, i) => [
  { from: stages[i - 1]?.width ?? 64, width, stride },
  { from: width, width, stride: 1 },
]);

const convolution = (key: Tensor, from: number, out: number, size: number) =>
  initConv(key, { in: from, out, kernel: [size, size], bias: false });

function initBlock(key: Tensor, { from, width, stride }: (typeof blocks)[number]) {
  const [a, b, c] = random.split(key, 3) as [Tensor, Tensor, Tensor];
  return {
    conv1: convolution(a, from, width, 3),
    norm1: initNorm(width),
    conv2: convolution(b, width, width, 3),
    norm2: initNorm(width),
    ...(stride === 1 ? {} : { shortcut: { conv: convolution(c, from, width, 1), norm: initNorm(width) } }),
  };
}

function init(key: Tensor) {
  const [stem, head, ...rest] = random.split(key, blocks.length + 2) as [Tensor, Tensor, ...Tensor[]];
  return {
    stem: convolution(stem, 3, 64, 3),
    norm: initNorm(64),
    blocks: blocks.map((shape, i) => initBlock(rest[i]!, shape)),
    head: initLinear(head, { in: 512, out: 10 }),
  };
}

type Activation = (x: Tensor) => Tensor;

type Params = ReturnType<typeof init>;
type State = readonly BatchStatistics[];

/** The network over a way to normalise, which hands out statistics one after the other. */
function network(p: Params, x: Tensor, activation: Activation, norm: (p: Norm, x: Tensor) => Tensor): Tensor {
  let h = activation(norm(p.norm, conv(p.stem, x, { padding: 1 })));
  for (const [i, own] of p.blocks.entries()) {
    const { stride } = blocks[i]!;
    const inner = activation(norm(own.norm1, conv(own.conv1, h, { padding: 1, stride })));
    const outer = norm(own.norm2, conv(own.conv2, inner, { padding: 1 }));
    const skip = own.shortcut ? norm(own.shortcut.norm, conv(own.shortcut.conv, h, { stride })) : h;
    h = activation(add(outer, skip));
  }
  return linear(p.head, mean(h, [2, 3]));
}

const widths = [64, ...blocks.flatMap(({ width, stride }) => new Array<number>(stride === 1 ? 2 : 3).fill(width))];

const withActivation = (activation: Activation) =>
  model({
    init,
    state: (): State => widths.map(initBatchStatistics),
    batch: (key) => {
      const [a, b] = random.split(key) as [Tensor, Tensor];
      return { x: random.normal(a, [batch, 3, 32, 32]), y: random.integers(b, [batch], 0, 10) };
    },
    loss: (params, { x, y }: { x: Tensor; y: Tensor }, state) => {
      const next: BatchStatistics[] = [];
      const logits = network(params, x, activation, (p, h) => {
        const [out, statistics] = batchNormTraining(p, h, state[next.length]!);
        next.push(statistics);
        return out;
      });
      return [crossEntropyLoss(logits, y), next];
    },
    forward: (params, { x }, state) => {
      let i = 0;
      return network(params, x, activation, (p, h) => batchNorm(p, h, state[i++]!));
    },
  });

export const resnet18 = withActivation(relu);

/** The same with a smooth activation, whose gradient rounding cannot change by a step. */
export const resnet18Smooth = withActivation(silu);
