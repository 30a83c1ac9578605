/**
 * Convolutions over any number of spatial axes, channels first: x [n, c, ...space], weights [o, c / groups, ...kernel].
 *
 * Three ops are closed under differentiation: the convolution, its transpose (which is its gradient in x), and its
 * gradient in the weights. Each is linear in both operands, and each one's gradients are the other two.
 */
import type { Emitter } from '../lower.ts';
import {
  apply,
  formatType,
  type Op,
  requireFloat,
  requireSameDType,
  type Tensor,
  type Type,
  type Value,
} from '../program.ts';
import { elements, formatShape, strides as stridesOf } from '../shape.ts';
import { add } from './arithmetic.ts';
import { reshape } from './axes.ts';
import { forEachIndex } from './walk.ts';

/** How a window moves over the spatial axes: one entry an axis. */
export interface Window {
  readonly stride: readonly number[];
  /** Zeros before and after each axis. */
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
}

interface ConvAttrs extends Window {
  readonly groups: number;
}

interface TransposeAttrs extends ConvAttrs {
  /** Further entries at the end of each axis, which the stride made ambiguous. */
  readonly outputPadding: readonly number[];
}

interface WeightAttrs extends ConvAttrs {
  readonly kernel: readonly number[];
}

/** How a convolution moves; a number holds for every spatial axis. */
export interface ConvOptions {
  stride?: number | readonly number[];
  /** Zeros around each axis: one number, one an axis, or [before, after] pairs. Default 0. */
  padding?: number | readonly (number | readonly [number, number])[];
  dilation?: number | readonly number[];
  groups?: number;
}

/** Extent of a dilated kernel. */
const extent = (kernel: number, dilation: number) => dilation * (kernel - 1) + 1;

/** Sizes of the windows' positions. */
export function windowSizes(
  op: string,
  space: readonly number[],
  kernel: readonly number[],
  { stride, padding, dilation }: Window,
): number[] {
  return space.map((n, i) => {
    const room = n + padding[i]![0] + padding[i]![1] - extent(kernel[i]!, dilation[i]!);
    if (room < 0)
      throw new RangeError(
        `${op}: expected a kernel that fits, got extent ${extent(kernel[i]!, dilation[i]!)} over ${n} with padding ${formatShape(padding[i]!)}`,
      );
    return Math.floor(room / stride[i]!) + 1;
  });
}

/** One entry an axis from what the caller gave. */
export function readWindow(op: string, rank: number, options: ConvOptions): Window {
  const perAxis = (name: string, value: number | readonly number[] | undefined, otherwise: number) => {
    const list = Array.isArray(value)
      ? (value as readonly number[])
      : new Array<number>(rank).fill((value as number | undefined) ?? otherwise);
    if (list.length !== rank || list.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new RangeError(`${op}: expected ${name} of ${rank} positive integers, got ${JSON.stringify(value)}`);
    }
    return list;
  };
  const { padding = 0 } = options;
  type Pad = number | readonly [number, number];
  const list = Array.isArray(padding) ? (padding as readonly Pad[]) : new Array<Pad>(rank).fill(padding as number);
  const pads = list.map((p) => (typeof p === 'object' ? p : ([p, p] as const)));
  const wrong = (pair: readonly number[]) => pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 0);
  if (pads.length !== rank || pads.some(wrong)) {
    throw new RangeError(
      `${op}: expected padding of ${rank} non-negative integers or pairs, got ${JSON.stringify(padding)}`,
    );
  }
  return {
    stride: perAxis('stride', options.stride, 1),
    padding: pads,
    dilation: perAxis('dilation', options.dilation, 1),
  };
}

const pads = ({ padding }: Window) => [...padding.map((p) => p[0]), ...padding.map((p) => p[1])];

// ---------------------------------------------------------------- convolution

