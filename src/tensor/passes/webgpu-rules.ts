/**
 * Nodes that ONNX Runtime's WebGPU provider lacks, written with others that it has.
 *
 * Each rule is an equality of programs, so that the reference interpreter holds for it as for any program. What it lacks
 * altogether, and what only a lowering can say, stands in ../webgpu.ts.
 */
import { NDArray } from '../array.ts';
import { constant } from '../constant.ts';
import { isFloat } from '../dtype.ts';
import { abs, add, div, floor, maximum, mul, sub } from '../ops/arithmetic.ts';
import { expandDims, reshape, swapAxes } from '../ops/axes.ts';
import { sum } from '../ops/broadcast.ts';
import { iota } from '../ops/constants.ts';
import { conv, type Window } from '../ops/conv.ts';
import { scalarLike } from '../ops/families.ts';
import { take } from '../ops/indexing.ts';
import { matrixTranspose } from '../ops/linear.ts';
import { equal, greater, less, lessEqual, logicalAnd, logicalNot, logicalOr, notEqual } from '../ops/logic.ts';
import { type Bits, dequantizeByParts } from '../ops/quantized.ts';
import { logSumExp } from '../ops/reduce.ts';
import { cast, where } from '../ops/select.ts';
import { concat, flip, pad, slice, split, spread } from '../ops/slicing.ts';
import { forEachIndex } from '../ops/walk.ts';
import { apply, applyAll, type Node, type Tensor } from '../program.ts';
import { strides } from '../shape.ts';
import type { Rule } from './simplify.ts';

/** Ops that only move or compare elements, which bytes and truth values take part in as int32. */
export const asInt32 = new Set([
  'broadcastTo',
  'slice',
  'flip',
  'concat',
  'pad',
  'takeAlongAxis',
  'where',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'equal',
  'notEqual',
  'max',
  'min',
  'maximum',
  'minimum',
  'argmax',
  'argmin',
]);

type Written = (inputs: readonly Tensor[], node: Node) => Tensor | undefined;

const rules: Readonly<Record<string, Written>> = {
  // bit operations on constants are the host's
  dequantize: ([packed, scales], node) => dequantizeByParts(packed!, scales!, node.attrs as Bits),
  stopGradient: ([x]) => x,
  logicalOr: ([a, b]) => logicalNot(logicalAnd(logicalNot(a!), logicalNot(b!))),
  logicalXor: ([a, b]) => notEqual(a!, b!),
  neg: ([x]) => (isFloat(x!.dtype) ? undefined : sub(0, x!)),
  abs: ([x]) => (x!.dtype === 'int32' ? maximum(x!, sub(0, x!)) : isFloat(x!.dtype) ? undefined : x),
  relu: ([x]) => (isFloat(x!.dtype) ? undefined : maximum(x!, 0)),
  sign: ([x]) => {
    const sign = sub(cast(greater(x!, 0), x!.dtype), cast(less(x!, 0), x!.dtype));
    return isFloat(x!.dtype) ? where(equal(x!, x!), sign, x!) : sign;
  },
  // to even at a tie: up when more than half is left, or half of an odd number
  round: ([x]) => {
    const low = floor(x!);
    const rest = sub(x!, low);
    const odd = notEqual(mul(floor(mul(low, 0.5)), 2), low);
    const up = logicalOr(greater(rest, 0.5), logicalAnd(equal(rest, 0.5), odd));
    return add(low, cast(up, x!.dtype));
  },
  mod: ([a, b]) => {
    if (isFloat(a!.dtype)) return undefined;
    const rest = sub(a!, mul(div(a!, b!), b!));
    if (a!.dtype === 'uint32') return rest;
    const otherSide = notEqual(less(rest, 0), less(b!, 0));
    return where(logicalAnd(notEqual(rest, 0), otherSide), add(rest, b!), rest);
  },
  isNaN: ([x]) => notEqual(x!, x!),
  isFinite: ([x]) => lessEqual(abs(x!), x!.dtype === 'float16' ? 65504 : 3.4028234663852886e38),
  // a shader's own sine is off by up to 2⁻¹¹
  sin: ([x]) => sineOf(x!, 0),
  cos: ([x]) => sineOf(x!, 0.5),
  tan: ([x]) => div(sineOf(x!, 0), sineOf(x!, 0.5)),
  shiftLeft: ([a, b]) => (a!.dtype === 'uint32' ? mul(a!, powerOfTwo(b!)) : undefined),
  shiftRight: ([a, b]) => (a!.dtype === 'uint32' ? div(a!, powerOfTwo(b!)) : undefined),
  // bytes are moved one by one: the runtime would push a transposition through the casts around it
  transpose: ([x], { attrs, outputs }) => {
    if (!isSmall(x!)) return undefined;
    const { permutation } = attrs as { permutation: readonly number[] };
    const step = strides(x!.shape);
    const places = new Int32Array(x!.size);
    forEachIndex(outputs[0]!.shape, (index, flat) => {
      places[flat] = index.reduce((offset, i, axis) => offset + i * step[permutation[axis]!]!, 0);
    });
    return take(reshape(x!, [-1]), constant(new NDArray('int32', outputs[0]!.shape, places)));
  },
  conv: (inputs, node) => convPadded(inputs, node) ?? convInPlane(inputs, node) ?? byGroups(0, 1)(inputs, node),
  convWeights: byGroups(1, 0),
  convTranspose: ([x, w], { attrs }) => {
    const transposed = attrs as Transposed;
    return x!.rank === 4 && transposed.groups === 1 ? undefined : convTransposeByConv(x!, w!, transposed);
  },
  take: onInt32Indices,
  indexAdd: onInt32Indices,
  scatterAdd: onInt32Indices,
  slice: ([x], { attrs, outputs }) => {
    if (isFloat(x!.dtype)) return undefined;
    const { starts, steps } = attrs as { starts: readonly number[]; steps: readonly number[] };
    return gathered(x!, outputs[0]!.shape, (axis, i) => starts[axis]! + i * steps[axis]!);
  },
  flip: ([x], { attrs }) => {
    if (isFloat(x!.dtype)) return undefined;
    const { axes } = attrs as { axes: readonly number[] };
    return gathered(x!, x!.shape, (axis, i) => (axes.includes(axis) ? x!.shape[axis]! - 1 - i : i));
  },
  takeAlongAxis: ([x, indices], node) => {
    if (isFloat(x!.dtype) || indices!.dtype === 'int64') return onInt32Indices([x!, indices!], node);
    const { axis } = node.attrs as { axis: number };
    const n = x!.shape[axis]!;
    const step = strides(x!.shape);
    let place = mul(where(less(indices!, 0), add(indices!, n), indices!), step[axis]!);
    for (const [i, size] of indices!.shape.entries()) {
      if (i === axis || size === 1) continue;
      const column = indices!.shape.map((_, j) => (i === j ? size : 1));
      place = add(place, reshape(mul(iota(size), step[i]!), column));
    }
    return take(reshape(x!, [-1]), place);
  },
  matmul: ([a, b], { attrs }) => {
    if (isFloat(a!.dtype)) return undefined;
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const left = transposeA ? matrixTranspose(a!) : a!;
    const right = transposeB ? matrixTranspose(b!) : b!;
    return sum(mul(expandDims(left, -1), expandDims(right, -3)), -2);
  },
  logSoftmax: ([x], { attrs }) => sub(x!, logSumExp(x!, (attrs as { axis: number }).axis, { keepDims: true })),
};

