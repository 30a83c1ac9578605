/**
 * Convolutions by channel in blocks of channels, for ONNX Runtime's CPU provider on x86-64.
 *
 * The runtime's kernels for blocked channels (8 or 16 neighbouring channels of a pixel lie together, as many as a
 * vector register holds) run a convolution by channel several times faster than its plain kernels do, but its optimizer
 * takes them only where the weights are constant. The rules here put an op between reorderings of its own; equal
 * reorderings are shared, so that a step reorders x and dy once each. The gradient in the weights is again such a
 * convolution: every channel of every image is a channel, and dy is the kernel.
 *
 * The domain is private to the runtime, whose version the package pins; what it computes is held by the contract tests.
 */

import { reshape } from '../ops/axes.ts';
import { convOp, convWeightsOp, type Window } from '../ops/conv.ts';
import { flip } from '../ops/slicing.ts';
import { apply, type Op, type Tensor } from '../program.ts';
import { elements } from '../shape.ts';
import type { Rule } from './simplify.ts';

const domain = 'com.microsoft.nchwc';

/** Channels have to fill whole blocks, of 8 or 16. */
const block = 16;

type Attrs = Window & { readonly groups: number };

/** x [n, c, h, w], the channels in blocks: the same tensor, laid out otherwise. */
const toBlocksOp: Op<undefined> = {
  name: 'toBlocks',
  infer: ([x]) => [x!],
  lower: (emit, [x]) => emit.op('ReorderInput', [x!], {}, domain),
  meaning: ([x]) => [x!.data],
};

const fromBlocksOp: Op<undefined> = {
  name: 'fromBlocks',
  infer: ([x]) => [x!],
  lower: (emit, [x], { inputs }) => emit.op('ReorderOutput', [x!], { channels: inputs[0]!.shape[1]! }, domain),
  meaning: ([x]) => [x!.data],
};

/** The convolution of x in blocks with weights [c, 1, ...kernel] in blocks. */
const blockedConvOp: Op<Attrs> = {
  ...convOp,
  name: 'blockedConv',
  lower: (emit, inputs, { inputs: [, w], attrs }) =>
    emit.op('Conv', inputs, { kernel_shape: w!.shape.slice(2), pads: pads(attrs), group: attrs.groups }, domain),
};

/** Its gradient in the weights, [c, 1, ...kernel] in blocks, from x and dy in blocks. */
const blockedWeightsOp: Op<Attrs & { readonly kernel: readonly number[] }> = {
  ...convWeightsOp,
  name: 'blockedWeights',
  lower: (emit, [x, g], { inputs: [xt, gt], attrs }) => {
    const [n, c, ...space] = xt!.shape as [number, number, ...number[]];
    const size = gt!.shape.slice(2);
    const channels = emit.reshape(x!, [1, n * c, ...space]);
    const kernels = emit.reshape(g!, [n * c, 1, ...size]);
    const perImage = emit.op(
      'Conv',
      [channels, kernels],
      { kernel_shape: size, pads: pads(attrs), group: n * c },
      domain,
    );
    const entries = c * elements(attrs.kernel);
    const ones = emit.array('float32', [1, n], new Array<number>(n).fill(1));
    return emit.reshape(emit.op('MatMul', [ones, emit.reshape(perImage, [n, entries])]), [c, 1, ...attrs.kernel]);
  },
};

const pads = ({ padding }: Window) => [...padding.map((p) => p[0]), ...padding.map((p) => p[1])];

const toBlocks = (x: Tensor) => apply(toBlocksOp, [x], undefined);
const fromBlocks = (x: Tensor) => apply(fromBlocksOp, [x], undefined);

/** Weights [c, 1, ...kernel] in blocks: moved as one image of c channels. */
function weightsToBlocks(w: Tensor): Tensor {
  const [c, , ...kernel] = w.shape as [number, number, ...number[]];
  return reshape(toBlocks(reshape(w, [1, c, ...kernel])), w.shape);
}

function weightsFromBlocks(w: Tensor): Tensor {
  const [c, , ...kernel] = w.shape as [number, number, ...number[]];
  return reshape(fromBlocks(reshape(w, [1, c, ...kernel])), w.shape);
}

/** Whether a convolution goes by channel, over two axes in single steps, with channels in whole blocks. */
function byChannel(x: Tensor, channelsOut: number, { stride, dilation, groups }: Attrs): boolean {
  return (
    x.rank === 4 &&
    x.dtype === 'float32' &&
    groups === x.shape[1] &&
    groups === channelsOut &&
    groups % block === 0 &&
    [...stride, ...dilation].every((s) => s === 1)
  );
}

/** Puts a convolution by channel, or one of its gradients, into blocks. */
export const inBlocks: Rule = (node, [a, b]) => {
  const attrs = node.attrs as Attrs;
  const out = node.outputs[0]!;
  switch (node.op.name) {
    case 'conv':
      if (!byChannel(a!, b!.shape[0]!, attrs)) return undefined;
      return fromBlocks(apply(blockedConvOp, [toBlocks(a!), weightsToBlocks(b!)], attrs));
    case 'convTranspose': {
      // the gradient in x: a convolution with the kernel turned round
      if (!byChannel(a!, out.shape[1]!, attrs)) return undefined;
      const kernel = b!.shape.slice(2);
      const padding = attrs.padding.map(([before], i) => {
        const first = kernel[i]! - 1 - before;
        return [first, out.shape[i + 2]! + kernel[i]! - 1 - a!.shape[i + 2]! - first] as const;
      });
      if (padding.flat().some((n) => n < 0)) return undefined;
      const { stride, dilation, groups } = attrs;
      const turned = weightsToBlocks(flip(b!, [2, 3]));
      return fromBlocks(apply(blockedConvOp, [toBlocks(a!), turned], { stride, dilation, groups, padding }));
    }
    case 'convWeights':
      if (!byChannel(a!, b!.shape[1]!, attrs)) return undefined;
      return weightsFromBlocks(apply(blockedWeightsOp, [toBlocks(a!), toBlocks(b!)], node.attrs as never));
    default:
      return undefined;
  }
};