/** @internal */
export const convOp: Op<ConvAttrs> = {
  name: 'conv',
  infer: ([x, w], attrs) => {
    const dtype = requireSameDType('conv', [x!, w!]);
    requireFloat('conv', x!);
    if (x!.rank < 3 || w!.rank !== x!.rank)
      throw new RangeError(
        `conv: expected x [n, c, ...space] and weights of equal rank, got ${formatType(x!)} and ${formatType(w!)}`,
      );
    const [n, c, ...space] = x!.shape as [number, number, ...number[]];
    const [o, perGroup, ...kernel] = w!.shape as [number, number, ...number[]];
    if (!Number.isInteger(attrs.groups) || attrs.groups < 1 || c % attrs.groups !== 0) {
      throw new RangeError(`conv: expected groups that divide the channels of ${formatType(x!)}, got ${attrs.groups}`);
    }
    if (perGroup * attrs.groups !== c || o % attrs.groups !== 0) {
      throw new RangeError(
        `conv: expected weights [o, ${c / attrs.groups}, ...kernel] with o divisible by ${attrs.groups} groups for ${formatType(x!)}, got ${formatType(w!)}`,
      );
    }
    return [{ dtype, shape: [n, o, ...windowSizes('conv', space, kernel, attrs)] }];
  },
  vjp: ({ inputs: [x, w], attrs }, [g]) => [
    apply(convTransposeOp, [g!, w!], { ...attrs, outputPadding: remainder(x!, g!, w!, attrs) }),
    apply(convWeightsOp, [x!, g!], { ...attrs, kernel: w!.shape.slice(2) }),
  ],
  lower: (emit, inputs, { attrs }) =>
    emit.op('Conv', inputs, {
      strides: attrs.stride,
      pads: pads(attrs),
      dilations: attrs.dilation,
      group: attrs.groups,
    }),
  meaning: ([x, w], attrs, [type]) => {
    const out = new Float64Array(elements(type!.shape));
    forEachTap(x!.shape, w!.shape, type!.shape, attrs, (xi, wi, yi) => {
      out[yi]! += x!.data[xi]! * w!.data[wi]!;
    });
    return [out];
  },
};

/** What the stride left over of x: the output padding with which the transpose gives x's size back. */
function remainder(x: Type, y: Type, w: Type, { stride, padding, dilation }: Window): number[] {
  return x.shape
    .slice(2)
    .map(
      (n, i) =>
        n -
        ((y.shape[i + 2]! - 1) * stride[i]! - padding[i]![0] - padding[i]![1] + extent(w.shape[i + 2]!, dilation[i]!)),
    );
}

/** Visits every product of a convolution: flat places in x, in the weights and in y. */
function forEachTap(
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  { stride, padding, dilation, groups }: ConvAttrs,
  visit: (xi: number, wi: number, yi: number) => void,
): void {
  const [xStep, wStep] = [stridesOf(x), stridesOf(w)];
  const perGroup = y[1]! / groups;
  forEachIndex(y, (at, yi) => {
    const group = Math.floor(at[1]! / perGroup);
    forEachIndex(w.slice(1), (tap) => {
      let xi = at[0]! * xStep[0]! + (group * w[1]! + tap[0]!) * xStep[1]!;
      let wi = at[1]! * wStep[0]! + tap[0]! * wStep[1]!;
      for (let axis = 2; axis < x.length; axis++) {
        const i = at[axis]! * stride[axis - 2]! - padding[axis - 2]![0] + tap[axis - 1]! * dilation[axis - 2]!;
        if (i < 0 || i >= x[axis]!) return;
        xi += i * xStep[axis]!;
        wi += tap[axis - 1]! * wStep[axis]!;
      }
      visit(xi, wi, yi);
    });
  });
}