/** Whether its elements are bytes, which there are few kernels for. */
export const isSmall = ({ dtype }: Tensor) => dtype === 'uint8' || dtype === 'bool';

/** Bytes and truth values, in the ops that only move or compare, as int32. */
function throughInt32(node: Node, inputs: readonly Tensor[]): Tensor | undefined {
  if (!asInt32.has(node.op.name)) return undefined;
  const own = node.op.name === 'where' ? inputs.slice(1) : inputs;
  if (!own.some(isSmall)) return undefined;
  const wide = inputs.map((t) => (own.includes(t) && isSmall(t) ? cast(t, 'int32') : t));
  return cast(applyAll(node.op, wide, node.attrs)[0]!, node.outputs[0]!.dtype);
}

/** An op with its indices, the second operand, as int32. */
function onInt32Indices([x, indices, ...rest]: readonly Tensor[], node: Node): Tensor | undefined {
  if (indices!.dtype !== 'int64') return undefined;
  return apply(node.op, [x!, cast(indices!, 'int32'), ...rest], node.attrs);
}

/** The rule of the provider: what a node is written as, if it is. */
export const webgpuRule: Rule = (node, inputs) => {
  // int64 goes to the host as it is
  if (inputs[0]?.dtype === 'int64') return undefined;
  if ([...inputs, ...node.outputs].some((t) => t.size === 0)) return withoutNothing(node, inputs);
  const written = throughInt32(node, inputs);
  if (written !== undefined || !Object.hasOwn(rules, node.op.name)) return written;
  return rules[node.op.name]!(inputs, node);
};

/** Joining nothing, or adding nothing somewhere, leaves the rest: a tensor without elements ends the process there. */
function withoutNothing({ op, attrs }: Node, inputs: readonly Tensor[]): Tensor | undefined {
  if (op.name === 'indexAdd' || op.name === 'scatterAdd') return inputs[0];
  if (op.name !== 'concat') return undefined;
  return concat(
    inputs.filter((t) => t.size > 0),
    (attrs as { axis: number }).axis,
  );
}

/** π in three parts of few bits, so that multiples of the first two are exact. */
const piParts = [3.140625, 0.0009676535846665502, 2.0051698e-13];

/**
 * sin(x + shift · π): x is brought to [−π/2, π/2] by the nearest multiple of π, where the series needs five terms more;
 * every second half-wave is turned over.
 */