/**
 * Cross-correlation, which the field calls convolution, over 1, 2, 3 or more spatial axes.
 * @param x [n, c, ...space]
 * @param w [o, c / groups, ...kernel]
 * @param bias [o]
 * @returns [n, o, ...space']
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions & { bias?: Tensor } = {}): Tensor {
  const y = apply(convOp, [x, w], { ...readWindow('conv', x.rank - 2, options), groups: options.groups ?? 1 });
  return withBias(y, options.bias);
}

function withBias(y: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? y : add(y, reshape(bias, [bias.size, ...new Array<number>(y.rank - 2).fill(1)]));
}

// ---------------------------------------------------------------- transpose

const convTransposeOp: Op<TransposeAttrs> = {
  name: 'convTranspose',
  infer: ([x, w], { stride, padding, dilation, groups, outputPadding }) => {
    const dtype = requireSameDType('convTranspose', [x!, w!]);
    requireFloat('convTranspose', x!);
    if (x!.rank < 3 || w!.rank !== x!.rank || w!.shape[0] !== x!.shape[1] || x!.shape[1]! % groups !== 0) {
      throw new RangeError(
        `convTranspose: expected x [n, c, ...space] and weights [c, o / groups, ...kernel] with c divisible by ${groups} groups, got ${formatType(x!)} and ${formatType(w!)}`,
      );
    }
    const space = x!.shape.slice(2).map((n, i) => {
      const size =
        (n - 1) * stride[i]! -
        padding[i]![0] -
        padding[i]![1] +
        extent(w!.shape[i + 2]!, dilation[i]!) +
        outputPadding[i]!;
      if (size < 0)
        throw new RangeError(
          `convTranspose: expected padding below the output's size, got ${formatShape(padding[i]!)}`,
        );
      return size;
    });
    return [{ dtype, shape: [x!.shape[0]!, w!.shape[1]! * groups, ...space] }];
  },
  vjp: ({ inputs: [x, w], attrs: { outputPadding: _, ...attrs } }, [g]) => [
    apply(convOp, [g!, w!], attrs),
    apply(convWeightsOp, [g!, x!], { ...attrs, kernel: w!.shape.slice(2) }),
  ],
  lower: (emit, [x, w], { inputs: [xt, wt], attrs }) => {
    const { stride, dilation, groups, outputPadding } = attrs;
    const kernel = wt!.shape.slice(2);
    const space = xt!.shape.slice(2);
    // with stride 1 it is a convolution with the kernel turned round; on large maps and by channel that is faster
    const turned = attrs.padding.map(([before, after], i) => {
      const reach = extent(kernel[i]!, dilation[i]!) - 1;
      return [reach - before, reach - after + outputPadding[i]!] as const;
    });
    const depthwise = groups > 1 && groups === wt!.shape[0];
    if (
      stride.every((s) => s === 1) &&
      turned.flat().every((n) => n >= 0) &&
      (depthwise || kernel.every((k) => k === 1) || Math.min(...space) >= 16)
    ) {
      return emit.op('Conv', [x!, turnKernel(emit, w!, wt!, groups)], {
        strides: stride,
        pads: pads({ ...attrs, padding: turned }),
        dilations: dilation,
        group: groups,
      });
    }
    return emit.op('ConvTranspose', [x!, w!], {
      strides: stride,
      pads: pads(attrs),
      dilations: dilation,
      group: groups,
      output_padding: outputPadding,
    });
  },
  meaning: ([x, w], attrs, [type]) => {
    const out = new Float64Array(elements(type!.shape));
    forEachTap(type!.shape, w!.shape, x!.shape, attrs, (yi, wi, xi) => {
      out[yi]! += x!.data[xi]! * w!.data[wi]!;
    });
    return [out];
  },
};

/** Weights [c, o/g, ...k] as those of a convolution the other way: [o, c/g, ...k] reversed in space. */
function turnKernel(emit: Emitter, w: string, { shape }: Type, groups: number): string {
  const [c, perGroup, ...kernel] = shape as [number, number, ...number[]];
  const axes = kernel.map((_, i) => i + 2);
  const all = (v: number) => emit.ints(axes.map(() => v));
  const reversed = emit.op('Slice', [w, all(-1), all(-(2 ** 31)), emit.ints(axes), all(-1)]);
  if (groups === 1) return emit.op('Transpose', [reversed], { perm: [1, 0, ...axes] });
  const split = emit.reshape(reversed, [groups, c / groups, perGroup, ...kernel]);
  const swapped = emit.op('Transpose', [split], { perm: [0, 2, 1, ...axes.map((i) => i + 1)] });
  return emit.reshape(swapped, [groups * perGroup, c / groups, ...kernel]);
}

/**
 * Transposed convolution: the gradient of `conv` in its input, used to enlarge.
 * @param x [n, c, ...space]
 * @param w [c, o / groups, ...kernel]
 * @param options.outputPadding entries added at the end of each axis, below the stride
 * @returns [n, o, ...space']
 */
export function convTranspose(
  x: Tensor,
  w: Tensor,
  options: ConvOptions & { bias?: Tensor; outputPadding?: number | readonly number[] } = {},
): Tensor {
  const rank = x.rank - 2;
  const window = readWindow('convTranspose', rank, options);
  const { outputPadding = 0 } = options;
  const extra = typeof outputPadding === 'number' ? new Array<number>(rank).fill(outputPadding) : outputPadding;
  if (extra.length !== rank || extra.some((n, i) => !Number.isInteger(n) || n < 0 || n >= window.stride[i]!)) {
    throw new RangeError(
      `convTranspose: expected output padding below the stride, got ${JSON.stringify(outputPadding)}`,
    );
  }
  const y = apply(convTransposeOp, [x, w], { ...window, groups: options.groups ?? 1, outputPadding: extra });
  return withBias(y, options.bias);
}

// ---------------------------------------------------------------- gradient in the weights

/** @internal */
export const convWeightsOp: Op<WeightAttrs> = {
  name: 'convWeights',
  infer: ([x, g], { kernel, groups }) => [{ dtype: x!.dtype, shape: [g!.shape[1]!, x!.shape[1]! / groups, ...kernel] }],
  vjp: ({ inputs: [x, g], attrs: { kernel: _, ...attrs } }, [v]) => [
    apply(convTransposeOp, [g!, v!], { ...attrs, outputPadding: remainder(x!, g!, v!, attrs) }),
    apply(convOp, [x!, v!], attrs),
  ],
  lower: (emit, [x, g], { inputs: [xt, gt], attrs }) => {
    const { groups } = attrs;
    const depthwise = groups > 1 && groups === xt!.shape[1] && groups === gt!.shape[1];
    // where every window ends inside the padding there is no x to crop to
    const within = reachOf(gt!, attrs).every((reach, i) => reach > attrs.padding[i]![0]);
    return depthwise && within
      ? weightsByChannel(emit, x!, g!, xt!, gt!, attrs)
      : weightsByColumns(emit, x!, g!, xt!, gt!, attrs);
  },
  meaning: ([x, g], attrs, [type]) => {
    const out = new Float64Array(elements(type!.shape));
    forEachTap(x!.shape, type!.shape, g!.shape, attrs, (xi, wi, yi) => {
      out[wi]! += x!.data[xi]! * (g as Value).data[yi]!;
    });
    return [out];
  },
};

/** How much of the padded axes the windows reach over, by dy's shape. */
function reachOf({ shape }: Type, { kernel, stride, dilation }: WeightAttrs): number[] {
  return shape.slice(2).map((m, i) => (m - 1) * stride[i]! + extent(kernel[i]!, dilation[i]!));
}