function sineOf(x: Tensor, shift: 0 | 0.5): Tensor {
  const k = floor(add(mul(x, 1 / Math.PI), shift + 0.5));
  const turns = sub(k, shift);
  const r = piParts.reduce((rest, part) => sub(rest, mul(turns, part)), x);
  const r2 = mul(r, r);
  let series = scalarLike(x, 1 / 6227020800);
  for (const factorial of [-39916800, 362880, -5040, 120, -6]) series = add(mul(series, r2), 1 / factorial);
  const wave = add(r, mul(mul(r, r2), series));
  const odd = sub(k, mul(floor(mul(k, 0.5)), 2));
  return mul(wave, sub(1, mul(odd, 2)));
}

/** 2ⁿ for shifts by n. */
function powerOfTwo(n: Tensor): Tensor {
  const powers = new NDArray(
    'uint32',
    [32],
    Uint32Array.from({ length: 32 }, (_, i) => 2 ** i),
  );
  return take(constant(powers), cast(n, 'int32'));
}

/** The entries of x at known places of each axis. */
function gathered(x: Tensor, shape: readonly number[], place: (axis: number, i: number) => number): Tensor {
  let out = x;
  for (const [axis, size] of shape.entries()) {
    const places = Int32Array.from({ length: size }, (_, i) => place(axis, i));
    if (size === x.shape[axis] && places.every((from, i) => from === i)) continue;
    out = take(out, constant(new NDArray('int32', [size], places)), axis);
  }
  return out;
}

/** Its convolutions take some padding for another: where the two sides differ, and around a kernel of one entry. */
function convPadded([x, w]: readonly Tensor[], { op, attrs }: Node): Tensor | undefined {
  const { padding } = attrs as Window;
  const plain = padding.every(([before, after]) => before === after);
  const pointwise = w!.shape.slice(2).every((n) => n === 1);
  if (padding.flat().every((n) => n === 0) || (plain && !pointwise)) return undefined;
  const wide = pad(x!, [[0, 0], [0, 0], ...padding]);
  return apply(op, [wide, w!], { ...(attrs as object), padding: padding.map(() => [0, 0]) });
}

/** Over one axis: the convolution over two, of which the first has one entry. */
function convInPlane([x, w]: readonly Tensor[], { attrs, outputs }: Node): Tensor | undefined {
  if (x!.rank !== 3) return undefined;
  const { stride, padding, dilation, groups } = attrs as Window & { groups: number };
  const y = conv(expandDims(x!, 2), expandDims(w!, 2), {
    stride: [1, ...stride],
    padding: [0, ...padding],
    dilation: [1, ...dilation],
    groups,
  });
  return reshape(y, outputs[0]!.shape);
}

/**
 * Over three axes its convolutions know no groups: one for each, joined. `axis` is that of the second operand's groups,
 * `joined` that of the results'.
 */
function byGroups(axis: number, joined: number): Written {
  return ([a, b], { op, attrs }) => {
    const { groups } = attrs as { groups: number };
    if (a!.rank < 5 || groups === 1) return undefined;
    const [as, bs] = [split(a!, groups, 1), split(b!, groups, axis)];
    const parts = as.map((part, i) => apply(op, [part, bs[i]!], { ...(attrs as object), groups: 1 }));
    return concat(parts, joined);
  };
}

interface Transposed extends Window {
  readonly groups: number;
  readonly outputPadding: readonly number[];
}

/** In groups, or over one axis or more than two: the convolution of x, spread by the stride, with the kernel turned round. */
function convTransposeByConv(x: Tensor, w: Tensor, attrs: Transposed): Tensor {
  const { stride, padding, dilation, groups, outputPadding } = attrs;
  const [c, perGroup, ...kernel] = w.shape as [number, number, ...number[]];
  const [n, , ...space] = x.shape as [number, number, ...number[]];
  const edges = space.map((_, i) => {
    const reach = dilation[i]! * (kernel[i]! - 1);
    return [reach - padding[i]![0], reach - padding[i]![1] + outputPadding[i]!] as const;
  });
  const spreadSizes = space.map((size, i) => (size - 1) * stride[i]! + 1);
  const grown = spreadSizes.map((size, i) => size + Math.max(0, edges[i]![0]) + Math.max(0, edges[i]![1]));
  const starts = edges.map(([before]) => Math.max(0, before));
  const wide = spread(x, x.shape, [n, c, ...grown], [0, 0, ...starts], [1, 1, ...stride]);
  const cropped = slice(wide, [
    undefined,
    undefined,
    ...edges.map(([before, after], i) => [Math.max(0, -before), grown[i]! - Math.max(0, -after)] as const),
  ]);
  const turned = flip(
    w,
    kernel.map((_, i) => i + 2),
  );
  const byGroup = reshape(turned, [groups, c / groups, perGroup, ...kernel]);
  const weights = reshape(swapAxes(byGroup, 1, 2), [groups * perGroup, c / groups, ...kernel]);
  return conv(cropped, weights, { dilation, groups });
}