/** dW of a convolution by channel: every channel of every image is a group, with its dy as the kernel. */
function weightsByChannel(emit: Emitter, x: string, g: string, xt: Type, gt: Type, attrs: WeightAttrs): string {
  const [n, c, ...space] = xt.shape as [number, number, ...number[]];
  const kernel = attrs.kernel;
  // only as much of x as the taps reach, so that the result has the kernel's size
  const reach = reachOf(gt, attrs);
  const after = space.map((s, i) => reach[i]! - s - attrs.padding[i]![0]);
  const cropped = after.some((a) => a < 0)
    ? emit.op('Slice', [
        x,
        emit.ints(space.map(() => 0)),
        emit.ints(space.map((s, i) => s + Math.min(0, after[i]!))),
        emit.ints(space.map((_, i) => i + 2)),
      ])
    : x;
  const size = space.map((s, i) => s + Math.min(0, after[i]!));
  const perImage = emit.op(
    'Conv',
    [emit.reshape(cropped, [1, n * c, ...size]), emit.reshape(g, [n * c, 1, ...gt.shape.slice(2)])],
    {
      strides: attrs.dilation,
      dilations: attrs.stride,
      pads: [...attrs.padding.map((p) => p[0]), ...after.map((a) => Math.max(0, a))],
      group: n * c,
    },
  );
  const total = emit.op('ReduceSum', [emit.reshape(perImage, [n, c, elements(kernel)]), emit.ints([0])], {
    keepdims: 0,
  });
  return emit.reshape(total, [c, 1, ...kernel]);
}

/** dW as one product a group: the taps of x as columns, channels last, times dy. */
function weightsByColumns(emit: Emitter, x: string, g: string, xt: Type, gt: Type, attrs: WeightAttrs): string {
  const { stride, padding, dilation, groups, kernel } = attrs;
  const [n, c, ...space] = xt.shape as [number, number, ...number[]];
  const [, o, ...sizes] = gt.shape as [number, number, ...number[]];
  const axes = space.map((_, i) => i);
  const channelsLast = emit.op('Transpose', [x], { perm: [0, ...axes.map((i) => i + 2), 1] });
  const padded = padding.flat().some((p) => p > 0)
    ? emit.op('Pad', [channelsLast, emit.ints([0, ...padding.map((p) => p[0]), 0, 0, ...padding.map((p) => p[1]), 0])])
    : channelsLast;
  const taps: string[] = [];
  forEachIndex(kernel, (tap) => {
    const from = tap.map((t, i) => t * dilation[i]!);
    const to = from.map((f, i) => f + (sizes[i]! - 1) * stride[i]! + 1);
    const whole = to.every(
      (end, i) => stride[i] === 1 && end - from[i]! === space[i]! + padding[i]![0] + padding[i]![1],
    );
    const bounds = [from, to, axes.map((i) => i + 1), stride].map((list) => emit.ints(list));
    taps.push(whole ? padded : emit.op('Slice', [padded, ...bounds]));
  });
  const rows = n * elements(sizes);
  const perGroup = c / groups;
  const k = taps.length;
  const dy = emit.op('Transpose', [g], { perm: [1, 0, ...axes.map((i) => i + 2)] });
  if (groups === 1) {
    const columns = emit.reshape(taps.length > 1 ? emit.op('Concat', taps, { axis: -1 }) : taps[0]!, [rows, k * c]);
    const product = emit.op('MatMul', [emit.reshape(dy, [o, rows]), columns]);
    const perm = [0, kernel.length + 1, ...axes.map((i) => i + 1)];
    return emit.op('Transpose', [emit.reshape(product, [o, ...kernel, c])], { perm });
  }
  const stacked = taps.map((tap) => emit.reshape(tap, [rows, groups, 1, perGroup]));
  const columns = emit.op('Transpose', [emit.op('Concat', stacked, { axis: 2 })], { perm: [1, 0, 2, 3] });
  const product = emit.op('MatMul', [
    emit.reshape(dy, [groups, o / groups, rows]),
    emit.reshape(columns, [groups, rows, k * perGroup]),
  ]);
  const perm = [0, kernel.length + 1, ...axes.map((i) => i + 1)];
  return emit.op('Transpose', [emit.reshape(product, [o, ...kernel, perGroup])], { perm });
}
